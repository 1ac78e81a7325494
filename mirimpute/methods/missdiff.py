"""MissDiff: a diffusion of whole rows, trained on observed entries, conditioned by inpainting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mirimpute.methods.base import Fitted
from mirimpute.methods.diffusion import Diffusion
from mirimpute.methods.neural import LIBRARIES, fill_hot_deck, run
from mirimpute.methods.parameters import at_least
from mirimpute.problem import Problem, Progress, no_progress


@dataclass
class MissDiff(Diffusion):
    """Draw the missing entries by inpainting with a diffusion of whole rows that was trained on observed entries.

    The derivation is in :mod:`mirimpute.methods.transports.missdiff`; the other parameters in
    :class:`mirimpute.methods.diffusion.Diffusion`. Reference: Ouyang, Xie, Li, Cheng, ICML 2023 workshop.

    Attributes:
        repeats: times that each step of the reverse process is taken, with a step back between them.
        draws: completed tables; the point is their mean, which has the error of a draw divided by their number on top.
    """

    version: ClassVar[int] = 2
    libraries: ClassVar[tuple[str, ...]] = (*LIBRARIES, "mirimpute.methods.transports.missdiff")

    name: str = "missdiff"
    repeats: int = 5
    draws: int = 10

    def check(self) -> None:
        """Refuse parameters without a meaning."""
        super().check()
        at_least(self, 1, "repeats")

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Complete the table.

        Raises:
            ImputationError: the loss is not finite: "diverged in round r".
        """
        from mirimpute.methods.reducer import Schedule
        from mirimpute.methods.transports.missdiff import MissDiffTransport

        schedule = Schedule(sweep="joint", step="draw", rounds=self.rounds, chains=self.draws)
        return run(problem, MissDiffTransport(self, problem, progress), schedule, fill_hot_deck, ask_mean=False)
