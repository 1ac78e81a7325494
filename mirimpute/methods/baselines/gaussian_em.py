"""Imputation by a multivariate normal distribution: each round is one step of EM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mirimpute.methods.base import Completed, Fitted, Method, Problem
from mirimpute.methods.device import threads_for
from mirimpute.methods.expectation_maximisation import em_step, independent
from mirimpute.methods.loop import Schedule, fill_means, reduce
from mirimpute.methods.parameters import Count, Fraction, Positive
from mirimpute.methods.transport import Transport
from mirimpute.seeding import generator
from mirimpute.types import Array, Progress, lazy, no_progress

if TYPE_CHECKING:
    import torch
else:
    torch = lazy("torch")


@dataclass
class GaussianEm(Method):
    """Mean and draws of the missing entries given the observed ones, under the normal distribution that fits best.

    The joint special case of the flow: the exact linear-Gaussian conditional, found by EM, of which the mean is one
    Euler step. Draws ignore the uncertainty of the parameters, which is small where rows are many. References:
    Dempster, Laird & Rubin 1977; Little & Rubin, "Statistical Analysis with Missing Data", 2019, section 11.2.

    Attributes:
        shrinkage: in [0, 1): after each step of EM the correlations are multiplied by 1 - shrinkage.
        tolerance: stop once no entry of the covariance moves by more.
        rounds: the most steps of EM.
        draws: completed tables to draw.
        many_columns: beyond so many, several threads are faster than one.
    """

    version: ClassVar[int] = 5
    libraries: ClassVar[tuple[str, ...]] = ("torch",)
    many_columns: ClassVar[int] = 256

    name: str = "gaussian_em"
    shrinkage: Fraction = 0.003
    tolerance: Positive = 1e-3
    rounds: Count = 100
    draws: Count = 20

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Run EM, take the conditional mean, and draw."""
        schedule = Schedule(sweep="joint", step="mean", rounds=self.rounds, stop="transport", draws=self.draws)
        rng = generator(problem.seed, "gaussian_em")
        transport = GaussianTransport(self.shrinkage, self.tolerance)
        with threads_for(problem.x_incomplete.shape[1] > self.many_columns):
            return Completed(reduce(problem, transport, schedule, fill_means, rng, progress))


class GaussianTransport(Transport):
    """q(x_miss | x_obs) by the exact conditional of a normal distribution of highest likelihood.

    Given the pattern and the observed entries, KL(P_{X(g), M} || q x P_M) is, but for a constant, the mean of
    KL(g(x_miss | x_obs) || q(x_miss | x_obs)), and zero where g draws from the latter. All columns at once keep the
    whole of it; what is approximated is q, by the normal distribution N(mu, S) that is nearest to it in KL (maximum
    likelihood). Its conditional under every pattern is known, and linear in x_obs: no solver is needed, and the mean is
    the one Euler step of the exact flow. Rounds are the steps of EM (Dempster, Laird & Rubin 1977), which count the
    conditional covariance of the missing entries in: the rows with the mean filled in have too little variance.

    Args:
        shrinkage: in [0, 1); after each round the correlations are multiplied by 1 - shrinkage.
        tolerance: the loop may stop once no entry of S moves by more.
    """

    def __init__(self, shrinkage: float, tolerance: float) -> None:
        self._shrinkage = shrinkage
        self._tolerance = tolerance
        self._moved = np.inf
        self._model: Any = None

    def fit(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> None:
        """Take one step of EM from the model of the round before, whose negative log-likelihood is the loss."""
        values, known = torch.as_tensor(x[0]), torch.as_tensor(~missing)
        before = self._model or independent(values)
        self.lose(before.surprise(values, known))
        self._model = em_step(before, values, known, self._shrinkage)
        self._moved = float((self._model.covariance - before.covariance).abs().max())

    def mean(self, x: Array, missing: Array, block: Array) -> Array:
        """Return mu_m + S_mo S_oo^-1 (x_o - mu_o), the same for every chain."""
        mean, _ = self._model.condition(torch.as_tensor(x[0]), torch.as_tensor(~missing))
        return np.repeat(mean.numpy()[None][:, :, block], len(x), axis=0)

    def draw(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> Array:
        """Return one sample of the conditional for each chain."""
        noise = torch.Generator().manual_seed(int(rng.integers(2**63 - 1)))
        drawn = self._model.draw(torch.as_tensor(x[0]), torch.as_tensor(~missing), len(x), noise)
        return drawn.numpy()[:, :, block]

    def facts(self) -> dict[str, Any]:
        """Return the loss, and how far the covariance moved."""
        return {**super().facts(), "covariance_change": self._moved}

    def converged(self) -> bool:
        """Return whether the covariance has come to rest."""
        return self._moved < self._tolerance
