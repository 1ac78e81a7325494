"""The page on a file that `mirimpute-impute` filled: what it found out, and an overimputation by the same method."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mirimpute.bench.run.isolation import run_isolated
from mirimpute.bench.run.scratch import scratch_folder
from mirimpute.data_page.filled_table import FilledTable
from mirimpute.data_page.write_data_page import write_page
from mirimpute.diagnostics.completions import Completions
from mirimpute.diagnostics.convergence import convergence
from mirimpute.diagnostics.holes import holes_of
from mirimpute.diagnostics.overimputation import FRACTION, Overimputation, hidden_cells, overimputation_of
from mirimpute.errors import MirimputeWarning, UserError
from mirimpute.methods.base import Imputation, Method, Problem, problem_of
from mirimpute.methods.column_limits import inside
from mirimpute.table.code_hints import of_codes, of_marks
from mirimpute.table.encoding import Encoding
from mirimpute.table.reading import warn_of_ids_in
from mirimpute.table.scale import Scale
from mirimpute.table.source_bits import SourceBits
from mirimpute.table.table import Table
from mirimpute.types import Progress, no_progress

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Run:
    """A file that was filled.

    Attributes:
        name: of the file.
        frame: all of its columns.
        kinds: column -> kind, as the user gave them.
        table: the columns that were imputed.
        problem, encoding, scale: what the method got of it.
        method: which filled it.
        imputation: what it returned.
        seconds: that it took.
        notes: what method and gate say.
    """

    name: str
    frame: pd.DataFrame
    kinds: Mapping[str, Any]
    table: Table
    problem: Problem
    encoding: Encoding
    scale: Scale
    method: Method
    imputation: Imputation
    seconds: float
    notes: Sequence[str] = ()


def write_run_page(path: Path, run: Run, seed: int, progress: Progress = no_progress) -> Path:
    """Write the page on a run and return its path; it takes the method's time again, for the hidden cells.

    Args:
        path: the file.
        run: what was done.
        seed: that the user gave.
        progress: of the second run.

    Raises:
        OSError: the file cannot be written.
    """
    restored = _restored(run.table.values, run.problem, run.encoding, run.scale)
    draws = [restored(draw) for draw in run.imputation.draws] if len(run.imputation.draws) > 1 else []
    shape = run.table.values.shape
    completions = Completions(
        run.table.columns, run.table.values, restored(run.imputation.point), np.array(draws).reshape(-1, *shape)
    )
    names = [column.name for column in run.encoding.encoded_columns]
    made_by = {
        "file": run.name,
        "method": f"{run.method.name}, version {run.method.version}",
        "draws": str(len(draws)) if draws else "none, the method completes the table once",
        "seed": str(seed),
        "device": run.problem.device,
        "seconds": f"{run.seconds:.1f}",
    }
    return write_page(
        path,
        FilledTable(
            name=run.name,
            holes=holes_of(run.frame),
            completions=completions,
            made_by=made_by,
            warnings=_warnings(run),
            notes=tuple(run.notes),
            rounds=convergence(run.imputation.history, run.problem.missing, names),
            trace=tuple(run.imputation.trace),
            overimputation=_overimputation(run, progress),
        ),
    )


def _restored(
    values: np.ndarray, problem: Problem, encoding: Encoding, scale: Scale
) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function from what a method returned to the values that are written, observed cells as they were."""
    bits, table_scale = SourceBits.of(values, encoding.decode(problem.x_incomplete, scale)), encoding.table_scale(scale)
    return lambda x: np.where(np.isnan(values), bits.restored(encoding.decode(x, scale), table_scale), values)


def _warnings(run: Run) -> tuple[str, ...]:
    """Return what a reader of the file should know: ids, codes, wild cells with their rows."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", MirimputeWarning)
        warn_of_ids_in(run.frame, run.kinds)
    return (
        *(str(each.message) for each in caught),
        *of_codes(run.table.values, run.table.columns, run.kinds),
        *of_marks(run.table.values, run.table.columns, run.kinds),
        *run.encoding.fences.sentences(run.table.values, run.table.columns, first=1),
    )


def _overimputation(run: Run, progress: Progress) -> Overimputation | str:
    """Return what the method draws for hidden cells, or why it does not."""
    values, columns = run.table.values, run.table.columns
    try:
        chosen = hidden_cells(~np.isnan(values), FRACTION, run.problem.seed)
    except UserError as error:
        return str(error)
    hidden = np.where(chosen, np.nan, values)
    problem, encoding, scale = problem_of(hidden, columns, run.problem.seed, run.problem.device)
    with scratch_folder() as folder:
        outcome = run_isolated(run.method, problem, folder=folder, progress=progress)
    if outcome.imputation is None:
        return f"with a tenth of the observed cells hidden, the method failed ({outcome.reason})"
    restored = _restored(hidden, problem, encoding, scale)
    drawn = np.array([restored(draw) for draw in inside(problem, outcome.imputation).draws])
    return overimputation_of(columns, values, chosen, drawn)
