"""What a worker of Dask does in a sweep: it keeps processes that compute cells, and hands them one after the other.

The worker itself computes nothing, so that what a method does to its process, its memory or its time is dealt with as
in the launcher `local`. The processes are started afresh, for Dask's own are daemons, which may have no children.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

from distributed import WorkerPlugin, get_worker

from mirimpute.bench.sweeps.compose import Composer
from mirimpute.errors import refused

_STOP_S = 1.0
_CODE = "import sys; sys.path[:] = {path!r}; from mirimpute.bench.sweeps.worker import work_for; work_for({fd})"


@dataclass(frozen=True)
class SweepPlace:
    """What every process of a sweep gets to know.

    Attributes:
        composer: of the sweep.
        sweep_dir: the journal, an absolute path that all workers see.
        folder: the working directory of the command, to which other paths are relative.
        variables: of the environment.
    """

    composer: Composer
    sweep_dir: Path
    folder: Path
    variables: Mapping[str, str]


def run_cell(name: str, index: int, overrides: Sequence[str], again: bool, reason: str) -> tuple[Any, ...]:
    """Run a cell, on a worker with the plugin ``name``; see :meth:`CellProcesses.run`."""
    plugin = get_worker().plugins[name]
    assert isinstance(plugin, CellProcesses)
    return plugin.run(index, overrides, again, reason)


class CellProcesses(WorkerPlugin):
    """The processes of one sweep on one worker: as many as it has threads that ask for one."""

    def __init__(self, place: SweepPlace) -> None:
        self._place = place

    def setup(self, worker: Any) -> None:
        """Begin without a process."""
        self._lock = threading.Lock()
        self._free: list[_CellProcess] = []
        self._all: list[_CellProcess] = []

    def teardown(self, worker: Any) -> None:
        """End every process: kindly, so that claims are given back, then by force."""
        with self._lock:
            for each in self._all:
                each.end()
            for each in self._all:
                each.wait()
            self._free, self._all = [], []

    def run(self, index: int, overrides: Sequence[str], again: bool, reason: str) -> tuple[Any, ...]:
        """Run a cell and return what became of it.

        Args:
            index, overrides: of the cell.
            again: it was tried before: if it has a row, take that.
            reason: "", or why it is a failed row.

        Returns:
            ``("done",)``, ``("claimed", who)``, ``("died", ready, code)``: its process ended, after it
            could take a cell or before; or ``("store" | "refused" | "fault", message)``, which end the sweep.
        """
        try:
            with self._lock:
                process = self._free.pop() if self._free else _CellProcess(self._place)
                if process not in self._all:
                    self._all.append(process)
        except OSError as error:
            return ("refused", f"a worker of Dask on {os.uname().nodename} cannot start a process, {refused(error)}")
        message = process.run(index, overrides, again, reason)
        with self._lock:
            if message[0] != "died":
                self._free.append(process)
            elif process in self._all:
                self._all.remove(process)
        return message


class _CellProcess:
    """A process that computes one cell at a time; it ends when this one does."""

    def __init__(self, place: SweepPlace) -> None:
        self._connection, theirs = Pipe()
        path = [each for each in sys.path if each]
        code = _CODE.format(path=path, fd=theirs.fileno())
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-c", code],
                stdin=subprocess.PIPE,  # its lifeline
                pass_fds=[theirs.fileno()],
                cwd=place.folder,
                env={**os.environ, **place.variables},
                start_new_session=True,  # Ctrl-C is not its own
            )
        self._ready = False
        with contextlib.suppress(OSError):
            self._connection.send((place.composer, place.sweep_dir))

    def run(self, *cell: Any) -> tuple[Any, ...]:
        try:
            self._connection.send(cell)
            message = self._connection.recv()
            if message[0] == "ready":
                self._ready = True
                message = self._connection.recv()
            return tuple(message)
        except (EOFError, OSError):
            self.end()
            self.wait()
            return ("died", self._ready, self._process.returncode)

    def end(self) -> None:
        with contextlib.suppress(OSError):
            self._process.send_signal(signal.SIGTERM)

    def wait(self) -> None:
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
