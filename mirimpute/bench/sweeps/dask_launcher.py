"""The launcher `dask`: the cells of a sweep as tasks of a cluster of Dask, whose workers share a folder."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import secrets
import signal
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction

from mirimpute.bench.notices import plain_warnings
from mirimpute.bench.run.scratch import scratch_folder
from mirimpute.bench.sweeps.claimed import ClaimedCells
from mirimpute.bench.sweeps.compose import Composer
from mirimpute.bench.sweeps.dask_address import CONNECT_S, check_answer, check_certificates, check_form, no_answer
from mirimpute.bench.sweeps.local import ATTEMPTS, Advance, SweepFaultError
from mirimpute.bench.sweeps.worker import PROGRAM
from mirimpute.errors import NotInstalledError, StoreError, UserError
from mirimpute.types import import_object

_LOCAL = "distributed.LocalCluster"
_LOCAL_OPTIONS = {
    "threads_per_worker": 1,
    "memory_limit": 0,
    "dashboard_address": "127.0.0.1:0",
    "silence_logs": logging.CRITICAL,
}
"""Memory is watched cell by cell."""
_IN_FLIGHT = 1000
"""Cells that Dask knows of at a time."""
_CLAIMED_S = 1.0
_REFRESH_S = 0.5
_GONE = "the scheduler of Dask is gone, or has cancelled the cells: the same command with resume=true goes on"
_ENDS = {"store": StoreError, "refused": UserError, "fault": SweepFaultError}


class DaskLauncher(Launcher):
    """Runs cells on the workers of Dask.

    Args:
        address: of a scheduler that runs, such as "tcp://host:8786"; None: a cluster is made for the sweep.
        cluster: its class by the dotted name, such as "dask_jobqueue.SLURMCluster".
        options: arguments of the class.
        n_workers: how many workers (None: of a LocalCluster one per core).
    """

    def __init__(
        self, address: str | None, cluster: str, options: Mapping[str, Any], n_workers: int | None = None
    ) -> None:
        if address is not None:
            check_form(address)
        if not isinstance(cluster, str):
            raise UserError(f"hydra.launcher.cluster={cluster} is no class: give one such as {_LOCAL}")
        if not isinstance(options, Mapping):
            raise UserError(
                f"hydra.launcher.options={options} is no dict: give +hydra.launcher.options.<name>=<value>, or leave "
                "it out"
            )
        if n_workers is not None and not (type(n_workers) is int and n_workers >= 1):
            raise UserError(f"hydra.launcher.n_workers={n_workers} computes nothing: give 1 or more, or null")
        if address is None and cluster != _LOCAL and n_workers is None:
            raise UserError(f"hydra.launcher.n_workers is not given, and {cluster} has no number of its own: give one")
        if address is not None:
            check_answer(address)
        self._address, self._cluster, self._n_workers = address, cluster, n_workers
        self._options = {str(key): value for key, value in options.items()}

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: Any) -> None:
        """Take what Hydra gives."""
        self._composer = Composer(hydra_context.config_loader, config)
        self._sweep_dir = Path(str(config.hydra.sweep.dir)).absolute()

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[Any]:
        """Run all cells; what became of them is in the journal.

        Raises:
            UserError: there is no such cluster, or the results folder cannot be written.
            KeyboardInterrupt: stopped; the processes on the workers have ended.
        """
        from mirimpute.bench.sweeps.status import live

        try:
            import distributed  # noqa: F401
        except ImportError:
            raise NotInstalledError("hydra/launcher=dask takes Dask: pip install 'mirimpute[cluster]'") from None
        from mirimpute.bench.sweeps.dask_worker import CellProcesses, SweepPlace

        variables = {name: value for name, value in os.environ.items() if name.startswith("MIRIMPUTE_")}
        place = SweepPlace(self._composer, self._sweep_dir, Path.cwd(), variables)
        name = f"mirimpute-{secrets.token_hex(8)}"
        with self._client() as client, plain_warnings(PROGRAM), live(self._sweep_dir) as advance:
            client.register_plugin(CellProcesses(place), name=name)
            try:
                _Cells(client, name, job_overrides).run(advance)
            finally:
                with contextlib.suppress(Exception):  # of a scheduler that is gone: what ended the sweep is said
                    client.unregister_worker_plugin(name)
        return []

    @contextlib.contextmanager
    def _client(self) -> Iterator[Any]:
        """Yield a client of the cluster, which is closed afterwards if it was made here."""
        from distributed import Client

        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what counts is said in a sentence
        with contextlib.ExitStack() as stack:
            if self._address is not None:
                check_certificates(self._address)
            to = self._address if self._address is not None else self._entered(stack)
            try:
                client = stack.enter_context(Client(to, timeout=CONNECT_S, set_as_default=False))
            except (OSError, ValueError) as error:
                raise no_answer(to, error) from error
            yield client

    def _entered(self, stack: contextlib.ExitStack) -> Any:
        """Return a new cluster, which ends with the stack, as do its temporary files."""
        import dask

        if dask.config.get("temporary-directory", None) is None:  # else in a place that nobody tidies after a kill
            stack.enter_context(dask.config.set({"temporary-directory": str(stack.enter_context(scratch_folder()))}))
        made = self._made()
        try:
            return stack.enter_context(made)
        except Exception as error:  # of somebody else's class
            raise self._refusal(error) from error

    def _made(self) -> Any:
        """Return a new cluster of the class that was asked for."""
        from distributed import SpecCluster
        from distributed.deploy import Cluster

        found = import_object(self._cluster, "hydra.launcher.cluster")
        whole = isinstance(found, type) and issubclass(found, Cluster) and found not in (Cluster, SpecCluster)
        if not whole:  # the two are only what others are made from
            raise UserError(
                f"hydra.launcher.cluster={self._cluster} is no cluster of Dask: give one such as {_LOCAL} or "
                "dask_jobqueue.SLURMCluster"
            )
        # Ctrl-C goes to every process of a terminal, and is this one's to handle: Dask's inherit the block.
        resource_tracker.ensure_running()  # else started within, which lifts the block
        usual = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            if self._n_workers is None or self._cluster == _LOCAL:
                return found(**{**_LOCAL_OPTIONS, "n_workers": self._n_workers or _cores(), **self._options})
            made = found(**self._options)
            made.scale(self._n_workers)
            return made
        except Exception as error:  # of somebody else's class
            raise self._refusal(error) from error
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, usual)

    def _refusal(self, error: Exception) -> UserError:
        said = " ".join(str(error).split())[:300]
        return UserError(
            f"hydra.launcher.cluster={self._cluster} with options {self._options} refuses "
            f"({type(error).__name__}: {said}): see its documentation"
        )


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Cells:
    """The cells of one sweep, and which of them Dask has."""

    def __init__(self, client: Any, name: str, cells: Sequence[Sequence[str]]) -> None:
        self._client, self._name, self._cells = client, name, cells
        self._waiting = deque(range(len(cells)))
        self._claimed: deque[tuple[float, int]] = deque()
        self._others = ClaimedCells()
        self._futures: dict[int, Any] = {}
        self._ended: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
        self._deaths: Counter[int] = Counter()
        self._tried: set[int] = set()
        self._fruitless = 0

    def run(self, advance: Advance) -> None:
        """Run all cells; errors as :meth:`DaskLauncher.launch`."""
        try:
            while self._waiting or self._claimed or self._futures:
                while self._claimed and self._claimed[0][0] <= time.monotonic():
                    self._waiting.append(self._claimed.popleft()[1])
                while self._waiting and len(self._futures) < _IN_FLIGHT:
                    self._submit(self._waiting.popleft())
                with contextlib.suppress(queue.Empty):
                    index, future = self._ended.get(timeout=_REFRESH_S)
                    del self._futures[index]
                    self._hear(index, future)
                if self._client.status in ("closed", "closing"):
                    raise UserError(_GONE)
                advance()
        finally:
            with contextlib.suppress(Exception):
                self._client.cancel(list(self._futures.values()), force=True)

    def _submit(self, index: int) -> None:
        from mirimpute.bench.sweeps.dask_worker import run_cell

        deaths = self._deaths[index]
        reason = f"the process that computed it was killed {deaths} times (out of memory?)"
        reason = reason if deaths >= ATTEMPTS else ""
        cell = (self._name, index, list(self._cells[index]), index in self._tried, reason)
        self._tried.add(index)
        future = self._futures[index] = self._client.submit(run_cell, *cell, pure=False)
        future.add_done_callback(lambda done: self._ended.put((index, done)))

    def _hear(self, index: int, future: Any) -> None:
        """Take what became of a cell."""
        from distributed import KilledWorker

        if future.cancelled():
            raise UserError(_GONE)
        error = future.exception()
        if isinstance(error, KilledWorker):  # Dask has tried it on several
            self._died(index, ATTEMPTS, "the worker of Dask was killed")
        elif error is not None:
            raise SweepFaultError(f"Dask could not run cell {index}: {type(error).__name__}: {error}") from error
        else:
            kind, *content = future.result()
            if kind == "claimed":
                self._claimed.append((time.monotonic() + _CLAIMED_S, index))
                self._others.heard(index, content[0], (*self._waiting, *self._futures))
            elif kind == "died" and content[0]:
                self._died(index, 1, f"the last with code {content[1]}")
            elif kind == "died":
                self._fruitless += 1
                if self._fruitless >= ATTEMPTS:
                    raise UserError(
                        f"{self._fruitless} processes on workers of Dask died before they could take a cell, the last "
                        f"with code {content[1]}: this package and its libraries have to be installed there"
                    )
                self._waiting.appendleft(index)
            elif kind in _ENDS:
                raise _ENDS[kind](content[0])
            else:
                self._fruitless = 0
                self._others.done(index)

    def _died(self, index: int, times: int, how: str) -> None:
        if self._deaths[index] >= ATTEMPTS:  # it died writing the failed row
            raise SweepFaultError(f"no process can write the row of cell {index}, {how}")
        self._deaths[index] += times
        self._waiting.appendleft(index)
