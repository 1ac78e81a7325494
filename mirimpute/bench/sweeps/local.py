"""The launcher `local`: worker processes on this machine. A dead one is replaced; all stop within two seconds."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction

from mirimpute.bench.notices import plain_warnings
from mirimpute.bench.run import fork_servers
from mirimpute.bench.sweeps.claimed import ClaimedCells
from mirimpute.bench.sweeps.compose import Composer
from mirimpute.bench.sweeps.worker import PROGRAM, work
from mirimpute.errors import StoreError, UserError

ATTEMPTS = 3
"""A cell whose worker dies this often is a failed row."""


class SweepFaultError(RuntimeError):
    """A worker cannot go on, for no fault of the request."""


_STOP_S = 1.0
_CLAIMED_S = 1.0
_REFRESH_S = 0.5
_PRELOAD = ("mirimpute.bench.sweeps.preload",)
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LOKY_MAX_CPU_COUNT")

Advance = Callable[[], None]


class LocalLauncher(Launcher):
    """Runs cells in ``n_jobs`` processes.

    Args:
        n_jobs: processes (None: one per core that this process may use).
        threads_per_job: computing threads of each, where ``threads`` does not say (None: the cores shared out evenly).
    """

    def __init__(self, n_jobs: int | None = None, threads_per_job: int | None = None) -> None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        for name, value in (("n_jobs", n_jobs), ("threads_per_job", threads_per_job)):
            if value is not None and not (isinstance(value, int) and value >= 1):
                raise UserError(f"hydra.launcher.{name}={value} computes nothing: give 1 or more, or null")
        self._n_jobs = cores if n_jobs is None else n_jobs
        self._threads = max(cores // self._n_jobs, 1) if threads_per_job is None else threads_per_job

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: Any) -> None:
        """Take what Hydra gives."""
        self._composer = Composer(hydra_context.config_loader, config)
        self._sweep_dir = Path(str(config.hydra.sweep.dir))
        with _threads_per_process(self._threads):
            fork_servers.address(_PRELOAD)  # loads while the sweep is planned

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[Any]:
        """Run all cells; what became of them is in the journal.

        Raises:
            UserError: the results folder cannot be written, or workers cannot start.
            KeyboardInterrupt: stopped; every process has ended.
        """
        from mirimpute.bench.sweeps.status import live

        with plain_warnings(PROGRAM), live(self._sweep_dir) as advance, _threads_per_process(self._threads):
            pool = _Pool(self._composer, self._sweep_dir)
            try:
                self._start_servers(job_overrides)
                pool.run(job_overrides, min(self._n_jobs, len(job_overrides)), advance)
            finally:
                pool.stop()
        return []

    def _start_servers(self, cells: Sequence[Sequence[str]]) -> None:
        """Start loading what the first methods need, while the workers load what they need."""
        from mirimpute.bench.run.isolation import server_modules
        from mirimpute.bench.sweeps.schema import cell_config

        choices = {tuple(each for each in overrides if each.startswith("method")): overrides for overrides in cells}
        for overrides in list(choices.values())[: fork_servers.MAX_SERVERS - 1]:
            fork_servers.address(server_modules(cell_config(self._composer.compose(overrides)).method))


@contextlib.contextmanager
def _threads_per_process(count: int) -> Iterator[None]:
    """Tell libraries, which read it when they are loaded, how many threads to use, unless somebody did already."""
    added = [variable for variable in _THREAD_VARIABLES if variable not in os.environ]
    os.environ.update(dict.fromkeys(added, str(count)))
    try:
        yield
    finally:
        for variable in added:
            del os.environ[variable]


class _Worker:
    """A process and the cell that it is busy with."""

    def __init__(self, composer: Composer, sweep_dir: Path) -> None:
        context = fork_servers.context()
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=work, args=(theirs, composer, sweep_dir), daemon=False)
        fork_servers.start(self.process, _PRELOAD)
        theirs.close()
        self.index: int | None = None
        self.ready = False

    def give(self, index: int, overrides: Sequence[str], again: bool, reason: str) -> None:
        """Hand over a cell; ``again``: not for the first time; ``reason``: why it is a failure."""
        self.index = index
        with contextlib.suppress(OSError):  # it has just died, which its sentinel tells
            self.connection.send((index, list(overrides), again, reason))


class _Pool:
    """The processes of one sweep."""

    def __init__(self, composer: Composer, sweep_dir: Path) -> None:
        self._make = lambda: _Worker(composer, sweep_dir)
        self._workers: list[_Worker] = []
        self._waiting: deque[int] = deque()
        self._claimed: deque[tuple[float, int]] = deque()
        self._others = ClaimedCells()
        self._deaths: Counter[int] = Counter()
        self._tried: set[int] = set()
        self._fruitless = 0

    def run(self, cells: Sequence[Sequence[str]], n_jobs: int, advance: Advance) -> None:
        """Run all cells; errors as :meth:`LocalLauncher.launch`."""
        self._waiting.extend(range(len(cells)))
        left = len(cells)
        self._workers = [self._make() for _ in range(n_jobs)]
        while left:
            for worker in self._workers:
                self._feed(worker, cells)
            sources: list[Any] = [worker.connection for worker in self._workers]
            sources += [worker.process.sentinel for worker in self._workers]
            wait(sources, timeout=_REFRESH_S)
            for worker in list(self._workers):
                left -= self._hear(worker)
                if not worker.process.is_alive():
                    left -= self._hear(worker)  # what it said before it died
                    self._replace(worker)
            advance()

    def stop(self) -> None:
        """End every process: kindly, so that claims are given back, then by force."""
        for worker in self._workers:
            worker.process.terminate()
        deadline = time.monotonic() + _STOP_S
        for worker in self._workers:
            worker.process.join(max(deadline - time.monotonic(), 0.0))
        for worker in self._workers:
            worker.process.kill()
            worker.process.join()
            worker.connection.close()
        self._workers = []

    def _feed(self, worker: _Worker, cells: Sequence[Sequence[str]]) -> None:
        if worker.index is not None:
            return
        if not self._waiting and self._claimed and self._claimed[0][0] <= time.monotonic():
            self._waiting.append(self._claimed.popleft()[1])
        if self._waiting:
            index = self._waiting.popleft()
            deaths = self._deaths[index]
            reason = f"the process that computed it was killed {deaths} times (out of memory?)"
            again = index in self._tried
            self._tried.add(index)
            worker.give(index, cells[index], again, reason if deaths >= ATTEMPTS else "")

    def _hear(self, worker: _Worker) -> int:
        """Take what the worker has to say and return how many cells are done."""
        done = 0
        try:
            while worker.connection.poll():
                kind, *content = worker.connection.recv()
                if kind == "ready":
                    worker.ready = True
                    continue
                if kind == "server":
                    worker.connection.send(fork_servers.address(content[0]))
                    continue
                if kind == "store":
                    raise StoreError(content[0])
                if kind == "refused":
                    raise UserError(content[0])
                if kind == "fault":
                    raise SweepFaultError(content[0])
                assert worker.index is not None
                if kind == "claimed":
                    self._claimed.append((time.monotonic() + _CLAIMED_S, worker.index))
                    busy = (each.index for each in self._workers if each.index is not None)
                    self._others.heard(worker.index, content[0], (*self._waiting, *busy))
                else:
                    done += 1
                    self._others.done(worker.index)
                    self._fruitless = 0
                worker.index = None
        except (EOFError, ConnectionError):
            pass  # its sentinel tells
        return done

    def _replace(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.connection.close()
        worker.process.join()
        if worker.index is not None and worker.ready:
            self._deaths[worker.index] += 1
            self._waiting.appendleft(worker.index)
            if self._deaths[worker.index] > ATTEMPTS:  # it died writing the failed row
                raise SweepFaultError(f"no process can write the row of cell {worker.index}, {_death(worker.process)}")
        else:
            if worker.index is not None:
                self._waiting.appendleft(worker.index)
            self._fruitless += 1
            if self._fruitless >= ATTEMPTS:
                why = "while they had no cell" if worker.ready else "before they could take a cell"
                raise UserError(
                    f"{self._fruitless} worker processes died one after the other {why}, {_death(worker.process)}: "
                    "give them more memory, or try fewer with hydra.launcher.n_jobs=1"
                )
        self._workers.append(self._make())


def _death(process: Any) -> str:
    """Return how a process ended, in words."""
    code = process.exitcode
    return (
        f"the last by {signal.Signals(-code).name}" if code is not None and code < 0 else f"the last with code {code}"
    )
