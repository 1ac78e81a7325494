"""MIRF, the mutual-information rectified-flow imputer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mirimpute.errors import UserError
from mirimpute.methods.base import Completed, Fitted, Method
from mirimpute.problem import Imputation, Problem, Progress, no_progress
from mirimpute.seeding import generator, integer_seed

if TYPE_CHECKING:
    from mirimpute.methods.history import Rounds
    from mirimpute.methods.mirf_model import MirfModel
    from mirimpute.methods.transports.gaussian import GaussianModel

_ROUNDS = 5
_LEAST_HELD_OUT = 30
_LARGEST_GAUSSIAN = 256
_EM_WORK = 1e9
_EM_ROWS = 5_000
_PLENTY = 50_000
_MANY_ROWS = 10_000
_MOST_HELD_OUT = 5_000


@dataclass
class Solver:
    """How the flow is integrated from tau = 0 to 1.

    Attributes:
        name: euler or heun.
        steps: equal steps; one is the conditional mean, whatever the solver.
    """

    name: str = "heun"
    steps: int = 8


@dataclass
class Mirf(Method):
    """Draw the missing entries from a rectified flow fitted to the completed rows, round after round.

    After Yu, Ying, Wang, Jiang, Liu, "Missing Data Imputation by Reducing Mutual Information with Rectified Flows",
    NeurIPS 2025; what differs is in :mod:`mirimpute.methods.transports.flow`. The point estimate is the flow's
    prediction at tau = 0, the conditional mean; the draws are integrated flows. Rounds, shrinkage of the Gaussian base
    and trust in the network are chosen on held-out observed cells, which are never targets of the training but stay
    known when the table's missing cells are predicted. With fewer than 30 of them the network is not used.

    With another transport or sweep it is another method of the same loop, such as ice or missforest, or a new one:
    :mod:`mirimpute.methods.composition` lists them. Of the parameters below these then read rounds, chains and solver,
    and what their transport needs: trees and leaf, or the sizes and rates of the networks.

    Attributes:
        transport: what the missing entries are moved by: flow, or constant, linear, gaussian, forest, boosting, choice,
            bayes, pmm.
        sweep: joint (all columns at once) or columnwise (one after the other).
        rounds: the most rounds of the outer loop (null: 5 for the flow, for the others what suits them).
        steps: gradient steps per round, at a constant learning rate.
        final_steps: steps after the last round, from the best one, in which the rate decays and the held-out cells are
            targets too.
        chains: completed copies of the table.
        draws: returned samples, fewer (two at least) where they would have more than ``draw_cells`` cells in all.
        members: networks trained side by side; the point estimate is their mean.
        batch: pairs per step and member.
        width, blocks, dropout: of the residual networks.
        bins: piecewise-linear features per column (0: none).
        learning_rate, weight_decay, average: of AdamW and of the moving average of the weights.
        start_fraction: fraction of the pairs at tau = 0, which teach the conditional mean.
        own_hidden_fraction: fraction of the pairs whose row's own missing entries stay hidden.
        imputed_weight: weight of targets that are completions themselves (1 is the paper's formula).
        source: where the flow starts: "noise", or "imputation", another row's completion (the paper's choice).
        solver: of the draws.
        held_out: fraction of the observed cells that choose and are never targets.
        patience: stop after this many rounds without improvement on them.
        trees, leaf: of the ensemble of each column: trees, and rows in a leaf at least.
        tree_inputs, tree_rows: columns and rows that it sees, at most.
        tree_work: rows x inputs x trees, summed over the columns, at most; beyond it there are fewer trees, or none.
        selection: also model the pattern, for values missing not at random; what that can and cannot tell is said in
            :mod:`mirimpute.methods.transports.selection`.
    """

    # torch imports _dynamo at the first step of an optimiser, two seconds that are not the method's
    libraries: ClassVar[tuple[str, ...]] = (
        "torch",
        "torch._dynamo",
        "sklearn.ensemble",
        "mirimpute.methods.mirf_model",
    )

    name: str = "mirf"
    transport: str = "flow"
    sweep: str = "joint"
    rounds: int | None = None
    steps: int = 300
    final_steps: int = 400
    chains: int = 5
    draws: int = 20
    draw_cells: float = 2e6
    members: int = 1
    batch: int = 256
    width: int = 96
    blocks: int = 2
    dropout: float = 0.1
    bins: int = 8
    learning_rate: float = 2e-3
    weight_decay: float = 0.1
    average: float = 0.998
    start_fraction: float = 0.3
    own_hidden_fraction: float = 0.3
    imputed_weight: float = 0.0
    source: str = "noise"
    solver: Solver = field(default_factory=Solver)
    held_out: float = 0.1
    patience: int = 3
    trees: int = 50
    leaf: int = 3
    tree_inputs: int = 40
    tree_rows: int = 20_000
    tree_work: float = 2e8
    selection: bool = False

    def check(self) -> None:
        """Refuse parameters without a meaning."""
        from mirimpute.methods.composition import check_combination

        for name in (
            "steps",
            "final_steps",
            "chains",
            "draws",
            "members",
            "batch",
            "width",
            "blocks",
            "patience",
            "leaf",
            "tree_inputs",
            "tree_rows",
        ):
            if getattr(self, name) < 1:
                raise UserError(f"method.{name}={getattr(self, name)} is too small: give 1 or more")
        if self.rounds is not None and self.rounds < 1:
            raise UserError(f"method.rounds={self.rounds} is too small: give 1 or more, or null")
        if self.solver.steps < 1:
            raise UserError(f"method.solver.steps={self.solver.steps} is too small: give 1 or more")
        if self.bins < 0:
            raise UserError(f"method.bins={self.bins} is negative: give 0 (no features) or more")
        for name in ("start_fraction", "own_hidden_fraction", "imputed_weight"):
            if not 0 <= getattr(self, name) <= 1:
                raise UserError(f"method.{name}={getattr(self, name)} is outside [0, 1]: give a fraction")
        for name in ("dropout", "average"):
            if not 0 <= getattr(self, name) < 1:
                raise UserError(f"method.{name}={getattr(self, name)} is outside [0, 1): give a fraction")
        if not self.draw_cells > 0:
            raise UserError(f"method.draw_cells={self.draw_cells} leaves no draw: give a number of cells such as 2e6")
        if not 0 < self.held_out <= 0.5:
            raise UserError(f"method.held_out={self.held_out} is outside (0, 0.5]: give a fraction such as 0.1")
        if not (0 < self.learning_rate < 1 and 0 <= self.weight_decay < 100):
            raise UserError(
                f"method.learning_rate={self.learning_rate}, method.weight_decay={self.weight_decay}: the first must "
                "be in (0, 1), the second in [0, 100)"
            )
        if self.source not in ("noise", "imputation"):
            raise UserError(f"method.source={self.source!r} is unknown: give 'noise' or 'imputation'")
        if self.solver.name not in ("euler", "heun"):
            raise UserError(f"method.solver.name={self.solver.name!r} is unknown: give 'euler' or 'heun'")
        check_combination(self)

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Fit base and flow, and run the outer loop; with another transport or sweep, that of the combination."""
        from mirimpute.methods.composition import compose, is_composed

        if is_composed(self):
            return Completed(compose(self, problem, progress))
        draws = min(self.draws, max(2, int(self.draw_cells / problem.x_incomplete.size)))
        return _FittedMirf(problem, learn(self, problem, progress), draws)


