"""MIWAE: a deep latent variable model, inverted by importance sampling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mirimpute.methods.base import Fitted, Method, Problem
from mirimpute.methods.baselines.neural import LIBRARIES, run
from mirimpute.methods.parameters import at_least, positive, within
from mirimpute.types import Progress, no_progress


@dataclass
class Miwae(Method):
    """Fit a latent variable model to the observed entries, then draw the missing ones given them.

    The special case of the loop with one round and a model of the rows in place of the completed rows; the derivation
    is in :mod:`mirimpute.methods.baselines.miwae_transport`. Reference: Mattei & Frellsen, ICML 2019.

    Attributes:
        latent: dimensions of the latent variable.
        width: of the two hidden layers of encoder and decoder.
        samples: latents per row in the bound of training (K).
        importance: latents per row for the mean, and for each draw (L).
        steps, batch: of the training.
        learning_rate, weight_decay, average: of AdamW and of the moving average of the weights.
        draws: completed tables to return.
    """

    version: ClassVar[int] = 2
    libraries: ClassVar[tuple[str, ...]] = (*LIBRARIES, "mirimpute.methods.baselines.miwae_transport")

    name: str = "miwae"
    latent: int = 8
    width: int = 256
    samples: int = 10
    importance: int = 200
    steps: int = 2000
    batch: int = 128
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.002
    average: float = 0.998
    draws: int = 5

    def check(self) -> None:
        """Refuse parameters without a meaning."""
        at_least(self, 1, "latent", "width", "samples", "importance", "steps", "batch", "draws")
        positive(self, "learning_rate")
        within(self, 0, 100, "weight_decay")
        within(self, 0, 1, "average")

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Complete the table.

        Raises:
            ImputationError: the loss is not finite: "diverged in round r".
        """
        from mirimpute.methods.baselines.miwae_transport import MiwaeTransport
        from mirimpute.methods.loop import Schedule, fill_means

        schedule = Schedule(sweep="joint", step="draw", rounds=1, chains=self.draws)
        return run(problem, MiwaeTransport(self, problem, progress), schedule, fill_means, ask_mean=True)
