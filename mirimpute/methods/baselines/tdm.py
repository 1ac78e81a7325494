"""TDM: batch matching of rows behind an invertible network that is learnt along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mirimpute.methods.base import Fitted, Problem
from mirimpute.methods.baselines.neural import LIBRARIES, fill_near_means, run
from mirimpute.methods.baselines.sinkhorn import Sinkhorn
from mirimpute.methods.parameters import at_least, positive
from mirimpute.types import Progress, no_progress


@dataclass
class Tdm(Sinkhorn):
    """Move the missing entries until any two batches of completed rows look alike behind an invertible network.

    The derivation is in :mod:`mirimpute.methods.baselines.tdm_transport`; the other parameters in
    :class:`mirimpute.methods.baselines.sinkhorn.Sinkhorn`. Reference: Zhao, Sun, Dezfouli, Bonilla, ICML 2023.

    Attributes:
        layers, width: couplings of the network, and units of the hidden layer of each.
        map_learning_rate: of the network, by Adam.
    """

    libraries: ClassVar[tuple[str, ...]] = (*LIBRARIES, "mirimpute.methods.baselines.tdm_transport")

    name: str = "tdm"
    batch: int = 128
    layers: int = 3
    width: int = 32
    map_learning_rate: float = 5e-4

    def check(self) -> None:
        """Refuse parameters without a meaning."""
        super().check()
        at_least(self, 1, "layers", "width")
        positive(self, "map_learning_rate")

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Complete the table.

        Raises:
            ImputationError: loss or entries left all bounds: "diverged in round r".
        """
        from mirimpute.methods.baselines.tdm_transport import TdmTransport
        from mirimpute.methods.loop import Schedule

        schedule = Schedule(sweep="joint", step="mean", rounds=self.rounds, chains=self.draws)
        return run(problem, TdmTransport(self, problem, progress), schedule, fill_near_means, ask_mean=False)
