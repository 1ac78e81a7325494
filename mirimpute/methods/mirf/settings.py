"""The parameters of MIRF, their defaults, and which values have a meaning."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mirimpute.errors import UserError
from mirimpute.methods.base import Method
from mirimpute.methods.parameters import at_least, fraction, one_of, positive, within

SOLVERS = ("euler", "heun")
SOURCES = ("noise", "imputation")
NEVER, SELF_MASKING = "never", "self_masking"


@dataclass
class Solver:
    """How a flow is integrated from tau = 0 to 1.

    Attributes:
        name: euler or heun.
        steps: equal steps; one is the conditional mean, whatever the solver (null: 4 for the flow over its base, which
            is exact for the base; 8 for the flows of ``chained``).
    """

    name: str = "heun"
    steps: int | None = None

    def check(self) -> None:
        """Refuse an unknown solver, and fewer than one step."""
        one_of(self, SOLVERS, "name", of="method.solver")
        at_least(self, 1, "steps", of="method.solver")


@dataclass
class Settings(Method):
    """What :class:`mirimpute.methods.mirf.method.Mirf` is given.

    Attributes:
        rounds: the most rounds of the outer loop (null: 5).
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
        candidates: draws that are made for each that is returned (1: no resampling). Those that say less of the
            pattern are returned more often (:mod:`mirimpute.methods.mirf.pattern.resampling`); before that, residuals
            of columns that say much of it are transported (:mod:`mirimpute.methods.mirf.pattern.residual_transport`).
            Neither is done beyond 256 columns, indicators included, and where values are taken to be missing by their
            own size.
        held_out: fraction of the observed cells that choose and are never targets.
        patience: stop after this many rounds in which neither they nor the predictability of the pattern improved.
        trees, leaf: of the ensemble of each column: trees, and rows in a leaf at least.
        passes: of the trees at most, each on rows completed by the estimate before it; the held-out cells say how many.
        tree_inputs, tree_rows: columns and rows that it sees, at most.
        tree_work: rows x inputs x trees, summed over the columns, at most; beyond it there are fewer trees, or none.
        selection: whether values are missing by their own size: never (they are missing at random), or self_masking
            (mirf_mnar; a note says so). The data cannot tell: :mod:`mirimpute.methods.mirf.self_masking`.
    """

    name: str = "mirf"
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
    selection: str = NEVER

    @classmethod
    def elsewhere(cls, parameter: str, value: Any) -> str:
        """Return what to give for the transports and sweeps that once were parameters of ``mirf``."""
        if parameter == "transport":
            return f"method=chained method.transport={value} method.sweep=columnwise (or joint)"
        return f"method=chained method.transport=flow (or another) method.sweep={value}" if parameter == "sweep" else ""

    def check(self) -> None:
        """Refuse parameters without a meaning."""
        at_least(self, 1, "rounds", "steps", "final_steps", "chains", "draws", "members", "batch", "width", "blocks")
        at_least(self, 1, "patience", "leaf", "passes", "candidates", "tree_inputs", "tree_rows")
        at_least(self, 0, "bins")
        fraction(self, "start_fraction", "own_hidden_fraction", "imputed_weight")
        within(self, 0, 1, "dropout", "average", "learning_rate")
        within(self, 0, 100, "weight_decay")
        positive(self, "learning_rate", "draw_cells")
        if not 0 < self.held_out <= 0.5:
            raise UserError(f"method.held_out={self.held_out} is outside (0, 0.5]: give a fraction such as 0.1")
        one_of(self, SOURCES, "source")
        self.solver.check()
        if self.selection == "auto":
            raise UserError(
                "method.selection='auto' is no longer there, because it took values that are missing at random for "
                "self-masked ones: give 'never', or 'self_masking' (mirf_mnar) to assume it"
            )
        one_of(self, (NEVER, SELF_MASKING), "selection")
