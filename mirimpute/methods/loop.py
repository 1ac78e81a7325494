"""The outer loop of every native method: fit a transport to the completed rows, move the missing entries, again.

Round t draws the missing entries from an approximation of q_{t-1}(x_miss | x_obs), which minimises
KL(P_{X(g), M} || q_{t-1} x P_M) = I(X; M) + KL(Q_X || q_{t-1}); the mutual information between data and pattern
cannot rise (Yu et al., NeurIPS 2025, section 3). Methods differ in the transport, in the block of columns that is
moved at once (``sweep``), in whether a mean or a draw is taken (``step``), and in when they stop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mirimpute.errors import ImputationError
from mirimpute.methods.base import Imputation, Problem
from mirimpute.methods.column_limits import inside
from mirimpute.methods.columnwise.chosen_predictors import ChosenPredictors
from mirimpute.methods.columnwise.classifier import ByKind, ClassifierTransport, new_logistic
from mirimpute.methods.history import History
from mirimpute.methods.sanity import LARGEST_VALUE
from mirimpute.methods.transport import Transport
from mirimpute.types import Array, Progress

Fill = Callable[[Problem, int, np.random.Generator], Array]
"""``fill(problem, chains, rng)`` returns the first completion, (chains, n_rows, n_columns)."""


def fill_means(problem: Problem, chains: int, rng: np.random.Generator) -> Array:
    """Complete every chain with the column means of the observed cells."""
    x_incomplete = problem.x_incomplete
    completed = np.where(problem.missing, np.nanmean(x_incomplete, axis=0), x_incomplete)
    return completed[None] if chains == 1 else np.repeat(completed[None], chains, axis=0)


def fill_draws(problem: Problem, chains: int, rng: np.random.Generator) -> Array:
    """Complete every chain with observed values of the column, drawn with replacement."""
    drawn = np.repeat(problem.x_incomplete[None], chains, axis=0)
    for block in columns_of(problem):
        missing = problem.missing[:, block[0]]
        if missing.any():
            donors = problem.x_incomplete[np.ix_(~missing, block)]
            drawn[:, missing, block[0] : block[-1] + 1] = rng.choice(donors, size=(chains, int(missing.sum())))
    return drawn


DRAW_PASSES = 5


@dataclass(frozen=True)
class Schedule:
    """How the loop runs.

    Attributes:
        sweep: "joint" moves all columns at once, "columnwise" one after the other, fewest missing entries first.
        step: "mean" (one Euler step of the flow) or "draw".
        rounds: the most rounds (0: the fill is the answer).
        stop: "never"; "change" stops once no entry moves by more than ``tolerance`` times the largest absolute observed
            value; "rise" stops when the relative change rises, and keeps the round before (Stekhoven & Buehlmann
            2012); "transport" stops when the transport has converged.
        tolerance: of stop="change".
        chains: completed copies of the table.
        draws: draws that are made after the last round (0: the chains are the draws); the point is then that of the
            chains. Jointly they are made at once. Column after column they start from observed values and take
            ``DRAW_PASSES`` passes, each learnt from one of the draws in turn: beside estimates, which know the value
            that they were made from, a column would seem better known than it is.
    """

    sweep: str
    step: str
    rounds: int
    stop: str = "never"
    tolerance: float = 1e-3
    chains: int = 1
    draws: int = 0


def reduce(
    problem: Problem, transport: Transport, schedule: Schedule, fill: Fill, rng: np.random.Generator, progress: Progress
) -> Imputation:
    """Run the loop on ``problem`` and return the completed table, one draw per chain.

    Rounds may wander; what is returned lies in the range that each column can have (:mod:`mirimpute.table.ranges`).

    Raises:
        ImputationError: the completed table is not finite or left the bounded state: "diverged in round r".
    """
    missing = problem.missing
    x = fill(problem, schedule.chains, rng)
    history = History(missing)
    history.record(0, x[0])
    blocks = _blocks(problem, schedule.sweep)
    if schedule.sweep == "columnwise":
        of_categories = transport.for_categories() or ClassifierTransport(new_logistic)
        if problem.predictors is not None:
            transport = ChosenPredictors(transport, problem.predictors)
            of_categories = ChosenPredictors(of_categories, problem.predictors)
        if problem.categorical:
            transport = ByKind(transport, of_categories, problem.categorical)
    if not blocks:
        return Imputation(point=x[0], draws=x, trace=[])
    trace: list[dict[str, Any]] = []
    for number in range(1, schedule.rounds + 1):
        before = x[:, missing]
        for done, block in enumerate(blocks):
            progress(f"round {number}/{schedule.rounds}", done, len(blocks))
            transport.fit(x, missing, block, rng)
            if schedule.step == "draw":
                moved = transport.draw(x, missing, block, rng)
            else:
                moved = transport.mean(x, missing, block)
            if len(block) == x.shape[2]:
                np.copyto(x, moved, where=missing)
            else:
                x[:, :, block] = np.where(missing[:, block], moved, x[:, :, block])
        progress(f"round {number}/{schedule.rounds}", len(blocks), len(blocks))
        largest = max(x.max(), -x.min())
        if not largest < LARGEST_VALUE:  # also true of NaN
            raise ImputationError(f"diverged in round {number}: the largest value is {largest:.3g} standard deviations")
        difference = x[:, missing] - before
        change = float((difference**2).sum() / max((x[:, missing] ** 2).sum(), np.finfo(float).tiny))
        history.record(number, x[0])
        trace.append({"round": number, "change": change, **transport.facts()})
        if schedule.stop == "rise" and number > 1 and change >= trace[-2]["change"]:
            x[:, missing] = before
            break
        if schedule.stop == "transport" and transport.converged():
            break
        if schedule.stop == "change" and np.abs(difference).max() < schedule.tolerance * np.abs(x[:, ~missing]).max():
            break
    # The mean of equal numbers may be another number.
    point = x[0] if len(x) == 1 else np.where(missing, x.mean(axis=0), x[0])
    if schedule.draws:
        x = _drawn(problem, x[0], transport, schedule, blocks, rng, progress)
    return inside(problem, Imputation(point=point, draws=x, trace=trace, history=history.rounds()))


def _drawn(
    problem: Problem,
    completed: Array,
    transport: Transport,
    schedule: Schedule,
    blocks: list[Array],
    rng: np.random.Generator,
    progress: Progress,
) -> Array:
    """Return the draws that are made after the last round, (draws, n_rows, n_columns), from what it has learnt."""
    missing, by_column = problem.missing, schedule.sweep == "columnwise"
    x = fill_draws(problem, schedule.draws, rng) if by_column else np.repeat(completed[None], schedule.draws, axis=0)
    passes = DRAW_PASSES if by_column else 1
    for number in range(passes):
        learnt = x[[number % schedule.draws]]
        for done, block in enumerate(blocks):
            progress("draws", number * len(blocks) + done, passes * len(blocks))
            if by_column:
                transport.fit(learnt, missing, block, rng)
            drawn = transport.draw(x, missing, block, rng)
            x[:, :, block] = np.where(missing[:, block], drawn, x[:, :, block])
    return x


def columns_of(problem: Problem) -> list[Array]:
    """Return the column numbers of each column of the source, in order: one, or the indicators of a category."""
    grouped = {int(each) for block in problem.categorical for each in block}
    single = [np.array([column]) for column in range(problem.x_incomplete.shape[1]) if column not in grouped]
    return sorted([*single, *problem.categorical], key=lambda block: int(block[0]))


def _blocks(problem: Problem, sweep: str) -> list[Array]:
    counts = problem.missing.sum(axis=0)
    incomplete = np.flatnonzero(counts)
    if sweep == "joint":
        return [incomplete] if incomplete.size else []
    return sorted((block for block in columns_of(problem) if counts[block[0]]), key=lambda block: counts[block[0]])
