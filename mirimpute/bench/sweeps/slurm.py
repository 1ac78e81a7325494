"""The launcher `slurm`: an array of jobs, each of which runs some cells.

The queue and the files of the jobs show which jobs have died; the accounting of SLURM is not needed.
"""

from __future__ import annotations

import math
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction

from mirimpute.bench.results import disk
from mirimpute.bench.results.journal import Journal
from mirimpute.bench.sweeps.compose import Composer
from mirimpute.bench.sweeps.runner import Runner
from mirimpute.errors import UserError

_POLL_S = 1.0
_GONE_S = 5.0
"""A job that is not in the queue and has no result after this time (a shared file system is slow) has died."""


@dataclass
class Job:
    """What one job does: some cells of the sweep, one after the other. Pickled by submitit.

    Attributes:
        composer: of the sweep.
        sweep_dir: the journal.
        first: index of the first cell.
        cells: overrides of each.
    """

    composer: Composer
    sweep_dir: Path
    first: int
    cells: list[list[str]]

    @property
    def part(self) -> str:
        """Name of the job's part of the journal; the same after a restart."""
        return f"job-{self.first}"

    @property
    def note(self) -> Path:
        """Where the job says why it stopped early."""
        return self.sweep_dir / f"{self.part}.stopped.txt"

    def unfinished(self) -> list[int]:
        """Return the indices of the cells that are not in the journal."""
        done = {entry.index for entry in Journal(self.sweep_dir, self.part).entries()}
        return [index for index in range(self.first, self.first + len(self.cells)) if index not in done]

    def compose(self, index: int) -> Any:
        """Return the configuration of a cell."""
        return self.composer.compose(self.cells[index - self.first])

    def __call__(self) -> None:
        """Run the cells that are not in the journal yet."""
        from mirimpute.bench.sweeps.schema import register_schema
        from mirimpute.bench.sweeps.worker import abandon_on_sigterm

        register_schema()
        runner = Runner(self.sweep_dir, self.part)
        restore = abandon_on_sigterm()
        try:
            for index in self.unfinished():
                runner.run(self.compose(index), index, wait=True)
        except KeyboardInterrupt:
            disk.write_text(self.note, "the cluster stopped the job")
        except UserError as error:
            disk.write_text(self.note, str(error))
        finally:
            restore()

    def checkpoint(self) -> Any:
        """Tell submitit how to go on after a pre-emption: the same again, less what is in the journal."""
        import submitit

        return submitit.helpers.DelayedSubmission(self)


class SlurmLauncher(Launcher):
    """Submits the cells as one array of jobs and waits.

    Args:
        cells_per_job: cells that one job runs, one after the other.
        max_jobs: most jobs; with more cells than this allows, each job gets more (the cluster's MaxArraySize).
        params: see ``conf/hydra/launcher/slurm.yaml``.
    """

    def __init__(self, cells_per_job: int, max_jobs: int, **params: Any) -> None:
        for name, value in (("cells_per_job", cells_per_job), ("max_jobs", max_jobs)):
            if not (isinstance(value, int) and value >= 1):
                raise UserError(f"hydra.launcher.{name}={value} runs nothing: give 1 or more")
        self._cells_per_job = cells_per_job
        self._max_jobs = max_jobs
        self._params = params

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: Any) -> None:
        """Take what Hydra gives."""
        self._composer = Composer(hydra_context.config_loader, config)
        self._sweep_dir = Path(str(config.hydra.sweep.dir)).absolute()

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[Any]:
        """Run all cells; what became of them is in the journal.

        Raises:
            UserError: there is no SLURM here, or it refuses the jobs.
            KeyboardInterrupt: stopped; the jobs are cancelled.
        """
        from mirimpute.bench.sweeps.status import live

        size = max(self._cells_per_job, math.ceil(len(job_overrides) / self._max_jobs))
        tasks = [
            Job(self._composer, self._sweep_dir, first, [list(each) for each in job_overrides[first : first + size]])
            for first in range(0, len(job_overrides), size)
        ]
        jobs = self._submit(tasks)
        try:
            with live(self._sweep_dir) as advance:
                open_jobs = dict(enumerate(jobs))
                missing_since: dict[int, float] = {}
                while open_jobs:
                    queued = _queued(sorted({job.job_id.split("_")[0] for job in open_jobs.values()}))
                    for number, job in list(open_jobs.items()):
                        if job.paths.result_pickle.exists():
                            self._bury(tasks[number], job, "ended with an error")
                        elif job.job_id in queued:
                            missing_since.pop(number, None)
                            continue
                        elif time.monotonic() - missing_since.setdefault(number, time.monotonic()) < _GONE_S:
                            continue
                        else:
                            self._bury(tasks[number], job, "was killed or cancelled")
                        del open_jobs[number]
                    advance()
                    if open_jobs:
                        time.sleep(_POLL_S)
        except BaseException:
            _run(["scancel", *sorted({job.job_id.split("_")[0] for job in jobs})])
            raise
        return []

    def _submit(self, tasks: Sequence[Job]) -> list[Any]:
        import submitit
        from hydra_plugins.hydra_submitit_launcher.config import BaseQueueConf

        shared = {field.name for field in fields(BaseQueueConf)}
        params = dict(self._params)
        folder, retries = params.pop("submitit_folder"), params.pop("max_num_timeout")
        try:
            executor = submitit.AutoExecutor(folder=folder, cluster="slurm", slurm_max_num_timeout=retries)
            executor.update_parameters(
                **{name if name in shared else f"slurm_{name}": value for name, value in params.items()}
            )
            with executor.batch():
                return [executor.submit(task) for task in tasks]
        except (RuntimeError, submitit.core.utils.FailedJobError) as error:
            lines = str(error).strip().splitlines() or [type(error).__name__]
            raise UserError(f"SLURM refused the jobs ({lines[-1]}): see hydra.launcher in --cfg all") from error

    def _bury(self, task: Job, job: Any, why: str) -> None:
        """Write the row of the cell that a job was busy with when it died; cells that it had not begun stay left."""
        left = task.unfinished()
        if left and not task.note.exists() and Path(job.paths.stderr).exists():
            reason = f"job {job.job_id} {why}, see {job.paths.stderr}"
            Runner(self._sweep_dir, task.part).fail(task.compose(left[0]), left[0], reason)


def _queued(arrays: Sequence[str]) -> set[str]:
    """Return the jobs of these arrays that wait or run."""
    return set(_run(["squeue", "--noheader", "--array", "--format=%i", f"--jobs={','.join(arrays)}"]).split())


def _run(command: list[str]) -> str:
    """Return what the command prints; "" when it fails (squeue does when no job is left)."""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout
