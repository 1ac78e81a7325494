"""DiffPuter: expectation-maximisation with a diffusion of whole completed rows.

KL(P_{X(g), M} || q x P_M) = KL(P_{X_obs, M} || q(x_obs) P_M) + E KL(P(x_miss | x_obs, M) || q(x_miss | x_obs)). No g
moves the first term. Of the second each round keeps the mean only:

- M-step: the score of q_{t-1}(x), the rows as they were completed in the round before, by a new denoiser in each
  round. All entries are targets, completions too (missdiff: observed ones only), so that q_{t-1} is what is learnt.
- E-step: x_miss becomes the mean of several draws from q_{t-1}(x_miss | x_obs), made by inpainting: observed entries,
  noised, are put in place after every step of the reverse process, which goes back and forth between neighbouring noise
  levels. A mean has no spread, so that the rows of the next round are narrower than the truth, and so are its draws.

What is returned are the mean and the draws of the last E-step.

The paper's denoiser is that of EDM. For data of spread 1 and noisy data x + sigma e, EDM's network F is taught (x - (x
+ sigma e) / (1 + sigma^2)) sqrt(1 + sigma^2) / sigma = s x - a e with a = 1 / sqrt(1 + sigma^2), s = sigma a, all of
one weight: that is the F of :mod:`mirimpute.methods.baselines.diffusion` at the time t = (2 / pi) atan(sigma). EDM's
own are the noise levels of training, ln sigma ~ N(-1.2, 1.2^2), those of the reverse process, and its steps (Heun with
a little new noise). EDM scales data to a spread of .5, this to 1, so that all its sigma are doubled.

Other than in the paper, the network is the residual perceptron of the other methods, not a plain one, its weights are
averaged over the last steps, and its rate decays as a cosine, not by a plateau rule; the paper trains for at most
10,000 epochs of up to 4,096 rows and stops early.

References: Zhang, Fang, Wu & Yu, "DiffPuter: Empowering Diffusion Models for Missing Data Imputation", ICLR 2025,
section 4; Karras, Aittala, Aila & Laine, "Elucidating the Design Space of Diffusion-Based Generative Models", NeurIPS
2022, table 1 and algorithm 2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from mirimpute.methods.base import Fitted, Problem
from mirimpute.methods.baselines.diffusion import Diffusion, DiffusionTransport, clipped
from mirimpute.methods.baselines.neural import by_rows, run
from mirimpute.methods.loop import fill_means
from mirimpute.methods.parameters import Count, Decay, Fraction, Positive
from mirimpute.types import Progress, lazy, no_progress

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy("torch")

_SPREAD = 0.5
_LOG_SIGMA = -1.2 - math.log(_SPREAD), 1.2
_SMALLEST, _LARGEST, _BEND = 0.002 / _SPREAD, 80.0 / _SPREAD, 7.0
_CHURN = 1.0


@dataclass
class DiffPuter(Diffusion):
    """Alternate between a diffusion of the completed rows and the mean of its conditional draws.

    The other parameters are in :class:`mirimpute.methods.baselines.diffusion.Diffusion`. The paper's budget is for a
    GPU; without one, a table of 400 rows takes hours with it, and minutes with ``width=128 steps=1000 rounds=4
    learning_rate=1e-3 draws=10``.

    Attributes:
        repeats: times that each step of the reverse process is taken, with a step back between them. Of three normal
            columns, with the exact denoiser and 50 steps, the mean is .88 deviations off with 1, .39 with 5, .09 with
            20.
        draws: whose mean is the completion of each round; as many are returned.
    """

    name: str = "diffputer"
    rounds: Count = 10
    steps: Count = 10_000
    batch: Count = 4096
    width: Count = 1024
    dropout: Fraction = 0.0
    learning_rate: Positive = 1e-4
    weight_decay: Decay = 0.0
    solver_steps: Count = 50
    repeats: Count = 20
    draws: Count = 20

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Complete the table."""
        settings = replace(self, batch=min(self.batch, len(problem.x_incomplete)))
        transport = DiffPuterTransport(settings, problem, progress)
        return run(problem, transport, "mean", fill_means, chains=1, draws=self.draws)


def noise_levels(steps: int) -> list[float]:
    """Return the sigma at which the reverse process stops, largest first, then 0: EDM, equation 5.

    >>> [round(each, 3) for each in noise_levels(3)]
    [160.0, 5.03, 0.004, 0.0]
    """
    share = np.arange(steps) / max(steps - 1, 1)
    ends = _LARGEST ** (1 / _BEND), _SMALLEST ** (1 / _BEND)
    return [*((ends[0] + share * (ends[1] - ends[0])) ** _BEND).tolist(), 0.0]


class DiffPuterTransport(DiffusionTransport):
    """Diffusion of whole rows, new in each round, conditioned by inpainting."""

    settings: DiffPuter

    def _learn(self, chains: Tensor, missing: Tensor) -> dict[str, Any]:
        self._training = self._trainer(self._network(), rounds=1)
        return super()._learn(chains, torch.zeros_like(missing))

    def _hidden(self, missing: Tensor) -> Tensor:
        return torch.ones_like(missing)

    def _features(self, expected: Tensor, x: Tensor, hidden: Tensor) -> Tensor:
        return clipped(expected)

    def _times(self, count: int) -> Tensor:
        centre, spread = _LOG_SIGMA
        return torch.atan(torch.exp(centre + spread * self._randn(count, 1))) * (2 / math.pi)

    def _means(self, chains: Tensor, missing: Tensor) -> Tensor:
        many = chains[:1].expand(self.settings.draws, -1, -1)
        return self._draws(many, missing).mean(dim=0, keepdim=True).expand_as(chains)

    def _draws(self, chains: Tensor, missing: Tensor) -> Tensor:
        levels = noise_levels(self.settings.solver_steps)

        def draw(x: Tensor, hidden: Tensor) -> Tensor:
            state = levels[0] * self._randn(*x.shape)
            for sigma, smaller in pairwise(levels):
                for repeat in range(self.settings.repeats if smaller > 0 else 1):
                    if repeat:
                        state = state + math.sqrt(sigma**2 - smaller**2) * self._randn(*x.shape)
                    drawn = self._reverse_step(state, x, hidden, sigma, smaller)
                    state = torch.where(hidden, drawn, x + smaller * self._randn(*x.shape))
            return state

        return by_rows(draw, chains, missing)

    def _reverse_step(self, state: Tensor, x: Tensor, hidden: Tensor, sigma: float, smaller: float) -> Tensor:
        """Return the state at noise ``smaller`` from that at ``sigma``: EDM, algorithm 2."""
        noisier = sigma * (1 + min(_CHURN / self.settings.solver_steps, math.sqrt(2) - 1))
        state = state + math.sqrt(noisier**2 - sigma**2) * self._randn(*state.shape)
        slope = (state - self._denoised(state, x, hidden, noisier)) / noisier
        moved = state + (smaller - noisier) * slope
        if smaller == 0:
            return moved
        slope_there = (moved - self._denoised(moved, x, hidden, smaller)) / smaller
        return state + (smaller - noisier) * (slope + slope_there) / 2

    def _denoised(self, state: Tensor, x: Tensor, hidden: Tensor, sigma: float) -> Tensor:
        """Return E[x | x + sigma e = state]."""
        return self._predict(state / math.sqrt(1 + sigma**2), x, hidden, math.atan(sigma) * 2 / math.pi)
