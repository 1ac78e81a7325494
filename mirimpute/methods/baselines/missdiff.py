"""MissDiff: a diffusion of whole rows, trained on observed entries, conditioned by inpainting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mirimpute.methods.base import Fitted, Problem
from mirimpute.methods.baselines.diffusion import Diffusion
from mirimpute.methods.baselines.neural import LIBRARIES, run
from mirimpute.methods.parameters import at_least
from mirimpute.types import Progress, no_progress


@dataclass
class MissDiff(Diffusion):
    """Draw the missing entries by inpainting with a diffusion of whole rows that was trained on observed entries.

    The derivation is in :mod:`mirimpute.methods.baselines.missdiff_transport`; the other parameters in
    :class:`mirimpute.methods.baselines.diffusion.Diffusion`. Reference: Ouyang, Xie, Li, Cheng, ICML 2023 workshop.

    Attributes:
        repeats: times that each step of the reverse process is taken, with a step back between them.
        draws: completed tables; the point is their mean, which has the error of a draw divided by their number on top.
    """

    version: ClassVar[int] = 2
    libraries: ClassVar[tuple[str, ...]] = (*LIBRARIES, "mirimpute.methods.baselines.missdiff_transport")

    name: str = "missdiff"
    repeats: int = 5
    draws: int = 20

    def check(self) -> None:
        """Refuse parameters without a meaning."""
        super().check()
        at_least(self, 1, "repeats")

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Complete the table.

        Raises:
            ImputationError: the loss is not finite: "diverged in round r".
        """
        from mirimpute.methods.baselines.missdiff_transport import MissDiffTransport
        from mirimpute.methods.loop import Schedule, fill_draws

        schedule = Schedule(sweep="joint", step="draw", rounds=self.rounds, chains=self.draws)
        return run(problem, MissDiffTransport(self, problem, progress), schedule, fill_draws, ask_mean=False)
