"""GAIN: a generator of missing entries against a discriminator that predicts the pattern."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mirimpute.methods.base import Fitted, Method, Problem
from mirimpute.methods.baselines.neural import LIBRARIES, run
from mirimpute.methods.parameters import at_least, positive, within
from mirimpute.types import Progress, no_progress


@dataclass
class Gain(Method):
    """Complete rows so that a discriminator cannot tell which of their entries were missing.

    The derivation is in :mod:`mirimpute.methods.baselines.gain_transport`. Reference: Yoon, Jordon, van der Schaar,
    ICML 2018.

    Attributes:
        steps, batch: of the adversarial training; a step is one of each network.
        width: of the two hidden layers of generator and discriminator.
        hint_rate: fraction of the pattern that the discriminator is told.
        reconstruction: weight of the squared error of observed entries (the paper's alpha).
        hidden_fraction: fraction of the observed entries that training hides from the generator (0: the paper's).
        noise: standard deviation of the noise that the generator reads in place of missing entries.
        learning_rate, weight_decay, average: of AdamW and of the moving average of the weights.
        draws: completed tables to return, each with other noise.
        draws_of_mean: passes of the generator that the point is the mean of.
    """

    version: ClassVar[int] = 2
    libraries: ClassVar[tuple[str, ...]] = (*LIBRARIES, "mirimpute.methods.baselines.gain_transport")

    name: str = "gain"
    steps: int = 2000
    batch: int = 128
    width: int = 256
    hint_rate: float = 0.5
    reconstruction: float = 50.0
    hidden_fraction: float = 0.3
    noise: float = 0.02
    learning_rate: float = 2e-3
    weight_decay: float = 0.01
    average: float = 0.998
    draws: int = 5
    draws_of_mean: int = 20

    def check(self) -> None:
        """Refuse parameters without a meaning."""
        at_least(self, 1, "steps", "batch", "width", "draws", "draws_of_mean")
        at_least(self, 0, "noise", "reconstruction")
        positive(self, "learning_rate")
        within(self, 0, 100, "weight_decay")
        within(self, 0, 1, "hint_rate", "hidden_fraction", "average")

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Complete the table.

        Raises:
            ImputationError: a loss is not finite: "diverged in round r".
        """
        from mirimpute.methods.baselines.gain_transport import GainTransport
        from mirimpute.methods.loop import Schedule, fill_means

        schedule = Schedule(sweep="joint", step="draw", rounds=1, chains=self.draws)
        return run(problem, GainTransport(self, problem, progress), schedule, fill_means, ask_mean=True)
