"""How MIRF learns: base, flow and donors without the held-out cells, which choose their weights; then from all cells.

With the choices of such a fit, a model of other rows takes about half of the time: :func:`learn_again`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mirimpute.methods.base import Problem
from mirimpute.methods.column_limits import allowed
from mirimpute.methods.device import threads_for, torch_device
from mirimpute.methods.history import Rounds
from mirimpute.methods.holding_out import choose_observed
from mirimpute.methods.loop import Schedule, columns_of, reduce
from mirimpute.methods.mirf.flow_transport import FlowTransport
from mirimpute.methods.mirf.gaussian_base import LARGEST_GAUSSIAN, BaseChoice, Bases, base_again, bases, gaussian_fill
from mirimpute.methods.mirf.model import MirfModel
from mirimpute.methods.mirf.pool import BEFORE, BEFORE_INFERENCE, Pool
from mirimpute.methods.mirf.pool_transport import PoolTransport
from mirimpute.methods.mirf.self_masking import SelfMasking, assumption_note, self_masking_slopes, unpredictable
from mirimpute.methods.mirf.settings import SELF_MASKING, Settings
from mirimpute.methods.mirf.support import Support
from mirimpute.seeding import generator, integer_seed
from mirimpute.table.columns import Kind
from mirimpute.types import Array, Progress, no_progress

_LEAST_HELD_OUT, _LEAST_FOR_INFERENCE = 30, 15
_TREES_OF_ONE_DRAW = 1
_UNDERSMOOTHED = 0.1
_PLENTY = 50_000
_MANY_ROWS = 10_000
_MOST_HELD_OUT = 5_000


@dataclass(frozen=True)
class Choices:
    """What the held-out cells chose, and what is known of the columns; a model of other rows is learnt with them.

    Attributes:
        base: how simple it is.
        correction_weights: of the flow's network, in the point and in draws.
        pool, support, self_masking: as in the model.
        wanted: bool (n_columns,), the columns that may be missing.
    """

    base: BaseChoice
    correction_weights: tuple[float, float]
    pool: Pool
    support: Support
    self_masking: SelfMasking
    wanted: Array


@dataclass(frozen=True)
class Learnt:
    """What :func:`learn` returns.

    Attributes:
        model: completes any rows.
        choices: with which models of other rows are learnt.
        trace, history, notes: see :class:`mirimpute.methods.base.Imputation`.
    """

    model: MirfModel
    choices: Choices
    trace: list[dict[str, Any]]
    history: Rounds
    notes: tuple[str, ...]


def learn(
    settings: Settings,
    problem: Problem,
    progress: Progress = no_progress,
    *,
    new_rows: bool = False,
    inference: bool = False,
) -> Learnt:
    """Return the model, the trace of its rounds, and notes for the reader of a result.

    In each round of the loop the flow is trained and trees are grown without the held-out cells, which then choose the
    correction weights of the flow and the weights of the pool. After the last, flow and trees are fitted to all
    observed cells, and the weights stay. With more than 50,000 observed cells, of which 5,000 are enough to choose, the
    flow's last phase does without them as well.

    Args:
        settings: the parameters.
        problem: the incomplete table.
        progress: called during long work.
        new_rows: also keep trees of columns that miss nothing here, because rows to come may miss them.
        inference: choose for draws from which estimates are pooled, see :func:`choices_for_inference`.
    """
    n, d = problem.x_incomplete.shape
    with threads_for(d > LARGEST_GAUSSIAN or n > _MANY_ROWS):
        return _learn(_for_size(settings, n, d), problem, progress, new_rows, inference)


def choices_for_inference(settings: Settings, problem: Problem, progress: Progress = no_progress) -> Learnt:
    """Return what :func:`learn` does, with choices for draws from which estimates are pooled.

    What predicts a cell best trades bias for variance; but the bias does not vanish from a pooled estimate, and no
    interval knows of it. So the flow has the say before there is evidence; fifteen held-out cells are enough for
    network and trees; the base is shrunk by a tenth of what predicts best (less than that is what Hall, Annals of
    Statistics 1992, proposes for intervals of densities); and draws of numbers, but not of dates, may leave the
    observed range as far as estimates may: pulled in to it, draws where large values are missing are too small. These
    settings were chosen on scenarios of the benchmark of coverage, which names them. How a value is missing by its own
    size (``mirf_mnar``) is chosen once, as the weights are: what is not known of that is not in the draws.
    """
    found = learn(settings, problem, progress, inference=True)
    choices = found.choices
    base = replace(choices.base, shrinkage=choices.base.shrinkage * _UNDERSMOOTHED)
    numbers = np.array([column.kind in (Kind.CONTINUOUS, Kind.INTEGER) for column in problem.columns])
    return replace(found, choices=replace(choices, base=base, support=choices.support.of_estimates(numbers)))


def learn_again(settings: Settings, problem: Problem, choices: Choices) -> MirfModel:
    """Return a model for one draw, fitted to all observed cells with choices that were made before.

    Args:
        settings: those of the choices.
        problem: rows of the table of the choices, such as some that were drawn with replacement.
        choices: of :func:`learn`.
    """
    n, d = problem.x_incomplete.shape
    with threads_for(d > LARGEST_GAUSSIAN or n > _MANY_ROWS):
        return _learn_again(_for_size(settings, n, d), problem, choices)


def _learn_again(settings: Settings, problem: Problem, choices: Choices) -> MirfModel:
    device = torch_device(problem.device)
    rng = generator(problem.seed, "mirf")
    part = _part(problem, settings.steps * settings.batch, rng)
    x, nothing = part.x_incomplete, np.zeros(part.x_incomplete.shape, dtype=bool)
    base = base_again(x, choices.base, rng)
    seed = integer_seed(problem.seed, "flow") % 2**63
    flow = FlowTransport(settings, x, base, base, nothing, device, seed, no_progress)
    flow.fit_again(gaussian_fill(base, x, settings.chains, rng), choices.correction_weights)
    few = replace(settings, trees=min(settings.trees, _TREES_OF_ONE_DRAW))
    both = Bases(base, base, choices.base)
    about = (choices.support, choices.wanted, rng, no_progress, choices.pool)
    donors = PoolTransport(flow, both, few, part, nothing, *about).finished()
    return MirfModel(flow.model(), donors, choices.pool, choices.support, choices.self_masking)


def _learn(settings: Settings, problem: Problem, progress: Progress, new_rows: bool, inference: bool) -> Learnt:
    device = torch_device(problem.device)
    rng = generator(problem.seed, "mirf")
    part = _part(problem, settings.steps * settings.batch, rng)
    x = part.x_incomplete
    plenty = _observed_cells(part) > _PLENTY
    held_out = _hold_out(part, settings.held_out, rng, _LEAST_FOR_INFERENCE if inference else _LEAST_HELD_OUT)
    progress("gaussian base", 0, 1)
    base = bases(x, held_out, part.categorical, rng)
    seed = integer_seed(problem.seed, "flow") % 2**63
    flow = FlowTransport(settings, x, base.whole, base.without, held_out, device, seed, progress)
    support = Support.of(x, part.categorical, np.stack(allowed(problem)))
    kept = np.ones(x.shape[1], dtype=bool) if new_rows else _missed(part)
    before = BEFORE_INFERENCE if inference else BEFORE
    transport = PoolTransport(flow, base, settings, part, held_out, support, kept, rng, progress, before=before)
    rounds = settings.rounds if held_out.any() else 0
    schedule = Schedule(sweep="joint", step="draw", rounds=rounds, chains=settings.chains)

    def fill(problem: Problem, chains: int, rng: np.random.Generator) -> np.ndarray:
        return gaussian_fill(base.whole, problem.x_incomplete, chains, rng)

    reduced = reduce(part, transport, schedule, fill, rng, no_progress)
    flow.finish(reduced.draws, use_held_out=not plenty)
    donors = transport.finished()
    model = MirfModel(flow.model(), donors, transport.pool, support, SelfMasking(np.zeros(x.shape[1])))
    notes = flow.notes()
    if settings.selection == SELF_MASKING:
        progress("selection", 0, 1)
        slopes = _slopes(model, flow, part, held_out, rng)
        model = replace(model, self_masking=SelfMasking(slopes))
        notes = (*notes, assumption_note(slopes, part.missing, part.categorical))
    if reduced.trace:
        reduced.trace[-1]["self_masked_columns"] = int((model.self_masking.slopes != 0).sum())
    history = reduced.history if part is problem else ()  # a part of the rows says nothing of the table
    choices = Choices(base.choice, flow.correction_weights, model.pool, support, model.self_masking, _missed(problem))
    return Learnt(model, choices, reduced.trace, history, notes)


def _missed(problem: Problem) -> Array:
    """Return which columns miss a value, bool (d,)."""
    return np.asarray(problem.missing.any(axis=0))


def _slopes(
    model: MirfModel, flow: FlowTransport, part: Problem, held_out: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return the slopes of self-masking, (d,), of columns of numbers that can be predicted."""
    x, left_out = part.x_incomplete, np.concatenate([*part.categorical, np.arange(0)]).astype(int)
    if _cells(held_out, part) >= _LEAST_HELD_OUT:
        predicted = flow.before.mean(flow.before.rows(x, part.missing | held_out))
        left_out = np.union1d(left_out, unpredictable(predicted, x, held_out))
    return self_masking_slopes(model.flow, x, rng, left_out)


