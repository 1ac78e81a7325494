"""The imputer of the MIRF paper, with the settings of the paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mirimpute.errors import UserError
from mirimpute.methods.base import Completed, Fitted, Method, Problem
from mirimpute.seeding import generator, integer_seed
from mirimpute.types import Progress, no_progress


@dataclass
class MirfPaper(Method):
    """Move a noisy completion by a rectified flow to what the other rows say, ten times over.

    The method of Yu, Ying, Wang, Jiang, Liu, "Missing Data Imputation by Reducing Mutual Information with Rectified
    Flows", NeurIPS 2025, as published; the transport is :mod:`mirimpute.methods.baselines.paper_flow`. The paper
    scores the one completed table that comes out, so the point is that table and has the error of a draw, not of a
    mean. On some tables the flow diverges, which is an ImputationError that names the round.

    Attributes:
        hidden_width, hidden_layers: of the perceptron, trained anew in every round.
        learning_rate: of Adam, constant.
        batch: pairs per step.
        epochs: passes over the pairs of a round.
        rounds: of the outer loop.
        solver_steps: Euler steps from tau = 0 to 1.
    """

    # torch imports _dynamo at the first step of an optimiser, two seconds that are not the method's
    version: ClassVar[int] = 2
    libraries: ClassVar[tuple[str, ...]] = ("torch", "torch._dynamo", "mirimpute.methods.baselines.paper_flow")

    name: str = "mirf_paper"
    hidden_width: int = 1001
    hidden_layers: int = 3
    learning_rate: float = 0.01
    batch: int = 100
    epochs: int = 100
    rounds: int = 10
    solver_steps: int = 100

    def check(self) -> None:
        """Refuse parameters without a meaning."""
        for name in ("hidden_width", "hidden_layers", "batch", "epochs", "rounds", "solver_steps"):
            if getattr(self, name) < 1:
                raise UserError(f"method.{name}={getattr(self, name)} is too small: give 1 or more")
        if not self.learning_rate > 0:
            raise UserError(f"method.learning_rate={self.learning_rate} teaches nothing: give a rate above 0")

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Complete the table.

        Raises:
            ImputationError: loss or values left all bounds: "diverged in round r".
        """
        from mirimpute.methods.baselines.paper_flow import PaperFlowSettings, PaperFlowTransport
        from mirimpute.methods.device import torch_device
        from mirimpute.methods.loop import Schedule, reduce

        transport = PaperFlowTransport(
            PaperFlowSettings(**{name: getattr(self, name) for name in PaperFlowSettings.__dataclass_fields__}),
            torch_device(problem.device),
            integer_seed(problem.seed, "paper flow") % 2**63,
            progress,
        )
        schedule = Schedule(sweep="joint", step="draw", rounds=self.rounds)
        rng = generator(problem.seed, "mirf_paper")
        return Completed(reduce(problem, transport, schedule, fill_noise, rng, no_progress))


def fill_noise(problem: Problem, chains: int, rng: np.random.Generator) -> np.ndarray:
    """Complete every chain with N(0, 1) in each missing cell."""
    noise = rng.standard_normal((chains, *problem.x_incomplete.shape))
    return np.where(problem.missing, noise, problem.x_incomplete)
