"""The parameters of MIRF, their defaults, and which values have a meaning."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

from mirimpute.errors import UserError
from mirimpute.methods.base import Method
from mirimpute.methods.flow_parameters import Solver
from mirimpute.methods.parameters import Count, CountOrZero, Decay, Fraction, Interval, Options, Part, Positive

SOURCES = ("noise", "imputation")
NEVER, SELF_MASKING = "never", "self_masking"


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
    rounds: Count | None = None
    steps: Count = 300
    final_steps: Count = 400
    chains: Count = 5
    draws: Count = 20
    draw_cells: Positive = 2e7
    members: Count = 1
    batch: Count = 256
    width: Count = 96
    blocks: Count = 2
    dropout: Fraction = 0.1
    bins: CountOrZero = 8
    learning_rate: Annotated[float, Interval(0, 1, "neither")] = 2e-3
    weight_decay: Decay = 0.1
    average: Fraction = 0.998
    start_fraction: Part = 0.3
    own_hidden_fraction: Part = 0.3
    imputed_weight: Part = 0.0
    source: Annotated[str, Options(SOURCES)] = "noise"
    solver: Solver = field(default_factory=Solver)
    candidates: Count = 5
    held_out: Annotated[float, Interval(0, 0.5, "right")] = 0.1
    patience: Count = 3
    trees: Count = 50
    leaf: Count = 3
    passes: Count = 3
    tree_inputs: Count = 40
    tree_rows: Count = 20_000
    tree_work: float = 2e8
    selection: Annotated[str, Options((NEVER, SELF_MASKING))] = NEVER

    @classmethod
    def elsewhere(cls, parameter: str, value: Any) -> str:
        """Return what to give for the transports and sweeps that once were parameters of ``mirf``."""
        if parameter == "transport":
            return f"method=chained method.transport={value} method.sweep=columnwise (or joint)"
        return f"method=chained method.transport=flow (or another) method.sweep={value}" if parameter == "sweep" else ""

    def check(self) -> None:
        """Refuse parameters without a meaning."""
        if self.selection == "auto":
            raise UserError(
                "method.selection='auto' is no longer there, because it took values that are missing at random for "
                "self-masked ones: give 'never', or 'self_masking' (mirf_mnar) to assume it"
            )
        super().check()
