"""Batch Sinkhorn imputation: the entries go down the Sinkhorn divergence between random batches of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mirimpute.methods.base import Fitted, Method, Problem
from mirimpute.methods.baselines.neural import LIBRARIES, fill_near_means, run
from mirimpute.methods.parameters import at_least, positive
from mirimpute.types import Progress, no_progress


@dataclass
class Sinkhorn(Method):
    """Move the missing entries until any two batches of completed rows look alike.

    The derivation is in :mod:`mirimpute.methods.baselines.sinkhorn_transport`. Reference: Muzellec, Josse, Boyer,
    Cuturi, ICML 2020, algorithm 1.

    Attributes:
        rounds: of the outer loop.
        steps: gradient steps on the entries in each round.
        batch: rows in each of the two sets that are compared.
        regularisation: of the transport, as a fraction of the median squared distance.
        learning_rate: of RMSprop.
        draws: starts, each a completed table; the point is their mean.
    """

    libraries: ClassVar[tuple[str, ...]] = (*LIBRARIES, "mirimpute.methods.baselines.sinkhorn_transport")

    version: ClassVar[int] = 3

    name: str = "sinkhorn"
    rounds: int = 20
    steps: int = 40
    batch: int = 256
    regularisation: float = 0.02
    learning_rate: float = 0.01
    draws: int = 3

    def check(self) -> None:
        """Refuse parameters without a meaning."""
        at_least(self, 1, "rounds", "steps", "batch", "draws")
        positive(self, "regularisation", "learning_rate")

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Complete the table.

        Raises:
            ImputationError: loss or entries left all bounds: "diverged in round r".
        """
        from mirimpute.methods.baselines.sinkhorn_transport import SinkhornTransport
        from mirimpute.methods.loop import Schedule

        schedule = Schedule(sweep="joint", step="mean", rounds=self.rounds, chains=self.draws)
        return run(problem, SinkhornTransport(self, problem, progress), schedule, fill_near_means, ask_mean=False)
