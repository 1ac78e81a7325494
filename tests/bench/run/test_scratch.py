"""Temporary folders: gone afterwards, kept while they are somebody's, gone when their owner is dead."""

from __future__ import annotations

import fcntl
import gc
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mirimpute.bench.run import fork_servers, scratch


@pytest.fixture(autouse=True)
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield a place for temporary files whose name is short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="t") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


def test_a_folder_is_its_owners_and_gone_afterwards(temporary: Path) -> None:
    with scratch.scratch_folder() as folder:
        (folder / "file").touch()
        assert scratch.clean() == 0
        assert (folder / "file").exists()
    assert list(temporary.iterdir()) == []


def test_a_fork_that_forgets_the_block_does_not_end_it() -> None:
    block = scratch.scratch_folder()
    folder = block.__enter__()
    child = os.fork()
    if child == 0:
        del block
        gc.collect()
        os._exit(0)
    os.waitpid(child, 0)
    assert (folder / ".lock").exists()
    block.__exit__(None, None, None)
    assert not folder.exists()


def test_what_killed_owners_leave_is_removed(temporary: Path) -> None:
    code = (
        "import os, signal; from mirimpute.bench.run import fork_servers; fork_servers.address(('json',)); "
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", code], env={**os.environ, "TMPDIR": str(temporary)}, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(list(temporary.iterdir())) == 1  # its sockets
    unnamed = temporary / "mirimpute-run-x"  # of who was killed before the lock had its name
    unnamed.mkdir()
    (unnamed / ".lock.new").touch()
    with (unnamed / ".lock.new").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert scratch.clean() == 1
    assert scratch.clean() == 1
    assert list(temporary.iterdir()) == []


def test_sockets_are_in_one_folder_of_this_process() -> None:
    first, second = (Path(fork_servers.address((name,))) for name in ("json", "csv"))
    assert first.parent == second.parent
    assert first.parent.name.startswith("mirimpute-run-")


def test_below_a_long_place_for_temporary_files_servers_run_all_the_same(temporary: Path) -> None:
    long = temporary / ("y" * (70 - len(str(temporary)) - 1))
    long.mkdir()
    code = "from mirimpute.bench.run import fork_servers; fork_servers.address(('json',))"
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "TMPDIR": str(long)}, check=True)
