"""Imputation by a multivariate normal distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mirimpute.errors import UserError
from mirimpute.methods.base import Completed, Fitted, Method, Problem
from mirimpute.seeding import generator
from mirimpute.types import Progress, no_progress


@dataclass
class GaussianEm(Method):
    """Mean and draws of the missing entries given the observed ones, under the normal distribution that fits best.

    The joint special case of the flow: the exact linear-Gaussian conditional, found by EM, of which the mean is one
    Euler step. Draws know of no uncertainty of the parameters, which is small where rows are many. References:
    Dempster, Laird & Rubin 1977; Little & Rubin, "Statistical Analysis with Missing Data", 2019, section 11.2.

    Attributes:
        shrinkage: in [0, 1): after each step of EM the correlations are multiplied by 1 - shrinkage.
        tolerance: stop once no entry of the covariance moves by more.
        rounds: the most steps of EM.
        draws: completed tables to draw.
        many_columns: beyond so many, several threads are faster than one.
    """

    version: ClassVar[int] = 3
    libraries: ClassVar[tuple[str, ...]] = ("torch",)
    many_columns: ClassVar[int] = 256

    name: str = "gaussian_em"
    shrinkage: float = 0.003
    tolerance: float = 1e-3
    rounds: int = 100
    draws: int = 10

    def check(self) -> None:
        """Refuse what is no shrinkage, and numbers below 1."""
        if not 0 <= self.shrinkage < 1:
            raise UserError(f"method.shrinkage={self.shrinkage} is outside [0, 1): give a fraction such as 0.01")
        if not self.tolerance > 0:
            raise UserError(f"method.tolerance={self.tolerance} is never reached: give a number such as 0.001")
        for name in ("rounds", "draws"):
            if getattr(self, name) < 1:
                raise UserError(f"method.{name}={getattr(self, name)} does nothing: give 1 or more")

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Run EM, take the conditional mean, and draw."""
        from mirimpute.methods.baselines.gaussian_em_transport import GaussianTransport
        from mirimpute.methods.device import threads_for
        from mirimpute.methods.loop import Schedule, fill_means, reduce

        schedule = Schedule(sweep="joint", step="mean", rounds=self.rounds, stop="transport", draws=self.draws)
        rng = generator(problem.seed, "gaussian_em")
        transport = GaussianTransport(self.shrinkage, self.tolerance)
        with threads_for(problem.x_incomplete.shape[1] > self.many_columns):
            return Completed(reduce(problem, transport, schedule, fill_means, rng, progress))