@dataclass(frozen=True)
class Learnt:
    """What :func:`learn` returns.

    Attributes:
        model: completes any rows.
        trace, history, notes: see :class:`mirimpute.problem.Imputation`.
    """

    model: MirfModel
    trace: list[dict[str, Any]]
    history: Rounds
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _FittedMirf(Fitted):
    problem: Problem
    learnt: Learnt
    draws: int

    @property
    def model(self) -> MirfModel:
        return self.learnt.model

    def impute(self) -> Imputation:
        import torch

        model, learnt = self.model, self.learnt
        device = model.flow.base.mean.device
        noise = torch.Generator(device=device).manual_seed(integer_seed(self.problem.seed, "draws") % 2**63)
        point, draws = model.complete(self.problem.x_incomplete, self.draws, noise)
        return Imputation(point, draws, trace=learnt.trace, notes=learnt.notes, history=learnt.history)

    def transform(self, x_incomplete: np.ndarray) -> Imputation:
        """Return other rows completed by the model of the problem's."""
        import torch

        model = self.learnt.model
        noise = torch.Generator(device=model.flow.base.mean.device)
        noise.manual_seed(integer_seed(self.problem.seed, "draws of new rows") % 2**63)
        return Imputation(*model.complete(x_incomplete, self.draws, noise))


def learn(settings: Mirf, problem: Problem, progress: Progress = no_progress, *, new_rows: bool = False) -> Learnt:
    """Return the model, the trace of its rounds, and notes for the reader of a result.

    First everything is fitted without the held-out cells: the base, the flow in the outer loop, the trees on the rows
    that the flow completed. The held-out cells choose shrinkage, rounds and weights. Then base, flow and trees are
    fitted to all observed cells, and the choices stay. With more than 50,000 observed cells, of which 5,000 are enough
    to choose, the last step is left out.

    Args:
        settings: the parameters.
        problem: the incomplete table.
        progress: called during long work.
        new_rows: also grow trees for columns that miss nothing here, because rows to come may miss them.
    """
    from mirimpute.methods.device import threads_for

    n, d = problem.x_incomplete.shape
    with threads_for(d > _LARGEST_GAUSSIAN or n > _MANY_ROWS):
        return _learn(_for_size(settings, n, d), problem, progress, new_rows)


