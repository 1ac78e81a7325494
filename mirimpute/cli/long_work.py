"""Long work of `mirimpute-impute`: how long it will take, said before it; and what is whole when it is interrupted."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mirimpute.errors import ImputationError, counted, printable
from mirimpute.types import no_progress

if TYPE_CHECKING:
    from mirimpute.imputers.forecast import Forecast
    from mirimpute.imputers.table_model import Lesson
    from mirimpute.methods.base import Method, Problem
    from mirimpute.table.reading import Content
    from mirimpute.table.table import Table
    from mirimpute.types import Array


def foreseen(program: str, lesson: Lesson, name: str, models: int, jobs: int, times: float) -> Forecast | None:
    """Say how long the work will take, where it is more than twenty seconds, and return it.

    Args:
        program: that says it.
        lesson: what is learnt.
        name: of the method.
        models: that are learnt from samples of the rows; 0: one is, from all rows.
        jobs: models at a time.
        times: how often the table is completed by the one.
    """
    from mirimpute.imputers.forecast import forecast_of_fit, forecast_of_models

    found = forecast_of_models(lesson, models, jobs) if models else forecast_of_fit(lesson, isolated_seconds, times)
    if found is not None:
        print(f"{program}: {printable(found.sentence(name))}", file=sys.stderr, flush=True)
    return found


def isolated_seconds(method: Method, problem: Problem, limit_s: float) -> float:
    """Return what a method takes in a process of its own; inf where it is stopped at a limit.

    Raises:
        ImputationError: it failed.
    """
    from mirimpute.bench.run.isolation import run_isolated
    from mirimpute.bench.run.scratch import scratch_folder

    with scratch_folder() as folder:
        outcome = run_isolated(method, problem, folder=folder, timeout_s=limit_s, progress=no_progress)
    if outcome.status == "timeout":
        return math.inf
    if outcome.cost is None:
        raise ImputationError(outcome.reason)
    return outcome.cost.fit_s + outcome.cost.impute_s


def write_each(content: Content, table: Table, tables: Iterable[Array], targets: Sequence[Path], left: Array) -> None:
    """Write completed tables as they come.

    Raises:
        KeyboardInterrupt: interrupted; it says which files are whole.
    """
    from mirimpute.table.writing import write_completed

    written: list[str] = []
    try:
        for target, values in zip(targets, tables, strict=True):
            write_completed(content, table, values, target, left)
            written.append(str(target))
    except KeyboardInterrupt:
        if not written:
            raise
        names = written[0] if len(written) == 1 else f"{written[0]} to {written[-1]}"
        of_all = f"{len(written)} of {counted(len(targets), 'table')}"
        raise KeyboardInterrupt(f"interrupted; {of_all} are finished and whole: {names}") from None
