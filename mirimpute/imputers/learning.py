"""Learn from a table by any method, and complete rows by what was learnt: numbers in, numbers out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mirimpute.errors import UserError
from mirimpute.imputers.saving import State
from mirimpute.types import Array, Progress, no_progress

if TYPE_CHECKING:
    from mirimpute.methods.base import Method, Problem
    from mirimpute.methods.mirf.learn import Choices
    from mirimpute.table.columns import Column
    from mirimpute.table.ranges import Limits

_NOTED_ROWS = 2_000
"""Rows of the fit that are completed to say whether estimates lie outside of what was observed."""


@dataclass(frozen=True)
class TableFit:
    """What :func:`learnt` returns.

    Attributes:
        state: of the method.
        problem: that it got.
        choices: with which mirf learns from other rows (:func:`learnt_again`); None: another method.
    """

    state: State
    problem: Problem
    choices: Choices | None


def learnt(
    method: Method,
    x: Array,
    columns: tuple[Column, ...],
    seed: int,
    device: str = "cpu",
    limits: Limits | None = None,
    progress: Progress = no_progress,
    predictors: Array | None = None,
    inference: bool = False,
) -> TableFit:
    """Return what the method learns from a table.

    Args:
        method: any; it is checked before.
        x: float64 (n_rows, d), original units and numbers of categories, NaN where missing.
        columns: of the table.
        seed, device: see :class:`mirimpute.methods.base.Problem`.
        limits: see :func:`mirimpute.methods.base.problem_of`.
        progress: of the fit.
        predictors: see :func:`mirimpute.methods.base.problem_of`.
        inference: of mirf: choose for draws from which estimates are pooled.

    Raises:
        NotInstalledError: the method's library is absent.
        ImputationError: the method failed on this table.
    """
    from mirimpute.imputers.fitted_table import ConstantColumns, FittedTable
    from mirimpute.methods.base import problem_of
    from mirimpute.methods.mirf.method import Mirf
    from mirimpute.table.source_bits import SourceBits

    problem, encoding, scale = problem_of(x, columns, seed, device, limits, predictors)
    model: Any
    repeat = choices = None
    if isinstance(method, Mirf):
        from mirimpute.methods.mirf.learn import choices_for_inference, learn

        found = (
            choices_for_inference(method, problem, progress)
            if inference
            else learn(method, problem, progress, new_rows=True)
        )
        model, trace, notes, choices = found.model, found.trace, found.notes, found.choices
        repeat = np.array([model.support.values[place[0]] is not None for place in encoding.column_slices])
    else:
        fitted = method.fit(problem, progress)
        model = (FittedTable if fitted.constants is None else ConstantColumns).of(method, problem, fitted)
        trace, notes = model.trace, model.notes
    standardised = encoding.decode(problem.x_incomplete, scale)
    if isinstance(model, ConstantColumns):
        bits = SourceBits.near(x, standardised, encoding.decode(model.constants, scale))
    else:
        bits = SourceBits.of(x, standardised, repeat)
    return TableFit(State(columns, encoding, scale, bits, model, seed, trace, notes), problem, choices)


def learnt_again(method: Method, found: TableFit, x: Array, seed: int) -> State:
    """Return what mirf learns from rows of the same columns with the choices of a fit.

    Args:
        method: of the fit.
        found: the fit; its model is not used.
        x: float64 (n_rows, d), original units and numbers of categories, NaN where missing.
        seed: of the new one.
    """
    from mirimpute.methods.mirf.learn import learn_again
    from mirimpute.methods.mirf.method import Mirf

    assert isinstance(method, Mirf)
    assert found.choices is not None
    encoded = found.state.scale.standardise(found.state.encoding.encode(x))
    problem = replace(found.problem, x_incomplete=encoded, seed=seed, wild=None, source=None)
    return replace(found.state, model=learn_again(method, problem, found.choices), seed=seed)


def completed(state: State, x: Array, n_draws: int, stream: int, shrinkage: float = 1.0) -> tuple[Array, Array]:
    """Return the point (n, d) and the draws (n_draws, n, d) of a table; observed cells keep their bits.

    A draw is shrunk towards the point, point + shrinkage (draw - point), where that has a meaning: a category is drawn
    or not.

    Args:
        state: what was learnt.
        x: float64 (n, d), original units and numbers of categories, NaN where missing.
        n_draws: how many.
        stream: number of a stream of draws.
        shrinkage: in [0, 1].

    Raises:
        UserError: the method completes only the table of the fit, or keeps fewer draws.
    """
    from mirimpute.imputers.fitted_table import ConstantColumns, FittedTable
    from mirimpute.seeding import integer_seed

    model: Any = state.model
    if stream and isinstance(model, (ConstantColumns, FittedTable)):
        raise UserError(
            f"random_state={stream} of sample chooses no draws of method {model.name!r}, which were made in the "
            "fit: leave it out, or fit with another random_state"
        )
    missing, scale = np.isnan(x), state.encoding.table_scale(state.scale)
    if isinstance(model, ConstantColumns) and not n_draws:
        answers = state.bits.restored(state.encoding.decode(model.constants, state.scale), scale)
        return np.where(missing, answers, x), np.empty((0, *x.shape))
    result = np.repeat(x[None], 1 + n_draws, axis=0)
    rows = np.flatnonzero(missing.any(axis=1))
    missing = missing[rows]
    if rows.size:
        encoded = state.scale.standardise(state.encoding.encode(x[rows]))
        found = model.complete(encoded, n_draws, integer_seed(state.seed, "draws", str(stream)))
        point, draws = (state.encoding.decode(each, state.scale) for each in found)
        shrunk = draws  # with 1 to the last bit
        if shrinkage < 1:
            shrunk = np.where(state.encoding.is_categorical, draws, point + shrinkage * (draws - point))
        for j in np.flatnonzero(missing.any(axis=0)).tolist():
            cells = np.flatnonzero(missing[:, j])
            for number, each in enumerate((point, *shrunk)):
                values = each[cells, j]
                values = values[:1] if (values == values[0]).all() else values
                result[number, rows[cells], j] = state.bits.restored_column(j, values, scale)
    return result[0], result[1:]


def outside_of(state: State, problem: Problem) -> str:
    """Return the note for estimates of the fitted rows (2,000 of them at most) outside of what was observed."""
    from mirimpute.imputers.fitted_table import ConstantColumns, FittedTable
    from mirimpute.methods.column_limits import outside_note

    if isinstance(state.model, (ConstantColumns, FittedTable)):
        return ""  # it is among its notes
    some = np.flatnonzero(np.isnan(problem.x_incomplete).any(axis=1))[:_NOTED_ROWS]
    return outside_note(problem, state.model.complete(problem.x_incomplete[some], 0, 0)[0], some)
