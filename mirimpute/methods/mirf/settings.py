"""The parameters of MIRF, their defaults, and which values have a meaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from mirimpute.errors import UserError
from mirimpute.methods.base import Method
from mirimpute.methods.parameters import Count, CountOrZero, Fraction, Interval, Options

NEVER, SELF_MASKING = "never", "self_masking"


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
    rounds: Count = 2
    steps: Count = 800
    final_steps: Count = 400
    chains: Count = 5
    draws: Count = 20
    batch: Count = 256
    width: Count = 96
    blocks: Count = 2
    dropout: Fraction = 0.1
    learning_rate: Annotated[float, Interval(0, 1, "neither")] = 2e-3
    held_out: Annotated[float, Interval(0, 0.5, "right")] = 0.1
    trees: CountOrZero = 20
    sweeps: Count = 3
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