def _learn(settings: Mirf, problem: Problem, progress: Progress, new_rows: bool) -> Learnt:
    import torch

    from mirimpute.methods.device import torch_device
    from mirimpute.methods.mirf_model import ALONE, Choices, MirfModel, Support, choose, point_range
    from mirimpute.methods.reducer import Schedule, reduce
    from mirimpute.methods.transports.flow import FlowSettings, FlowTransport
    from mirimpute.methods.transports.selection import self_masking_tilt
    from mirimpute.methods.transports.trees import TreeMeans, TreeSettings, fit_trees

    device = torch_device(problem.device)
    rng = generator(problem.seed, "mirf")
    part = _part(problem, settings.steps * settings.batch, rng)
    x = part.x_incomplete
    plenty = part.missing.size - part.missing.sum() > _PLENTY
    held_out = _hold_out(x, settings.held_out, rng)
    progress("gaussian base", 0, 1)
    base, base_without = _bases(x, held_out, rng)
    transport = FlowTransport(
        FlowSettings(**_flow_fields(settings, FlowSettings.__dataclass_fields__)),
        x,
        base,
        base_without,
        held_out,
        device,
        integer_seed(problem.seed, "flow") % 2**63,
        progress,
    )
    schedule = Schedule(
        sweep="joint",
        step="draw",
        rounds=(settings.rounds or _ROUNDS) if held_out.any() else 0,
        stop="transport",
        chains=settings.chains,
    )

    def fill(x_incomplete: np.ndarray, chains: int, rng: np.random.Generator) -> np.ndarray:
        return _gaussian_fill(base, x_incomplete, chains, rng)

    reduced = reduce(part, transport, schedule, fill, rng, no_progress)
    if plenty:
        transport.finish(reduced.draws, use_held_out=False)
    forest = TreeSettings(settings.trees, settings.leaf, settings.tree_inputs, settings.tree_rows, settings.tree_work)
    wanted = np.ones(x.shape[1], dtype=bool) if new_rows else part.missing.any(axis=0)
    choices, trees = Choices(ALONE, 0.0, np.ones(x.shape[1]), 0.0), TreeMeans({}, {})
    if held_out.any():
        flow = transport.model()
        hidden = part.missing | held_out
        completed = np.where(hidden, flow.mean(flow.rows(x, hidden)), x)
        trees = fit_trees(completed, ~hidden & wanted, forest, rng, lambda done, total: progress("trees", done, total))
        noise = torch.Generator(device=device).manual_seed(integer_seed(problem.seed, "choices") % 2**63)
        choices = choose(flow, trees, x, held_out, noise)
        if reduced.trace:
            reduced.trace[-1]["heldout_stacked"] = choices.error
    if not plenty:
        transport.finish(reduced.draws, use_held_out=True)
    flow = transport.model()
    if choices.weights[2] > 0 and not plenty:
        completed = np.where(part.missing, flow.mean(flow.rows(x, part.missing)), x)
        trees = fit_trees(
            completed, ~part.missing & wanted, forest, rng, lambda done, total: progress("trees", done, total)
        )
    tilt = np.zeros(x.shape[1])
    if settings.selection:
        progress("selection", 0, 1)
        tilt = self_masking_tilt(flow, x, rng)
    model = MirfModel(flow, trees, choices.weights, choices.shift, choices.spread, Support.of(x), point_range(x), tilt)
    history = reduced.history if part is problem else ()  # a part of the rows says nothing of the table
    return Learnt(model, reduced.trace, history, transport.notes())


def _flow_fields(settings: Mirf, names: Iterable[str]) -> dict[str, Any]:
    """Return the fields of the flow's settings of these names."""
    solver = {"solver": settings.solver.name, "solver_steps": settings.solver.steps}
    return {name: solver[name] if name in solver else getattr(settings, name) for name in names}


