"""`mirimpute-bench`: run one cell, or a sweep of cells with ``-m``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mirimpute.cli.exits import FAILED, OK, exit_code
from mirimpute.cli.outcome import print_cell, print_entry, print_sweep
from mirimpute.errors import UserError, printable

if TYPE_CHECKING:
    from mirimpute.bench.cell import CellResult
    from mirimpute.bench.sweeps.runner import Runner

PROGRAM = "mirimpute-bench"
CELL_FAILED = FAILED


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; exit code 0 = all cells ok, 1 = a cell failed, 2 = the request cannot be served."""
    arguments = sys.argv[1:] if arguments is None else arguments
    asked = [argument for argument in arguments if argument in ("--help", "-h", "--version")]
    if asked:
        code = exit_code(PROGRAM, lambda: print(_information(asked)))
        if code == OK:
            return
    else:
        interrupted = "interrupted; the rows written so far are kept, the same command with resume=true goes on"
        code = exit_code(PROGRAM, lambda: _run(arguments), interrupted)
    sys.exit(code)


def _information(asked: list[str]) -> str:
    """Return what the options print that run nothing."""
    if asked == ["--version"]:
        from mirimpute import __version__

        return f"{PROGRAM} {__version__}"
    from mirimpute.cli.help import bench_help

    return bench_help()


def _run(arguments: list[str]) -> int:
    """Run a cell or a sweep and return the exit code."""
    from mirimpute.bench.sweeps.hydra_command import run_command

    asked = _with_question(arguments)
    task = Task([PROGRAM, *arguments], is_question=asked is not arguments)
    try:
        cfg = run_command(asked, task)
    except (UserError, KeyboardInterrupt) as error:
        if task.sweep_dir is not None:
            print_sweep(task.sweep_dir)  # says how to go on
            if isinstance(error, KeyboardInterrupt) and not str(error):
                raise KeyboardInterrupt("interrupted; the rows written so far are kept") from None
        raise
    if cfg is not None:
        result = _run_alone(cfg)
        print_cell(result)
        return OK if result.row["status"] == "ok" else CELL_FAILED
    if task.sweep_dir is not None:
        return OK if print_sweep(task.sweep_dir) else CELL_FAILED
    return OK  # --cfg, --info, ...


class Task:
    """What the launchers that Hydra brings along call with the configuration of each cell of a sweep; picklable.

    Attributes:
        command: what was typed.
        is_question: whether it asks which method suits a file: then it says first how long that will take.
        sweep_dir: the journal of the sweep, set by the sweeper.
    """

    def __init__(self, command: list[str], is_question: bool = False) -> None:
        self.command, self.is_question = command, is_question
        self.sweep_dir: Path | None = None

    def begin(self, sweep_dir: Path, methods: Sequence[tuple[Any, int]]) -> None:
        """Hear of a sweep before its first cell: its journal, and a configuration and the cells of each method."""
        self.sweep_dir = sweep_dir
        if self.is_question:
            from mirimpute.cli.advice_forecast import comparison_ahead

            said = comparison_ahead(methods)
            if said:
                print(f"{PROGRAM}: {printable(said)}", file=sys.stderr, flush=True)

    def __call__(self, cfg: Any) -> None:
        """Run the cell."""
        from hydra.core.hydra_config import HydraConfig

        from mirimpute.bench.sweeps.overrides import with_named_columns

        job = HydraConfig.get()
        _run_in_sweep(with_named_columns(cfg), Path(job.sweep.dir), int(job.job.num))


def _run_alone(cfg: Any) -> CellResult:
    from omegaconf import OmegaConf

    from mirimpute.bench.cell import run_cell
    from mirimpute.bench.hide import check_hiding
    from mirimpute.bench.notices import plain_warnings
    from mirimpute.bench.results.claims import Claims
    from mirimpute.bench.results.layout import check_writable
    from mirimpute.bench.sweeps.runner import waiting
    from mirimpute.bench.sweeps.schema import cell_config
    from mirimpute.cli.progress import rich_progress
    from mirimpute.datasets.location import data_directory

    config = cell_config(cfg)
    config.check()
    with plain_warnings(PROGRAM):
        table = config.dataset.load(data_directory())
    check_hiding(config, table)
    check_writable(Path(config.results_dir))
    text, claims = OmegaConf.to_yaml(cfg, resolve=True), Claims(Path(config.results_dir))
    options: dict[str, Any] = {"config_yaml": text, "claims": claims, "load": lambda *_: table}
    with plain_warnings(PROGRAM), rich_progress(config.label) as progress:
        return waiting(lambda now: run_cell(now, data_directory(), progress=progress, **options), config)


def _run_in_sweep(cfg: Any, sweep_dir: Path, index: int) -> None:
    """Run a cell of a sweep; called by the launchers that Hydra brings along, in this process or in another."""
    from mirimpute.bench.notices import plain_warnings
    from mirimpute.bench.sweeps.schema import cell_config
    from mirimpute.bench.sweeps.status import cell_label
    from mirimpute.cli.progress import rich_progress

    label = cell_label(sweep_dir, index, cell_config(cfg).label)
    with plain_warnings(PROGRAM), rich_progress(label) as progress:
        entry = _runner(sweep_dir).run(cfg, index, wait=True, progress=progress)
    print_entry(sweep_dir, entry)


@cache
def _runner(sweep_dir: Path) -> Runner:
    from mirimpute.bench.sweeps.runner import Runner

    return Runner(sweep_dir)


def _with_question(arguments: list[str]) -> list[str]:
    """Return ``arguments``; a file alone is the question which method suits it, which an experiment answers.

    >>> _with_question(["dataset=file", "dataset.path=my.csv", "method=ice"])
    ['dataset=file', 'dataset.path=my.csv', 'method=ice']
    """
    from mirimpute.bench.sweeps.overrides import file_asked_for

    asked = {argument.partition("=")[0] for argument in arguments}
    if (
        "dataset=file" not in arguments
        or not any(map(file_asked_for, arguments))
        or asked & {"method", "mechanism", "experiment", "-m", "--multirun", "--cfg"}
    ):
        return arguments
    print(
        f"{PROGRAM}: comparing methods on more cells hidden as they are missing in the file (experiment=which_method); "
        "give method=... to run one",
        file=sys.stderr,
    )
    return [*arguments, "experiment=which_method"]
