"""Run cells of a sweep in this process, one after the other, and write each outcome into the journal."""

from __future__ import annotations

import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mirimpute.bench.results.journal import Entry, Journal
from mirimpute.bench.sweeps.claimed import ClaimedCells
from mirimpute.errors import MirimputeWarning, StoreError, UserError, fault, refused
from mirimpute.types import Progress, no_progress

if TYPE_CHECKING:
    from mirimpute.bench.cell import CellResult
    from mirimpute.bench.config import CellConfig
    from mirimpute.bench.results.claims import Claims
    from mirimpute.datasets.base import Dataset
    from mirimpute.table.table import Table

CLAIMED_S = 0.5
"""How long to wait before a cell that another process computes is looked at again."""

_TABLES = 4


class Runner:
    """Runs the cells of one sweep in this process; reads each table once.

    Args:
        sweep_dir: the journal.
        part: name of this process's part of the journal, for a job that may be restarted.
    """

    def __init__(self, sweep_dir: Path, part: str = "") -> None:
        self.journal = Journal(sweep_dir, part)
        self._tables: dict[str, Table] = {}
        self._claims: dict[str, Claims] = {}
        self._others = ClaimedCells()

    def run(self, cfg: Any, index: int, *, wait: bool, again: bool = False, progress: Progress = no_progress) -> Entry:
        """Run the cell that ``cfg`` describes; what prevents it from starting becomes a failed row.

        Args:
            cfg: the composed configuration.
            index: of the cell in the sweep.
            wait: wait for a cell that another process computes; else raise.
            again: the cell was tried before in this sweep, or claimed by another process: if it has a row, take that.
            progress: called with what the method reports.

        Raises:
            ClaimedError: another process is computing it.
            StoreError: the results folder cannot be written.
        """
        from mirimpute.bench.cell import run_cell
        from mirimpute.datasets.location import data_directory

        def attempt(config: CellConfig, config_yaml: str) -> CellResult:
            claims = self._claims_of(config.results_dir)

            def run(config: CellConfig) -> CellResult:
                return run_cell(
                    config,
                    data_directory(),
                    config_yaml=config_yaml,
                    progress=progress,
                    claims=claims,
                    load=self._load,
                )

            if again and not config.force:
                config = replace(config, resume=config.resume or True)
            return waiting(run, config, self._others) if wait else run(config)

        return self._record(cfg, index, attempt)

    def fail(self, cfg: Any, index: int, reason: str) -> Entry:
        """Write a failed row for a cell that took its process along.

        Raises:
            StoreError: the results folder cannot be written.
        """

        def attempt(config: CellConfig, config_yaml: str) -> CellResult:
            raise UserError(reason)

        return self._record(cfg, index, attempt)

    def _record(self, cfg: Any, index: int, attempt: Callable[[CellConfig, str], CellResult]) -> Entry:
        from omegaconf import OmegaConf

        from mirimpute.bench.cell import failed_cell
        from mirimpute.bench.results.claims import ClaimedError
        from mirimpute.bench.sweeps.schema import cell_config
        from mirimpute.datasets.location import data_directory

        started = time.monotonic()
        config = cell_config(cfg)
        config_yaml = OmegaConf.to_yaml(cfg, resolve=True)
        try:
            result = attempt(config, config_yaml)
        except (StoreError, ClaimedError):
            raise
        except UserError as error:
            result = failed_cell(config, data_directory(), str(error), self._load, config_yaml=config_yaml)
        except Exception as error:  # of a part from outside the package, or a fault of ours: it costs one cell
            parts = {"config_yaml": config_yaml, "log": traceback.format_exc()}
            reason = refused(error) if isinstance(error, OSError) else fault(error)
            result = failed_cell(config, data_directory(), reason, self._load, **parts)
        entry = Entry(
            index=index,
            method=config.method.name,
            status=result.row["status"],
            reason=result.row["reason"],
            resumed=result.resumed,
            directory=result.directory.relative_to(config.results_dir).as_posix(),
            seconds=round(time.monotonic() - started, 3),
            at=time.time(),
        )
        self.journal.add(entry)
        return entry

    def _claims_of(self, results_dir: str) -> Claims:
        from mirimpute.bench.results.claims import Claims

        if results_dir not in self._claims:
            self._claims[results_dir] = Claims(Path(results_dir))
        return self._claims[results_dir]

    def _load(self, dataset: Dataset, data_dir: Path) -> Table:
        key = repr(dataset)
        if key not in self._tables:
            if len(self._tables) >= _TABLES:
                self._tables.clear()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", MirimputeWarning)  # the sweeper gave them, once for all cells
                self._tables[key] = dataset.load(data_dir)
        return self._tables[key]


def waiting(
    run: Callable[[CellConfig], CellResult], config: CellConfig, others: ClaimedCells | None = None
) -> CellResult:
    """Run the cell, or wait until the process that computes it is done and take its row; that it waits is said once.

    Args:
        run: runs a cell.
        config: of the cell.
        others: what was said before; None: nothing.
    """
    from mirimpute.bench.results.claims import ClaimedError

    others = ClaimedCells() if others is None else others
    while True:
        try:
            result = run(config)
        except ClaimedError as error:
            others.heard(0, error.who)
            time.sleep(CLAIMED_S)
            config = replace(config, resume=True, force=False)
        else:
            others.done(0)
            return result
