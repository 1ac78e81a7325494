"""The transport of TabCSDI: a diffusion of the hidden entries, with the seen ones as condition.

KL(P_{X(g), M} || q x P_M) = KL(P_{X_obs, M} || q(x_obs) P_M) + E KL(P(x_miss | x_obs, M) || q(x_miss | x_obs)). No g
moves the first term. The second is kept and is 0 for a draw from q(x_miss | x_obs), which the reverse process of
a conditional diffusion gives; what is approximated:

- the score of q(x_hidden | x_seen) by a network, trained on rows of which a random part of the observed entries is
  hidden, in addition to those that the row misses (the paper's random strategy: the fraction is uniform on (0, 1)).
  Targets are hidden entries whose value is known. The loss bounds E KL(q(x_hidden | x_seen) || model) from above (the
  evidence bound of the diffusion, weighted over time);
- the reverse process by finitely many ancestral steps.

At t = 1 the noisy entries say nothing, so the prediction there is E[x_miss | x_obs]: the mean costs one evaluation,
as does the Euler step of the rectified flow. (The paper takes the median of 100 draws.) The network is MIRF's residual
perceptron, not a transformer.

Reference: Zheng & Charoenphakdee, "Diffusion models for missing value imputation in tabular data", NeurIPS 2022 Table
Representation Learning workshop (arXiv 2210.17128), after Tashiro et al., "CSDI", NeurIPS 2021.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from mirimpute.methods.base import Problem
from mirimpute.methods.baselines.diffusion_transport import DiffusionTransport, ancestral_step, clipped
from mirimpute.methods.baselines.neural_transport import by_rows
from mirimpute.types import Progress

if TYPE_CHECKING:
    from mirimpute.methods.baselines.tabcsdi import TabCsdi


class TabCsdiTransport(DiffusionTransport):
    """Conditional diffusion; ``settings`` are those of the method."""

    def __init__(self, settings: TabCsdi, problem: Problem, progress: Progress) -> None:
        super().__init__(settings, 3, problem, progress)
        self._start_fraction = settings.start_fraction

    def _hidden(self, missing: Tensor) -> Tensor:
        return missing | (self._rand(*missing.shape) < self._rand(len(missing), 1))

    def _features(self, expected: Tensor, x: Tensor, hidden: Tensor) -> Tensor:
        seen = torch.where(hidden, 0.0, x)
        return torch.cat([clipped(torch.where(hidden, expected, 0.0)), clipped(seen), hidden.to(x.dtype)], dim=-1)

    def _times(self, count: int) -> Tensor:
        return torch.where(self._rand(count, 1) < self._start_fraction, 1.0, self._rand(count, 1))

    def _means(self, chains: Tensor, missing: Tensor) -> Tensor:
        def mean(x: Tensor, hidden: Tensor) -> Tensor:
            return self._predict(torch.zeros_like(x), x, hidden, 1.0)

        return by_rows(mean, chains[0], missing)[None].expand_as(chains)

    def _draws(self, chains: Tensor, missing: Tensor) -> Tensor:
        def draw(x: Tensor, hidden: Tensor) -> Tensor:
            steps, state = self.settings.solver_steps, self._randn(*x.shape)
            for number in range(steps, 0, -1):
                t, earlier = number / steps, (number - 1) / steps
                predicted = self._predict(state, x, hidden, t)
                state = ancestral_step(state, predicted, t, earlier, self._randn(*x.shape))
            return state

        n_chains, n, d = chains.shape
        return by_rows(draw, chains.reshape(-1, d), missing.repeat(n_chains, 1)).reshape(n_chains, n, d)