def _for_size(settings: Settings, n_rows: int, n_columns: int) -> Settings:
    """Return the settings for a table of this size; they are meant for 2,000 rows and up to 256 columns.

    With s = sqrt(n_rows / 2000), kept between 1 and 4: s times as many steps, or 0.8 s^2 times where that is more, of
    fewer chains (more rows need fewer copies), a third of them in the last phase at least; a network sqrt(s) times as
    wide, batches up to twice as large, and dropout divided by s. Beyond 256 columns a row says more and costs more:
    half of the batch.
    """
    s = float(np.clip((n_rows / 2000) ** 0.5, 1, 4))
    if s > 1:
        work = max(s, 0.8 * s**2)
        total = settings.rounds * settings.steps * work
        settings = replace(
            settings,
            steps=round(settings.steps * work),
            final_steps=round(max(settings.final_steps * work, total / 2)),
            chains=min(settings.chains, max(2, round(settings.chains / s))),
            width=8 * round(settings.width * s**0.5 / 8),
            batch=round(settings.batch * min(s, 2)),
            dropout=settings.dropout / s,
        )
    if n_columns <= LARGEST_GAUSSIAN:
        return settings
    return replace(settings, batch=min(settings.batch, 128))


def _part(problem: Problem, most: int, rng: np.random.Generator) -> Problem:
    """Return the problem, or a random part of its rows when a round could not look at all of them anyway."""
    n = len(problem.x_incomplete)
    if n <= most:
        return problem
    rows = np.sort(rng.choice(n, most, replace=False))
    part = problem.x_incomplete[rows]
    empty = np.isnan(part).all(axis=0)
    if empty.any():  # a column observed in a few rows only: they come along
        more = np.flatnonzero(~np.isnan(problem.x_incomplete[:, empty]).all(axis=1))
        part = problem.x_incomplete[np.union1d(rows, more)]
    return replace(problem, x_incomplete=part, wild=None)


def _observed_cells(problem: Problem) -> int:
    """Return how many cells of the source are observed."""
    return _cells(~problem.missing, problem)


def _cells(chosen: np.ndarray, problem: Problem) -> int:
    """Return how many cells of the source are chosen, bool (n, d): the indicators of a category are one."""
    return int(chosen[:, [int(block[0]) for block in columns_of(problem)]].sum())


def _hold_out(problem: Problem, fraction: float, rng: np.random.Generator, least: int = _LEAST_HELD_OUT) -> np.ndarray:
    """Return at most 5,000 observed cells to hold out, none where there would be fewer than ``least``."""
    chosen = choose_observed(
        ~problem.missing, problem.categorical, min(fraction, _MOST_HELD_OUT / max(_observed_cells(problem), 1)), rng
    )
    return chosen if _cells(chosen, problem) >= least else np.zeros_like(chosen)
