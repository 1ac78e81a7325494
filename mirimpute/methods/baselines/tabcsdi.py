"""TabCSDI: a diffusion of the missing entries, conditioned on the observed ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mirimpute.methods.base import Fitted, Problem
from mirimpute.methods.baselines.diffusion import Diffusion
from mirimpute.methods.baselines.neural import LIBRARIES, run
from mirimpute.methods.parameters import within
from mirimpute.types import Progress, no_progress


@dataclass
class TabCsdi(Diffusion):
    """Draw the missing entries by the reverse process of a diffusion that is conditioned on the observed ones.

    The derivation is in :mod:`mirimpute.methods.baselines.tabcsdi_transport`; the other parameters in
    :class:`mirimpute.methods.baselines.diffusion.Diffusion`. Reference: Zheng & Charoenphakdee, NeurIPS 2022 workshop.

    Attributes:
        start_fraction: fraction of the pairs at t = 1, which teach the conditional mean.
    """

    version: ClassVar[int] = 2
    libraries: ClassVar[tuple[str, ...]] = (*LIBRARIES, "mirimpute.methods.baselines.tabcsdi_transport")

    name: str = "tabcsdi"
    start_fraction: float = 0.3

    def check(self) -> None:
        """Refuse parameters without a meaning."""
        super().check()
        within(self, 0, 1, "start_fraction")

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Complete the table.

        Raises:
            ImputationError: the loss is not finite: "diverged in round r".
        """
        from mirimpute.methods.baselines.tabcsdi_transport import TabCsdiTransport
        from mirimpute.methods.loop import Schedule, fill_draws

        schedule = Schedule(sweep="joint", step="draw", rounds=self.rounds, chains=self.draws)
        return run(problem, TabCsdiTransport(self, problem, progress), schedule, fill_draws, ask_mean=True)
