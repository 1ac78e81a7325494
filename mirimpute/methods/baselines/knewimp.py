"""KnewImp: a kernel gradient flow of the missing entries up the score of the completed rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mirimpute.errors import UserError
from mirimpute.methods.base import Fitted, Method, Problem
from mirimpute.methods.baselines.neural import LIBRARIES, run
from mirimpute.methods.parameters import at_least, positive, within
from mirimpute.types import Progress, no_progress


@dataclass
class KnewImp(Method):
    """Learn the score of the completed rows, let the missing entries flow up it, again.

    The derivation is in :mod:`mirimpute.methods.baselines.knewimp_transport`. Reference: Chen et al., NeurIPS 2024.

    Attributes:
        rounds: of the outer loop; the score network is kept from round to round.
        steps, batch: of denoising score matching in each round.
        width, blocks, dropout: of the residual network.
        learning_rate, weight_decay, average: of AdamW and of the moving average of the weights.
        noise_level: standard deviation of the noise of score matching.
        flow_steps, step_size: Euler steps of the entries in each round, and their length in units of noise_level^2, in
            which a step of 1 along the score alone goes to the denoised row.
        kernel_width: squared width of the kernel, as a fraction of the median squared distance of the rows.
        entropy_weight: weight of the negative entropy (lambda in the paper).
        draws: starts, each a completed table; the point is their mean.
    """

    version: ClassVar[int] = 2
    libraries: ClassVar[tuple[str, ...]] = (*LIBRARIES, "mirimpute.methods.baselines.knewimp_transport")

    name: str = "knewimp"
    rounds: int = 5
    steps: int = 300
    batch: int = 256
    width: int = 128
    blocks: int = 2
    dropout: float = 0.1
    learning_rate: float = 2e-3
    weight_decay: float = 0.1
    average: float = 0.998
    noise_level: float = 0.2
    flow_steps: int = 20
    step_size: float = 0.5
    kernel_width: float = 0.005
    entropy_weight: float = 0.5
    draws: int = 5

    def check(self) -> None:
        """Refuse parameters without a meaning."""
        at_least(self, 1, "rounds", "steps", "batch", "width", "blocks", "flow_steps", "draws")
        positive(self, "learning_rate", "noise_level", "step_size", "kernel_width")
        within(self, 0, 100, "weight_decay")
        within(self, 0, 1, "dropout", "average")
        if not 0 <= self.entropy_weight <= 10:
            raise UserError(
                f"method.entropy_weight={self.entropy_weight} is outside [0, 10]: give a weight such as 0.1"
            )

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Complete the table.

        Raises:
            ImputationError: the loss is not finite: "diverged in round r".
        """
        from mirimpute.methods.baselines.knewimp_transport import KnewImpTransport
        from mirimpute.methods.loop import Schedule, fill_draws

        schedule = Schedule(sweep="joint", step="mean", rounds=self.rounds, chains=self.draws)
        return run(problem, KnewImpTransport(self, problem, progress), schedule, fill_draws, ask_mean=False)
