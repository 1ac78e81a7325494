"""TabCSDI: a diffusion of the hidden entries, with the seen ones as condition.

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

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mirimpute.methods.base import Fitted, Problem
from mirimpute.methods.baselines.diffusion import Diffusion, DiffusionTransport, ancestral_step, clipped
from mirimpute.methods.baselines.neural import by_rows, run
from mirimpute.methods.loop import fill_draws
from mirimpute.methods.parameters import Fraction
from mirimpute.types import Progress, lazy, no_progress

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy("torch")


@dataclass
class TabCsdi(Diffusion):
    """Draw the missing entries by the reverse process of a diffusion that is conditioned on the observed ones.

    The other parameters are in :class:`mirimpute.methods.baselines.diffusion.Diffusion`.

    Attributes:
        start_fraction: fraction of the pairs at t = 1, which teach the conditional mean.
    """

    version: ClassVar[int] = 3

    name: str = "tabcsdi"
    start_fraction: Fraction = 0.3

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Complete the table."""
        return run(problem, TabCsdiTransport(self, problem, progress), "draw", fill_draws, ask_mean=True)


class TabCsdiTransport(DiffusionTransport):
    """Conditional diffusion."""

    settings: TabCsdi

    def __init__(self, settings: TabCsdi, problem: Problem, progress: Progress) -> None:
        super().__init__(settings, problem, progress, inputs_per_column=3)

    def _hidden(self, missing: Tensor) -> Tensor:
        return missing | (self._rand(*missing.shape) < self._rand(len(missing), 1))

    def _features(self, expected: Tensor, x: Tensor, hidden: Tensor) -> Tensor:
        seen = torch.where(hidden, 0.0, x)
        return torch.cat([clipped(torch.where(hidden, expected, 0.0)), clipped(seen), hidden.to(x.dtype)], dim=-1)

    def _times(self, count: int) -> Tensor:
        return torch.where(self._rand(count, 1) < self.settings.start_fraction, 1.0, self._rand(count, 1))

    def _means(self, chains: Tensor, missing: Tensor) -> Tensor:
        def mean(x: Tensor, hidden: Tensor) -> Tensor:
            return self._predict(torch.zeros_like(x), x, hidden, 1.0)

        return by_rows(mean, chains[:1], missing).expand_as(chains)

    def _draws(self, chains: Tensor, missing: Tensor) -> Tensor:
        def draw(x: Tensor, hidden: Tensor) -> Tensor:
            steps, state = self.settings.solver_steps, self._randn(*x.shape)
            for number in range(steps, 0, -1):
                t, earlier = number / steps, (number - 1) / steps
                predicted = self._predict(state, x, hidden, t)
                state = ancestral_step(state, predicted, t, earlier, self._randn(*x.shape))
            return state

        return by_rows(draw, chains, missing)
