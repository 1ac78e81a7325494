"""Servers that give way to others."""

import os
import subprocess
import sys

CODE = """
import time
from mirimpute.bench.run import fork_servers

fork_servers.MAX_SERVERS = 2
context = fork_servers.context()
first = context.Process(target=time.sleep, args=(60,))
fork_servers.start(first, ("json",))
for modules in (("csv",), ("string",), ("textwrap",)):
    process = context.Process(target=time.sleep, args=(0,))
    fork_servers.start(process, modules)
    process.join()
print("alive" if first.is_alive() else "dead", len(fork_servers._retired))
first.kill()
first.join()
"""


def test_a_server_whose_child_lives_on_gives_way_without_being_waited_for():
    """Its child holds it open: a worker that runs a cell is one."""
    result = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, timeout=50, env=os.environ)
    assert result.stdout.split() == ["alive", "2"], result.stderr