def _for_size(settings: Mirf, n_rows: int, n_columns: int) -> Mirf:
    """Return the settings for a table of this size; they are meant for 2,000 rows and up to 256 columns.

    With s = sqrt(n_rows / 2000), kept between 1 and 4: s times as many steps in all, in fewer rounds of fewer chains
    (each refresh costs more, and more rows need fewer copies), a third of them in the last phase at least; a network
    sqrt(s) times as wide, batches up to twice as large, and dropout and decay divided by s. Beyond 256 columns a row
    says more and costs more: half of the batch, two rounds, and no piecewise-linear features.
    """
    s = float(np.clip((n_rows / 2000) ** 0.5, 1, 4))
    rounds = settings.rounds or _ROUNDS
    settings = replace(settings, rounds=rounds)
    if s > 1:
        total = rounds * settings.steps * s
        rounds = max(min(rounds, 2), round(rounds / s**0.5))
        settings = replace(
            settings,
            rounds=rounds,
            steps=round(total / rounds),
            final_steps=round(max(settings.final_steps * s, total / 2)),
            chains=min(settings.chains, max(2, round(settings.chains / s))),
            width=8 * round(settings.width * s**0.5 / 8),
            batch=round(settings.batch * min(s, 2)),
            dropout=settings.dropout / s,
            weight_decay=settings.weight_decay / s,
        )
    if n_columns <= _LARGEST_GAUSSIAN:
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
    return replace(problem, x_incomplete=part)


def _hold_out(x_incomplete: np.ndarray, fraction: float, rng: np.random.Generator) -> np.ndarray:
    """Choose observed cells at random, leaving every column at least half of its own and every row at least one."""
    observed = ~np.isnan(x_incomplete)
    chosen = observed & (rng.random(observed.shape) < min(fraction, _MOST_HELD_OUT / max(observed.sum(), 1)))
    emptied = observed.any(axis=1) & ~(observed & ~chosen).any(axis=1)
    chosen[emptied] = False
    chosen[:, 2 * chosen.sum(axis=0) > observed.sum(axis=0)] = False
    return chosen if chosen.sum() >= _LEAST_HELD_OUT else np.zeros_like(chosen)


def _bases(
    x_incomplete: np.ndarray, held_out: np.ndarray, rng: np.random.Generator
) -> tuple[GaussianModel, GaussianModel]:
    """Return the Gaussian fitted to every observed cell, and the one without the held-out cells.

    The shrinkage is the candidate that predicts the held-out cells best. Beyond 256 columns, where the exact
    conditional of every row costs too much, the base has independent columns. EM sees at most 5,000 rows, fewer where
    rows x columns³ passes 1e9, and takes fewer rounds then.
    """
    import torch

    from mirimpute.methods.transports.gaussian import IndependentModel, fit_em

    d = x_incomplete.shape[1]
    x = torch.as_tensor(np.nan_to_num(x_incomplete))
    known = torch.as_tensor(~np.isnan(x_incomplete))
    kept = known & ~torch.as_tensor(held_out)
    if d > _LARGEST_GAUSSIAN:
        independent = IndependentModel(torch.zeros(d, dtype=x.dtype), torch.ones(d, dtype=x.dtype))
        return independent, independent
    most = max(8 * d, min(_EM_ROWS, int(_EM_WORK / d**3)))
    part = torch.as_tensor(np.sort(rng.permutation(len(x))[:most]))
    rounds = int(np.clip(_EM_WORK / (len(part) * d**3), 5, 50))
    if not held_out.any():
        only = fit_em(x[part], known[part], 0.1, rounds=rounds)
        return only, only
    rows = torch.as_tensor(held_out.any(axis=1))
    best: tuple[float, float, GaussianModel] | None = None
    model: GaussianModel | None = None
    for shrinkage in (0.3, 0.1, 0.03, 0.01, 0.003):
        model = fit_em(x[part], kept[part], shrinkage, start=model, rounds=rounds)
        mean, _ = model.condition(x[rows], kept[rows])
        error = float(((mean - x[rows])[torch.as_tensor(held_out)[rows]] ** 2).mean())
        if best is not None and error > best[0]:
            break
        best = (error, shrinkage, model)
    assert best is not None
    return fit_em(x[part], known[part], best[1], start=best[2], rounds=rounds), best[2]


def _gaussian_fill(base: GaussianModel, x_incomplete: np.ndarray, chains: int, rng: np.random.Generator) -> np.ndarray:
    """Complete every chain with a draw of the Gaussian base, inside the bounds of each column."""
    import torch

    from mirimpute.methods.transports.limits import bounds

    missing = np.isnan(x_incomplete)
    x = torch.as_tensor(np.nan_to_num(x_incomplete))
    noise = torch.Generator().manual_seed(int(rng.integers(2**63 - 1)))
    lowest, highest = bounds(x_incomplete)
    known = torch.as_tensor(~missing)
    drawn = base.draw(x, known, chains, noise).numpy()
    return np.where(missing, np.clip(drawn, lowest, highest), x_incomplete)
