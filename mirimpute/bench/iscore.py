"""The energy-I-score: judge an imputer on a table with holes of its own, without any truth.

For each incomplete column j, only the columns O_j are kept that are known wherever j is. Rows in which j is missing
hold the method's own completion of j; in all other rows j is hidden. The method completes that table anew, so what it
has learnt of j comes from its completions alone, and its draws are compared with the observed values of j by the energy
score. A method whose completions are not distributed as the missing values given O_j cannot draw the observed ones.

It takes one more fit of the method per column, on fewer columns. Reference: Naef, Grzesiak, Scornet, "How to rank
imputation methods?", arXiv 2507.11297, section 4, and the R package miceDRF, whose ``Iscore`` this is, but for its
estimate of E|X - X'|, which takes a draw for another one of itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mirimpute.bench.run.isolation import Outcome
from mirimpute.methods.base import Problem, Source
from mirimpute.seeding import integer_seed
from mirimpute.table.encoding import Encoding
from mirimpute.table.scale import Scale

FEWEST = 10
"""Missing and observed cells that a column needs, as in miceDRF."""


@dataclass(frozen=True)
class Task:
    """One column to be judged on.

    Attributes:
        column: its number in the table.
        problem: the table that the method completes: the column first, hidden where it is observed.
        block: numbers of the column's own columns in ``problem``, one, or its indicators.
        rows: which rows of ``problem`` are compared, bool (n_rows,).
        truth: the observed values there, encoded, (n, len(block)).
        weight: P(missing) P(observed) of the column.
    """

    column: int
    problem: Problem
    block: np.ndarray
    rows: np.ndarray
    truth: np.ndarray
    weight: float


def tasks_of(problem: Problem, completed: np.ndarray, blocks: Sequence[np.ndarray], most: int, seed: int) -> list[Task]:
    """Return the columns to be judged on, at most ``most``: those of the largest weight.

    Where no other column is known wherever a column is, the one that is known most often there chooses the rows: the
    column is hidden, and judged, where both are known.

    Args:
        problem: what the method got.
        completed: float64 (n_rows, n_columns), one completion of it.
        blocks: for each column of the table the numbers of its columns in ``problem``.
        most: columns.
        seed: of the completions that are asked for.
    """
    missing = np.stack([problem.missing[:, block[0]] for block in blocks], axis=1)
    counts, n = missing.sum(axis=0), len(missing)
    able = np.flatnonzero((counts >= FEWEST) & (n - counts >= FEWEST))
    weights = counts * (n - counts) / n**2
    chosen = able[np.argsort(-weights[able], kind="stable")][:most]
    tasks = (_task(problem, completed, blocks, missing, int(j), float(weights[j]), seed) for j in chosen)
    return [task for task in tasks if task is not None]


def _task(
    problem: Problem,
    completed: np.ndarray,
    blocks: Sequence[np.ndarray],
    missing: np.ndarray,
    j: int,
    weight: float,
    seed: int,
) -> Task | None:
    """Return the task of column ``j`` of the table, None where no other column is known in enough of its rows."""
    tested = ~missing[:, j]
    others = [k for k in range(len(blocks)) if k != j]
    predictors = [k for k in others if not missing[tested, k].any()]
    if not predictors:
        nearest = min(others, key=lambda k: missing[tested, k].sum(), default=j)
        tested = tested & ~missing[:, nearest]
        predictors = [k for k in others if not missing[tested, k].any()]
    if not predictors or tested.sum() < FEWEST:
        return None
    columns = [int(each) for k in (j, *predictors) for each in blocks[k]]
    block = np.arange(len(blocks[j]))
    x = completed[:, columns].copy()
    truth = x[np.ix_(tested, block)].copy()
    x[np.ix_(tested, block)] = np.nan
    part = _part(problem, x, columns, integer_seed(seed, "iscore", str(j)) % 2**31)
    part = replace(part, source=_source(problem, x, columns, (j, *predictors)))
    return Task(j, part, block, tested, truth, weight)


def _source(problem: Problem, x: np.ndarray, columns: Sequence[int], of_table: Sequence[int]) -> Source | None:
    """Return the same columns in their own units, for methods that are programs."""
    if problem.source is None:
        return None
    encoding = Encoding(tuple(problem.source.encoding.columns[k] for k in of_table))
    scale = problem.source.scale.of(np.array(columns))
    return Source(encoding.table_scale(scale).restore(encoding.decode(x, scale)), encoding, scale)


def _part(problem: Problem, x: np.ndarray, columns: Sequence[int], seed: int) -> Problem:
    """Return the problem of some columns."""
    place = {column: at for at, column in enumerate(columns)}
    groups = (np.array([place[int(each)] for each in group if int(each) in place]) for group in problem.categorical)
    return replace(
        problem,
        x_incomplete=x,
        columns=tuple(problem.columns[column] for column in columns),
        seed=seed,
        categorical=tuple(group for group in groups if group.size),
        lowest=None if problem.lowest is None else problem.lowest[list(columns)],
        highest=None if problem.highest is None else problem.highest[list(columns)],
        wild=None,
    )


def coherent(problem: Problem, completed: np.ndarray, encoding: Encoding, scale: Scale) -> np.ndarray:
    """Return a completion in which each missing category is one category, not the shares of several."""
    found = completed.copy()
    codes = encoding.decode(completed, scale)
    for j in np.flatnonzero(encoding.is_categorical):
        place = encoding.column_slices[j]
        first = len(encoding.columns[j].categories) - len(place)
        indicators = (codes[:, [j]] == np.arange(first, first + len(place))).astype(float)
        found[:, place] = (indicators - scale.mean[place]) / scale.spread[place]
    return np.where(problem.missing, found, problem.x_incomplete)


def energy_iscore(
    tasks: Sequence[Task], encoding: Encoding, scale: Scale, impute: Callable[[Problem], Outcome]
) -> tuple[float | None, str]:
    """Return the score (smaller is better), None where it could not be had, and why.

    Args:
        tasks: of :func:`tasks_of`.
        encoding, scale: of the columns of the table.
        impute: runs the method.
    """
    from mirimpute.metrics.draws import Draws
    from mirimpute.metrics.energy_score import energy_score

    if not tasks:
        return None, f"no I-score: no column has {FEWEST} missing and {FEWEST} observed cells beside another column"
    total = 0.0
    for task in tasks:
        outcome = impute(task.problem)
        if outcome.imputation is None:
            name = encoding.columns[task.column].name
            return None, f"no I-score: {outcome.status} on the cells of {name!r}: {outcome.reason}"
        drawn = outcome.imputation.draws[:, task.rows][:, :, task.block]
        truth, values = (_values(task.column, each, encoding, scale) for each in (task.truth, drawn))
        count = int(encoding.n_categories[task.column])
        total += task.weight * energy_score(Draws(truth, values, np.full(len(truth), count) if count else None))
    return total / sum(task.weight for task in tasks), ""


def _values(column: int, block: np.ndarray, encoding: Encoding, scale: Scale) -> np.ndarray:
    """Return numbers, or numbers of categories, (...), of a column's own columns, (..., width)."""
    if not encoding.is_categorical[column]:
        return np.ascontiguousarray(block[..., 0])
    own = Encoding((encoding.columns[column],))
    place = encoding.column_slices[column]
    return own.decode(block, Scale(scale.mean[place], scale.spread[place]))[..., 0]
