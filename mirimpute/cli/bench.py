"""`mirimpute-bench`: run one cell, or a sweep of cells with ``-m``. The only module that imports Hydra."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mirimpute.errors import StoreError, UserError

if TYPE_CHECKING:
    from mirimpute.cell import CellResult

PROGRAM = "mirimpute-bench"
OK, CELL_FAILED, USER_ERROR, INTERRUPTED = 0, 1, 2, 130

_CLAIMED_S = 0.5


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; exit code 0 = all cells ok, 1 = a cell failed, 2 = the request cannot be served."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if any(argument in ("--help", "-h") for argument in arguments):
        from mirimpute.cli.help import bench_help

        print(bench_help())
        return
    if "--version" in arguments:
        from mirimpute import __version__

        print(f"{PROGRAM} {__version__}")
        return
    traceback_wanted = os.environ.get("HYDRA_FULL_ERROR", "") not in ("", "0")
    signal.signal(signal.SIGTERM, _interrupt)  # a cluster's way to say stop: end the method's process too
    try:
        code = _run(arguments)
    except KeyboardInterrupt:
        print(
            f"{PROGRAM}: interrupted; the rows written so far are kept, resume=true goes on from there", file=sys.stderr
        )
        code = INTERRUPTED
    except UserError as error:
        if traceback_wanted:
            raise
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        code = USER_ERROR
    sys.exit(code)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _run(arguments: list[str]) -> int:
    """Hand ``arguments`` to Hydra and return the exit code."""
    import hydra

    from mirimpute.cli.schema import register_schema
    from mirimpute.cli.translate import user_error
    from mirimpute.conf_location import conf_dir

    register_schema()
    results: list[CellResult] = []
    refusals: list[UserError] = []

    def task(cfg: Any) -> str:
        try:
            result = _task(cfg)
        except UserError as error:  # kept from Hydra, which would print it in its own way
            refusals.append(error)
            return ""
        results.append(result)
        return str(result.directory)

    entry = hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="config")(task)
    with _hydra_raises(), _arguments(_sweep_flag_first(arguments)):
        try:
            entry()
        except (UserError, KeyboardInterrupt):
            raise
        except Exception as error:
            translated = user_error(error)
            if translated is None:
                raise
            raise translated from error
    if refusals:
        raise refusals[0]
    if results:
        _print_table(results)
    return OK if all(result.row["status"] == "ok" for result in results) else CELL_FAILED


def _task(cfg: Any) -> CellResult:
    """Run the cell that ``cfg`` describes; in a sweep, a cell that cannot start becomes a failed row."""
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode
    from omegaconf import OmegaConf

    from mirimpute.cell import failed_cell, run_cell
    from mirimpute.cli.notices import plain_warnings
    from mirimpute.cli.progress import rich_progress
    from mirimpute.cli.schema import cell_config
    from mirimpute.datasets.location import data_directory
    from mirimpute.results.claims import ClaimedError, Claims
    from mirimpute.results.store import check_writable

    config = cell_config(cfg)
    check_writable(Path(config.results_dir))
    config_yaml = OmegaConf.to_yaml(cfg, resolve=True)
    in_sweep = HydraConfig.get().mode == RunMode.MULTIRUN
    claims = Claims(Path(config.results_dir))
    with plain_warnings(PROGRAM), rich_progress(config.label) as progress:
        while True:
            try:
                return run_cell(config, data_directory(), config_yaml=config_yaml, progress=progress, claims=claims)
            except ClaimedError:
                time.sleep(_CLAIMED_S)
                config = replace(config, resume=True, force=False)  # what the other process finds is the result
            except StoreError:
                raise
            except UserError as error:
                if not in_sweep:
                    raise
                return failed_cell(config, data_directory(), str(error), config_yaml=config_yaml)


def _print_table(results: list[CellResult]) -> None:
    from rich.console import Console

    from mirimpute.report.terminal import terminal_table

    console = Console()
    console.print(terminal_table([{**result.row, "directory": str(result.directory)} for result in results]))
    resumed = sum(result.resumed for result in results)
    if resumed:
        console.print(f"{resumed} of {len(results)} rows were there already and were not computed again (resume=true)")


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
