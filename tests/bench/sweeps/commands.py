"""Sweeps as processes of their own, which can be killed."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from mirimpute.bench.results.row import COST_FIELDS
from mirimpute.bench.results.store import read_rows
from mirimpute.cli.bench import main

# A shell starts what runs in its background with Ctrl-C ignored, and children inherit that.
CODE = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from mirimpute.cli.bench import main; main(sys.argv[1:])"
)
GRID = ("dataset=iris", "method=mean,ice", "protocol.metrics=[rmse]", "protocol.shrunk_metrics=[]", "threads=1")


def start(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    """Start mirimpute-bench in a process group of its own."""
    command = [sys.executable, "-c", CODE, *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "start_new_session": True}
    return subprocess.Popen(command, **{"env": {**os.environ, "HYDRA_FULL_ERROR": ""}, **pipes, **options})


def finish(process: subprocess.Popen[str], code: int = 0) -> str:
    """Wait for the exit code and return what was printed."""
    out, err = process.communicate(timeout=240)
    assert process.returncode == code, out + err
    return out + err


def sweep(*arguments: str, code: int = 0) -> str:
    """Run a sweep to its end in this process, which saves the imports, and return what it printed."""
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended, contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        main(["-m", *arguments])
    assert ended.value.code == code, out.getvalue()
    return out.getvalue()


def until(condition: Callable[[], Any], seconds: float = 240) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail("waited in vain")
        time.sleep(0.02)


def results(results_dir: Path) -> dict[tuple[str, int], dict[str, Any]]:
    """Return the rows without their costs, by method and seed; fail if there are two of a cell."""
    rows = read_rows(results_dir)
    found = {(row["method"], row["seed"]): {k: v for k, v in row.items() if k not in COST_FIELDS} for row in rows}
    assert len(found) == len(rows)
    return found


def descendants(pid: int) -> list[int]:
    """Return the processes below ``pid`` that live."""
    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:  # it has just ended
        return []
