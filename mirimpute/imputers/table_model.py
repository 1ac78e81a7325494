"""What an imputer has learnt of a table, with groups and constraints: numbers in, numbers out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from mirimpute.errors import warn
from mirimpute.imputers.censoring import DRAWS_OF_SPREADS, Censored, spreads_of
from mirimpute.imputers.constraints import Constraints, padded
from mirimpute.imputers.fitted_table import ConstantColumns, FittedTable
from mirimpute.imputers.group_means import GroupMeans
from mirimpute.imputers.learning import TableFit, completed, learnt, learnt_again, outside_of
from mirimpute.imputers.multiple import on_one_thread_each, samples_of_rows
from mirimpute.imputers.oddities import Oddity
from mirimpute.imputers.saving import State
from mirimpute.methods.mirf.settings import NEVER
from mirimpute.numerics.column_ends import column_ends
from mirimpute.table.columns import Kind
from mirimpute.types import Array, Progress, no_progress

if TYPE_CHECKING:
    from mirimpute.methods.base import Method
    from mirimpute.table.columns import Column


_NAMED, _CLEARLY_MORE = 5, 0.02
_ROWS_OF_SPREADS = 2_000
"""Rows whose draws tell how far they lie from their estimates."""


@dataclass(frozen=True)
class Lesson:
    """What a model is learnt from.

    Attributes:
        method: any, checked.
        x: float64 (n_rows, d), original units and numbers of categories, NaN where missing.
        columns: of the same.
        constraints: that completed tables keep to; None: to none.
        groups: of the rows (n_rows,), dtype object; None: there are none.
        group: name of the column of groups.
        device: of torch.
        predictors: bool (d, d), ``[j, k]``: may column k predict column j? None: all may.
        censored: cells of the same rows; None: there are none.
    """

    method: Method
    x: Array
    columns: tuple[Column, ...]
    constraints: Constraints | None = None
    groups: Array | None = None
    group: Any = None
    device: str = "cpu"
    predictors: Array | None = None
    censored: Censored | None = None

    def inputs(
        self, rows: Array | None = None
    ) -> tuple[Array, tuple[Column, ...], GroupMeans | None, tuple[Array, Array] | None]:
        """Return what the method gets of some rows (None: all): numbers, columns, means of groups, ends of columns."""
        some = slice(None) if rows is None else rows
        x, columns, means = self.x[some], self.columns, None
        if self.groups is not None:
            means = GroupMeans.of(x, columns, self.groups[some], self.group)
            x, columns = means.added(x, self.groups[some]), (*columns, *means.columns)
        limits = None if self.constraints is None else padded(self.constraints.limits.given, len(columns))
        return x, columns, means, limits

    def told(self, draws: Iterable[Array]) -> Iterator[Array]:
        """Yield completed tables (n, d), warn of what the first one could not keep to, and of cells outside at last.

        Outside is beyond the observed range of a column of numbers, where draws may lie and some columns cannot: of n
        observed values and one more, one of the two ends is the new one with probability 2 / (n + 1). A column is named
        where clearly more cells are outside.
        """
        lowest, highest = column_ends(self.x)
        number = np.array([column.kind in (Kind.CONTINUOUS, Kind.INTEGER) for column in self.columns], dtype=bool)
        number[list(self.censored.ends if self.censored else ())] = False  # their limits are beyond what is observed
        if self.constraints is not None:  # what the user gives an end is not asked about
            low, high = self.constraints.limits.given
            lowest, highest = np.where(np.isnan(low), lowest, -np.inf), np.where(np.isnan(high), highest, np.inf)
        outside, tables = np.zeros(len(self.columns), dtype=np.int64), 0
        for draw in draws:
            if not tables and self.constraints is not None:
                warn(map(str, self.constraints.hold(self.x, draw)[1]))
            tables += 1
            beyond = np.isnan(self.x) & ((draw < lowest) | (draw > highest))
            outside += np.where(number, beyond.sum(axis=0), 0)
            yield draw
        holes = np.isnan(self.x).sum(axis=0)
        share = outside / np.maximum(tables * holes, 1)
        expected = holes * 2 / (len(self.x) - holes + 1)
        clearly = share * holes > expected + 3 * np.maximum(expected, 1) ** 0.5 + _CLEARLY_MORE * holes
        some = sorted(np.flatnonzero(clearly).tolist(), key=lambda j: -float(share[j]))
        if some:
            parts = [f"{self.columns[j].name!r} {share[j]:.0%}" for j in some[:_NAMED]]
            more = f" and {len(some) - _NAMED} more" if len(some) > _NAMED else ""
            warn(
                [
                    "drawn values lie outside of the observed range, in these shares of the filled cells: "
                    f"{', '.join(parts)}{more}; where a column cannot have them, give it bounds (--min, --max)"
                ]
            )

    def chosen(self, count: int) -> Array | None:
        """Return ``predictors`` of so many columns: means of groups behind those of the table predict all of them."""
        if self.predictors is None:
            return None
        d = len(self.predictors)
        allowed = np.ones((count, count), dtype=bool)
        allowed[:d, :d] = self.predictors
        return allowed


@dataclass(frozen=True)
class TableModel:
    """What was learnt.

    Attributes:
        state: of the method.
        constraints, group_means: what else there is; None: nothing.
        d: columns of the table, without means of groups.
        spreads: of the columns (d,), see :func:`mirimpute.imputers.censoring.spreads_of`; None: no cell is censored.
    """

    state: State
    constraints: Constraints | None
    group_means: GroupMeans | None
    d: int
    spreads: Array | None = None

    @classmethod
    def of(cls, lesson: Lesson, seed: int, progress: Progress = no_progress) -> TableModel:
        """Return what is learnt; a note says what is odd about the estimates of its rows.

        Raises:
            UserError: groups of which nothing can be learnt.
            ImputationError: the method failed.
        """
        model, found = _first(lesson, seed, progress, inference=False)
        outside = outside_of(found.state, found.problem)
        return replace(model, state=replace(model.state, notes=(*model.state.notes, *filter(None, [outside]))))

    def inputs(self, x: Array, groups: Array | None) -> Array:
        """Return what the method gets of rows (n, d): their numbers, and means of groups behind them."""
        return x if self.group_means is None or groups is None else self.group_means.added(x, groups)

    def complete(
        self,
        x: Array,
        groups: Array | None,
        n_draws: int,
        stream: int,
        shrinkage: float = 1.0,
        censored: Censored | None = None,
    ) -> tuple[Array, Array, list[Oddity]]:
        """Return point (n, d) and draws (n_draws, n, d), which keep to the constraints, and what could not be kept.

        Args:
            x: float64 (n, d), NaN where missing.
            groups: of the rows; None: there are none.
            n_draws, stream, shrinkage: see :func:`mirimpute.imputers.learning.completed`.
            censored: cells of the same rows; None: there are none.
        """
        point, draws = completed(self.state, self.inputs(x, groups), n_draws, stream, shrinkage)
        point, draws = point[:, : self.d], draws[..., : self.d]
        said: list[Oddity] = []
        held = point, draws
        if self.constraints is not None and not self.constraints.are_none:
            of_point, said = self.constraints.hold(x, point)
            held = of_point, np.array([self.constraints.hold(x, draw)[0] for draw in draws]).reshape(draws.shape)
        if censored is not None and self.spreads is not None:
            held = censored.held(x, (point, draws), held, self.spreads)
        return *held, said


def _spreads(state: State, x: Array) -> Array:
    """Return the spreads of the columns of a fit; a few draws of some rows tell them."""
    model: Any = state.model
    kept = getattr(model, "draws_kept", 0 if isinstance(model, ConstantColumns) else DRAWS_OF_SPREADS)
    if not kept:
        return spreads_of(x, x, x[None][:0])
    rows = x if isinstance(model, FittedTable) else x[np.isnan(x).any(axis=1)][:_ROWS_OF_SPREADS]
    return spreads_of(rows, *completed(state, rows, min(kept, DRAWS_OF_SPREADS), 0))


def _first(lesson: Lesson, seed: int, progress: Progress, *, inference: bool) -> tuple[TableModel, TableFit]:
    """Return what is learnt from all rows, and what the method did with them."""
    x, columns, means, limits = lesson.inputs()
    chosen = lesson.chosen(len(columns))
    found = learnt(lesson.method, x, columns, seed, lesson.device, limits, progress, chosen, inference)
    spreads = None if lesson.censored is None else _spreads(found.state, x)[: len(lesson.columns)]
    return TableModel(found.state, lesson.constraints, means, len(lesson.columns), spreads), found


def draws_of_models(
    lesson: Lesson, n_draws: int, seed: int, n_jobs: int | None = None, progress: Progress = no_progress
) -> Iterator[Array]:
    """Yield completions (n, d) of a table as they come, each a draw of a model of its own.

    The models are of rows drawn with replacement, with the choices of one of all rows, which is learnt first.

    Args:
        lesson: of mirf.
        n_draws: how many.
        seed: of all of them.
        n_jobs: see :func:`mirimpute.imputers.multiple.on_one_thread_each`.
        progress: told of each.

    Raises:
        UserError: fewer than 4 rows.
    """
    rng = np.random.default_rng(seed)
    samples = samples_of_rows(~np.isnan(lesson.x), n_draws, rng)
    plans = [(rows, int(rng.integers(2**31 - 1))) for rows in samples]
    model, found = _first(lesson, seed, progress, inference=True)
    if getattr(lesson.method, "selection", NEVER) != NEVER:  # what is assumed has to be known
        warn(found.state.notes)
    nothing: Any = None
    found = replace(found, state=replace(found.state, model=nothing), problem=replace(found.problem, source=None))
    model = replace(model, state=found.state)
    progress("tables", 0, n_draws)
    for done, draw in enumerate(on_one_thread_each(partial(_draw_of_rows, lesson, model, found), plans, n_jobs), 1):
        progress("tables", done, n_draws)
        yield draw


def _draw_of_rows(lesson: Lesson, model: TableModel, found: TableFit, rows: Array, seed: int) -> Array:
    """Return a draw of all rows by a model of some; means of groups are those of these rows."""
    x, groups, means = lesson.x[rows], None, model.group_means
    if means is not None and lesson.groups is not None:
        groups = lesson.groups[rows]
        means = means.again(x, lesson.columns, groups, lesson.group)
    own = replace(model, group_means=means)
    own = replace(own, state=learnt_again(lesson.method, found, own.inputs(x, groups), seed))
    draw: Array = own.complete(lesson.x, lesson.groups, 1, 0, censored=lesson.censored)[1][0]
    return draw
