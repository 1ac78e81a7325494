"""Parameters that methods with a flow share: how it is integrated, and the networks of one column at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from mirimpute.methods.parameters import Count, Decay, Fraction, Interval, Options, Part

SOLVERS = ("euler", "heun")


@dataclass
class Solver:
    """How a flow is integrated from tau = 0 to 1.

    Attributes:
        name: euler or heun.
        steps: equal steps; one is the conditional mean, whatever the solver (null: 4 for the flow over its base, which
            is exact for the base; 8 for the flows of ``chained``).
    """

    name: Annotated[str, Options(SOLVERS)] = "heun"
    steps: Count | None = None


@dataclass
class Network:
    """The networks of ``transport=flow``, one for each column.

    :class:`mirimpute.methods.mirf.settings.Settings` says more.

    Attributes:
        steps, batch: gradient steps per round, and pairs per step.
        width, blocks, dropout: sizes.
        learning_rate, weight_decay, average: of AdamW and of the moving average of the weights.
        start_fraction: fraction of the pairs at tau = 0, which teach the conditional mean.
    """

    steps: Count = 300
    batch: Count = 256
    width: Count = 96
    blocks: Count = 2
    dropout: Fraction = 0.1
    learning_rate: Annotated[float, Interval(0, 1, "neither")] = 2e-3
    weight_decay: Decay = 0.1
    average: Fraction = 0.998
    start_fraction: Part = 0.3
