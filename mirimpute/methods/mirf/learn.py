"""How MIRF learns: base, flow and trees without the held-out cells, the calibration on these, then all again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from mirimpute.methods.base import Problem
from mirimpute.methods.column_limits import allowed
from mirimpute.methods.device import threads_for, torch_device
from mirimpute.methods.history import Rounds
from mirimpute.methods.holding_out import choose_observed
from mirimpute.methods.loop import Schedule, columns_of, reduce
from mirimpute.methods.mirf.calibration import Calibration, calibrate
from mirimpute.methods.mirf.flow_transport import FlowTransport
from mirimpute.methods.mirf.gaussian_base import LARGEST_GAUSSIAN, bases, gaussian_fill
from mirimpute.methods.mirf.model import MirfModel
from mirimpute.methods.mirf.pattern.resampling import MOST_COLUMNS, Resampling, fit_resampling
from mirimpute.methods.mirf.self_masking import SelfMasking, assumption_note, self_masking_slopes, unpredictable
from mirimpute.methods.mirf.settings import SELF_MASKING, Settings
from mirimpute.methods.mirf.stack import Stack, fit_stack, sharpness
from mirimpute.methods.mirf.support import Support
from mirimpute.methods.mirf.trees import TreeMeans, TreeSettings, fit_trees
from mirimpute.seeding import generator, integer_seed
from mirimpute.types import Progress, no_progress

_ROUNDS = 5
_LEAST_HELD_OUT = 30
_PLENTY = 50_000
_MANY_ROWS = 10_000
_MOST_HELD_OUT = 5_000
_MOST_RESAMPLED = 5_000
_LEAST_CANDIDATES, _OF_LARGE_TABLES = 25, 10
_LARGE_TABLE = 500_000


@dataclass(frozen=True)
class Learnt:
    """What :func:`learn` returns.

    Attributes:
        model: completes any rows.
        trace, history, notes: see :class:`mirimpute.methods.base.Imputation`.
    """

    model: MirfModel
    trace: list[dict[str, Any]]
    history: Rounds
    notes: tuple[str, ...]


def learn(settings: Settings, problem: Problem, progress: Progress = no_progress, *, new_rows: bool = False) -> Learnt:
    """Return the model, the trace of its rounds, and notes for the reader of a result.

    First everything is fitted without the held-out cells: the base, the flow in the outer loop, the trees on the rows
    that the flow completed. The held-out cells choose shrinkage, rounds and weights. Then base, flow and trees are
    fitted to all observed cells, and what was chosen stays. With more than 50,000 observed cells, of which 5,000 are
    enough to choose, the last step is left out.

    Args:
        settings: the parameters.
        problem: the incomplete table.
        progress: called during long work.
        new_rows: also keep trees of columns that miss nothing here, because rows to come may miss them.
    """
    n, d = problem.x_incomplete.shape
    with threads_for(d > LARGEST_GAUSSIAN or n > _MANY_ROWS):
        return _learn(_for_size(settings, n, d), problem, progress, new_rows)


def _learn(settings: Settings, problem: Problem, progress: Progress, new_rows: bool) -> Learnt:
    device = torch_device(problem.device)
    rng = generator(problem.seed, "mirf")
    part = _part(problem, settings.steps * settings.batch, rng)
    x = part.x_incomplete
    plenty = _observed_cells(part) > _PLENTY
    held_out = _hold_out(part, settings.held_out, rng)
    progress("gaussian base", 0, 1)
    base, base_without = bases(x, held_out, part.categorical, rng)
    seed = integer_seed(problem.seed, "flow") % 2**63
    transport = FlowTransport(settings, x, base, base_without, held_out, device, seed, progress)
    schedule = Schedule(
        sweep="joint",
        step="draw",
        rounds=(settings.rounds or _ROUNDS) if held_out.any() else 0,
        stop="transport",
        chains=settings.chains,
    )

    def fill(problem: Problem, chains: int, rng: np.random.Generator) -> np.ndarray:
        return gaussian_fill(base, problem.x_incomplete, chains, rng)

    reduced = reduce(part, transport, schedule, fill, rng, no_progress)
    if plenty:
        transport.finish(reduced.draws, use_held_out=False)
    forest = TreeSettings(settings.trees, settings.leaf, settings.tree_inputs, settings.tree_rows, settings.tree_work)
    wanted = part.missing.any(axis=0) | new_rows
    judged = wanted if plenty else np.ones(x.shape[1], dtype=bool)  # cells of every column tell what trees are worth
    calibration, stack = Calibration.none(x.shape[1]), Stack()
    left_out = np.concatenate([*part.categorical, np.arange(0)]).astype(int)

    def growing(hidden: np.ndarray, columns: np.ndarray) -> Callable[[np.ndarray], TreeMeans]:
        def report(done: int, total: int) -> None:
            progress("trees", done, total)

        return lambda completed: fit_trees(completed, ~hidden & columns, forest, rng, report, part.categorical)

    if held_out.any():
        flow = transport.model()
        hidden = part.missing | held_out
        rows = flow.rows(x, hidden)
        kind = sharpness(rows.spread.double().cpu().numpy(), part.categorical)
        stack, stacked, error = fit_stack(
            *flow.means(rows), x, hidden, held_out, kind, growing(hidden, judged), settings.passes, part.categorical
        )
        if settings.selection == SELF_MASKING:
            left_out = np.union1d(left_out, unpredictable(flow.mean(rows), x, held_out))
        noise = torch.Generator(device=device).manual_seed(integer_seed(problem.seed, "choices") % 2**63)
        calibration = calibrate(flow, stacked, x, held_out, noise, part.categorical)
        if reduced.trace:
            reduced.trace[-1]["heldout_stacked"] = error
    if not plenty:
        transport.finish(reduced.draws, use_held_out=True)
    flow = transport.model()
    if not plenty:
        rows = flow.rows(x, part.missing)
        kind = sharpness(rows.spread.double().cpu().numpy(), part.categorical)
        stack = stack.refitted(*flow.means(rows), x, part.missing, kind, growing(part.missing, wanted))
    slopes, notes = np.zeros(x.shape[1]), transport.notes()
    if settings.selection == SELF_MASKING:
        progress("selection", 0, 1)
        slopes = self_masking_slopes(flow, x, rng, left_out)
        notes = (*notes, assumption_note(slopes, part.missing, part.categorical))
    if reduced.trace:
        reduced.trace[-1]["self_masked_columns"] = int((slopes != 0).sum())
    support = Support.of(x, part.categorical, np.stack(allowed(problem)))
    model = MirfModel(flow, stack, calibration, support, SelfMasking(slopes))
    if settings.candidates > 1 and x.shape[1] <= MOST_COLUMNS and not slopes.any():
        least = _LEAST_CANDIDATES if problem.x_incomplete.size <= _LARGE_TABLE else _OF_LARGE_TABLES
        model = replace(model, resampling=_resampling(model, part, settings.candidates, least, rng))
    history = reduced.history if part is problem else ()  # a part of the rows says nothing of the table
    return Learnt(model, reduced.trace, history, notes)


def _resampling(
    model: MirfModel, problem: Problem, candidates: int, least: int, rng: np.random.Generator
) -> Resampling | None:
    """Return the resampling of the model's draws, learnt from 4 to 20 of each row, of at most 5,000 rows.

    So many draws are chosen together that they have ``least`` candidates or more.
    """
    x = problem.x_incomplete
    if len(x) > _MOST_RESAMPLED:
        x = x[np.sort(rng.choice(len(x), _MOST_RESAMPLED, replace=False))]
    count = int(np.clip(2 * _MOST_RESAMPLED / len(x), 4, 20))
    drawn = model.candidates(x, count, int(rng.integers(2**63 - 1)))
    together = -(-least // candidates)
    return fit_resampling(drawn, np.isnan(x), columns_of(problem), candidates, model.support.room(), together)


def _for_size(settings: Settings, n_rows: int, n_columns: int) -> Settings:
    """Return the settings for a table of this size; they are meant for 2,000 rows and up to 256 columns.

    With s = sqrt(n_rows / 2000), kept between 1 and 4: s times as many steps in all, or 0.8 s^2 times where that is
    more, in fewer rounds of fewer chains (each refresh costs more, and more rows need fewer copies), a third of them in
    the last phase at least; a network sqrt(s) times as wide, batches up to twice as large, and dropout and decay
    divided by s. Beyond 256 columns a row says more and costs more: half of the batch, two rounds, and no
    piecewise-linear features.
    """
    s = float(np.clip((n_rows / 2000) ** 0.5, 1, 4))
    rounds = settings.rounds or _ROUNDS
    settings = replace(settings, rounds=rounds)
    if s > 1:
        work = max(s, 0.8 * s**2)
        total = rounds * settings.steps * work
        rounds = max(min(rounds, 2), round(rounds / s**0.5))
        settings = replace(
            settings,
            rounds=rounds,
            steps=round(total / rounds),
            final_steps=round(max(settings.final_steps * work, total / 2)),
            chains=min(settings.chains, max(2, round(settings.chains / s))),
            width=8 * round(settings.width * s**0.5 / 8),
            batch=round(settings.batch * min(s, 2)),
            dropout=settings.dropout / s,
            weight_decay=settings.weight_decay / s,
        )
    if n_columns <= LARGEST_GAUSSIAN:
        return settings
    return replace(settings, bins=0, batch=min(settings.batch, 128), rounds=min(rounds, 2))


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
    """Return how many cells of the source are observed: the indicators of a category are one."""
    first = [int(block[0]) for block in columns_of(problem)]
    return int((~problem.missing[:, first]).sum())


def _hold_out(problem: Problem, fraction: float, rng: np.random.Generator) -> np.ndarray:
    """Return at most 5,000 observed cells to hold out, none where there would be fewer than 30."""
    chosen = choose_observed(
        ~problem.missing, problem.categorical, min(fraction, _MOST_HELD_OUT / max(_observed_cells(problem), 1)), rng
    )
    first = [int(block[0]) for block in columns_of(problem)]
    return chosen if chosen[:, first].sum() >= _LEAST_HELD_OUT else np.zeros_like(chosen)
