"""The parameters of MIRF, their defaults, and which values have a meaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from mirimpute.errors import UserError
from mirimpute.methods.base import Method
from mirimpute.methods.parameters import Count, CountOrZero, Fraction, Interval, Options

NEVER, SELF_MASKING = "never", "self_masking"

_ONE_VALUE = "it has one value for all tables now: leave it out"
_ONE_LIMIT = "one limit holds for all tables now: leave it out"

_GONE = {
    "members": "one network learns, and donors from trees stand beside it: leave it out",
    "bins": "donors from trees follow what is not linear: leave it out",
    "weight_decay": _ONE_VALUE,
    "average": _ONE_VALUE,
    "start_fraction": _ONE_VALUE,
    "own_hidden_fraction": _ONE_VALUE,
    "imputed_weight": "only observed values are targets: leave it out",
    "source": "the flow starts from noise: leave it out (method=mirf_paper starts from an imputation)",
    "solver": "the steps of the flow are fixed: leave it out (method=chained method.transport=flow has a solver)",
    "candidates": "draws are not resampled by the pattern any more: leave it out",
    "patience": "all rounds are run: give method.rounds alone",
    "leaf": "held-out cells weigh several sizes of leaves: leave it out",
    "passes": "the trees are grown along method.sweeps: leave it out",
    "tree_inputs": _ONE_LIMIT,
    "tree_rows": _ONE_LIMIT,
    "tree_work": _ONE_LIMIT,
    "draw_cells": _ONE_LIMIT,
}
"""Parameters that versions before 9 had: the reason, and what to do."""


@dataclass
class Settings(Method):
    """What :class:`mirimpute.methods.mirf.method.Mirf` is given.

    Attributes:
        rounds: of the outer loop.
        steps: gradient steps per round, at a constant learning rate.
        final_steps: steps after the last round, in which the rate decays and the held-out cells are targets too.
        chains: completed copies of the table that the rounds work on.
        draws: returned samples, fewer (two at least) where they would have more than twenty million cells in all.
        batch: pairs per step.
        width, blocks, dropout: of the residual network.
        learning_rate: of AdamW.
        held_out: fraction of the observed cells that choose the weights and are never targets.
        trees: of each column, whose leaves hold donors, at most (0: the flow alone).
        sweeps: over the columns, in which donors are drawn given the other columns.
        selection: whether values are missing by their own size: never (they are missing at random), or self_masking
            (mirf_mnar; a note says so). The data cannot tell: :mod:`mirimpute.methods.mirf.self_masking`.
    """

    name: str = "mirf"
    rounds: Count = 1
    steps: Count = 400
    final_steps: Count = 400
    chains: Count = 5
    draws: Count = 20
    batch: Count = 256
    width: Count = 96
    blocks: Count = 2
    dropout: Fraction = 0.1
    learning_rate: Annotated[float, Interval(0, 1, "neither")] = 3e-3
    held_out: Annotated[float, Interval(0, 0.5, "right")] = 0.1
    trees: CountOrZero = 20
    sweeps: Count = 10
    selection: Annotated[str, Options((NEVER, SELF_MASKING))] = NEVER

    @classmethod
    def elsewhere(cls, parameter: str, value: Any) -> str:
        """Return why mirf does not have the parameter any more, and what to do."""
        if parameter == "transport":
            return f"since version 7: give method=chained method.transport={value} method.sweep=columnwise (or joint)"
        if parameter == "sweep":
            return f"since version 7: give method=chained method.transport=flow (or another) method.sweep={value}"
        reason = _GONE.get(parameter.partition(".")[0])
        return f"since version 9, because {reason}" if reason else ""

    def check(self) -> None:
        """Refuse parameters without a meaning."""
        if self.selection == "auto":
            raise UserError(
                "method.selection='auto' is no longer there, because it took values that are missing at random for "
                "self-masked ones: give 'never', or 'self_masking' (mirf_mnar) to assume it"
            )
        super().check()
