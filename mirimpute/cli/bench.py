"""`mirimpute-bench`: run one cell, or a sweep of cells with ``-m``."""

from __future__ import annotations

import os
import secrets
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mirimpute.cli.exits import FAILED, OK, exit_code
from mirimpute.cli.outcome import print_cell, print_sweep
from mirimpute.errors import UserError
from mirimpute.results.layout import SWEEPS

if TYPE_CHECKING:
    from mirimpute.cell import CellResult
    from mirimpute.sweeps.runner import Runner

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


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _run(arguments: list[str]) -> int:
    """Hand ``arguments`` to Hydra and return the exit code."""
    import hydra

    from mirimpute.cli.overrides import readable
    from mirimpute.cli.schema import register_schema
    from mirimpute.cli.translate import user_error
    from mirimpute.conf_location import conf_dir

    signal.signal(signal.SIGTERM, _interrupt)  # a cluster's way to say stop: end the method's process too
    register_schema()
    task = Task()
    entry = hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="config")(task)
    arguments = [readable(argument) for argument in _with_question(arguments)]
    with _hydra_raises(), _arguments(_with_sweep_dir(_sweep_flag_first(arguments))):
        try:
            entry()
        except (UserError, KeyboardInterrupt) as error:
            if task.sweep_dir is not None:
                print_sweep(task.sweep_dir)
            raise error
        except Exception as error:
            translated = user_error(error)
            if translated is None:
                raise
            raise translated from error
    if task.refusal is not None:
        raise task.refusal
    if task.sweep_dir is not None:
        return OK if print_sweep(task.sweep_dir) else CELL_FAILED
    if task.result is None:  # --cfg, --info, ...
        return OK
    print_cell(task.result)
    return OK if task.result.row["status"] == "ok" else CELL_FAILED


class Task:
    """What Hydra calls with the configuration of a cell; picklable, for launchers that call it elsewhere.

    Attributes:
        result: of a single cell.
        refusal: why a single cell could not be run; kept from Hydra, which would print it in its own way.
        sweep_dir: the journal of a sweep, set by the sweeper.
    """

    def __init__(self) -> None:
        self.result: CellResult | None = None
        self.refusal: UserError | None = None
        self.sweep_dir: Path | None = None

    def __call__(self, cfg: Any) -> None:
        """Run the cell."""
        from hydra.core.hydra_config import HydraConfig
        from hydra.types import RunMode

        from mirimpute.cli.overrides import with_typed_columns

        cfg = with_typed_columns(cfg)
        job = HydraConfig.get()
        if job.mode == RunMode.MULTIRUN:
            _run_in_sweep(cfg, Path(job.sweep.dir), int(job.job.num))
            return
        try:
            self.result = _run_alone(cfg)
        except UserError as error:
            self.refusal = error


def _run_alone(cfg: Any) -> CellResult:
    from omegaconf import OmegaConf

    from mirimpute.cell import run_cell
    from mirimpute.cli.notices import plain_warnings
    from mirimpute.cli.progress import rich_progress
    from mirimpute.cli.schema import cell_config
    from mirimpute.datasets.location import data_directory
    from mirimpute.results.claims import Claims
    from mirimpute.results.layout import check_writable
    from mirimpute.sweeps.runner import waiting

    config = cell_config(cfg)
    config.check()
    with plain_warnings(PROGRAM):
        table = config.dataset.load(data_directory())
    check_writable(Path(config.results_dir))
    text, claims = OmegaConf.to_yaml(cfg, resolve=True), Claims(Path(config.results_dir))
    options: dict[str, Any] = {"config_yaml": text, "claims": claims, "load": lambda *_: table}
    with plain_warnings(PROGRAM), rich_progress(config.label) as progress:
        return waiting(lambda now: run_cell(now, data_directory(), progress=progress, **options), config)


def _run_in_sweep(cfg: Any, sweep_dir: Path, index: int) -> None:
    """Run a cell of a sweep; called by the launchers that Hydra brings along, in this process or in another."""
    from mirimpute.cli.notices import plain_warnings
    from mirimpute.cli.progress import rich_progress

    with plain_warnings(PROGRAM), rich_progress(f"cell {index + 1}") as progress:
        _runner(sweep_dir).run(cfg, index, wait=True, progress=progress)


@cache
def _runner(sweep_dir: Path) -> Runner:
    from mirimpute.sweeps.runner import Runner

    return Runner(sweep_dir)


def _with_sweep_dir(arguments: list[str]) -> list[str]:
    """Return ``arguments`` with the option that gives a sweep its own journal, beside the other key=value."""
    name = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
    option = f"hydra.sweep.dir='${{results_dir}}/{SWEEPS}/{name}'"
    first = next((k for k, argument in enumerate(arguments) if "=" in argument and argument[0] != "-"), len(arguments))
    return [*arguments[:first], option, *arguments[first:]]


def _with_question(arguments: list[str]) -> list[str]:
    """Return ``arguments``; a file alone is the question which method suits it, which an experiment answers.

    >>> _with_question(["dataset=file", "dataset.path=my.csv", "method=ice"])
    ['dataset=file', 'dataset.path=my.csv', 'method=ice']
    """
    from mirimpute.cli.overrides import file_asked_for

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


def _sweep_flag_first(arguments: list[str]) -> list[str]:
    """Return ``arguments`` with -m in front: Hydra refuses options between two key=value."""
    flags = [argument for argument in arguments if argument in ("-m", "--multirun")]
    return flags[:1] + [argument for argument in arguments if argument not in flags]


@contextmanager
def _hydra_raises() -> Iterator[None]:
    """Make Hydra raise its errors instead of printing them in its own words and exiting with code 1."""
    before = os.environ.get("HYDRA_FULL_ERROR")
    os.environ["HYDRA_FULL_ERROR"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["HYDRA_FULL_ERROR"]
        else:
            os.environ["HYDRA_FULL_ERROR"] = before


@contextmanager
def _arguments(arguments: list[str]) -> Iterator[None]:
    before = sys.argv
    sys.argv = [PROGRAM, *arguments]
    try:
        yield
    finally:
        sys.argv = before
