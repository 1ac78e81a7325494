"""MIRF, the mutual-information rectified-flow imputer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from mirimpute.errors import UserError
from mirimpute.methods.base import Completed, Fitted, Imputation, Method, Problem
from mirimpute.seeding import integer_seed
from mirimpute.types import Progress, no_progress

if TYPE_CHECKING:
    from mirimpute.methods.mirf.learn import Learnt
    from mirimpute.methods.mirf.model import MirfModel


@dataclass
class Solver:
    """How the flow is integrated from tau = 0 to 1.

    Attributes:
        name: euler or heun.
        steps: equal steps; one is the conditional mean, whatever the solver (null: 4 for the flow over its base, which
            is exact for the base; 8 for other transports and sweeps).
    """

    name: str = "heun"
    steps: int | None = None


@dataclass
class Mirf(Method):
    """Draw the missing entries from a rectified flow fitted to the completed rows, round after round.

    After Yu, Ying, Wang, Jiang, Liu, "Missing Data Imputation by Reducing Mutual Information with Rectified Flows",
    NeurIPS 2025; what differs is in :mod:`mirimpute.methods.mirf.flow_transport`. The point estimate is the flow's
    prediction at tau = 0, the conditional mean; the draws are integrated flows. Rounds, shrinkage of the Gaussian base
    and trust in the network are chosen on held-out observed cells, which are never targets of the training but stay
    known when the table's missing cells are predicted. With fewer than 30 of them the network is not used.

    With another transport or sweep it is another method of the same loop, such as ice or missforest, or a new one:
    :mod:`mirimpute.methods.chained` lists them. Of the parameters below these then read rounds, chains and solver,
    and what their transport needs: trees and leaf, or the sizes and rates of the networks.

    Attributes:
        transport: what the missing entries are moved by: flow, or constant, linear, gaussian, forest, boosting, choice,
            bayes, bayes_by_row, pmm.
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
        candidates: draws that are made for each that is returned (1: no choice); those that tell less of the pattern
            are returned more often, see :mod:`mirimpute.methods.mirf.pattern.resampling`; before that, entries of
            columns that tell much of it are moved, see :mod:`mirimpute.methods.mirf.pattern.residual_transport`. There
            is neither beyond 256 columns, indicators included, and where values are taken to be missing by their own
        size. held_out: fraction of the observed cells that choose and are never targets.
        patience: stop after this many rounds in which neither they nor the predictability of the pattern improved.
        trees, leaf: of the ensemble of each column: trees, and rows in a leaf at least.
        passes: of the trees at most, each on rows completed by the estimate before it; the held-out cells say how many.
        tree_inputs, tree_rows: columns and rows that it sees, at most.
        tree_work: rows x inputs x trees, summed over the columns, at most; beyond it there are fewer trees, or none.
        selection: whether values are missing by their own size: never (they are missing at random), or self_masking
            (mirf_mnar; a note says so). The data cannot tell: :mod:`mirimpute.methods.mirf.self_masking`.
    """

    version: ClassVar[int] = 7
    # torch imports _dynamo at the first step of an optimiser, two seconds that are not the method's
    libraries: ClassVar[tuple[str, ...]] = (
        "torch",
        "torch._dynamo",
        "sklearn.ensemble",
        "mirimpute.methods.mirf.learn",
        "mirimpute.methods.mirf.calibrate",
        "mirimpute.methods.mirf.model",
        "mirimpute.methods.mirf.pattern.resampling_fit",
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
    candidates: int = 5
    held_out: float = 0.1
    patience: int = 3
    trees: int = 50
    leaf: int = 3
    passes: int = 3
    tree_inputs: int = 40
    tree_rows: int = 20_000
    tree_work: float = 2e8
    selection: str = "never"

    @property
    def returns_column_means(self) -> bool:  # type: ignore[override]  # one class stands for every combination
        """True for the combination that is mean imputation."""
        return self.transport == "constant" and self.solver.steps == 1

    def check(self) -> None:
        """Refuse parameters without a meaning."""
        from mirimpute.methods.chained import check_combination
        from mirimpute.methods.mirf.self_masking import check_selection

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
            "passes",
            "candidates",
            "tree_inputs",
            "tree_rows",
        ):
            if getattr(self, name) < 1:
                raise UserError(f"method.{name}={getattr(self, name)} is too small: give 1 or more")
        if self.rounds is not None and self.rounds < 1:
            raise UserError(f"method.rounds={self.rounds} is too small: give 1 or more, or null")
        if self.solver.steps is not None and self.solver.steps < 1:
            raise UserError(f"method.solver.steps={self.solver.steps} is too small: give 1 or more, or null")
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
        check_selection(self.selection)
        check_combination(self)

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Fit base and flow, and run the outer loop; with another transport or sweep, that of the combination."""
        from mirimpute.methods.chained import compose, is_composed
        from mirimpute.methods.mirf.learn import learn

        if is_composed(self):
            return Completed(compose(self, problem, progress))
        draws = min(self.draws, max(2, int(self.draw_cells / problem.x_incomplete.size)))
        return _FittedMirf(problem, learn(self, problem, progress), draws)


@dataclass(frozen=True)
class _FittedMirf(Fitted):
    problem: Problem
    learnt: Learnt
    draws: int

    @property
    def model(self) -> MirfModel:
        return self.learnt.model

    def impute(self) -> Imputation:
        from mirimpute.methods.inside import outside_note

        learnt, (point, draws) = self.learnt, self._completed(self.problem.x_incomplete)
        note = outside_note(self.problem, point)
        notes = (*learnt.notes, note) if note else learnt.notes
        return Imputation(point, draws, trace=learnt.trace, notes=notes, history=learnt.history)

    def transform(self, x_incomplete: np.ndarray) -> Imputation:
        """Return other rows completed by the model of the problem's."""
        return Imputation(*self._completed(x_incomplete))

    def _completed(self, x_incomplete: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.model.complete(x_incomplete, self.draws, integer_seed(self.problem.seed, "draws"))
