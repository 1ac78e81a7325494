"""MIWAE: a deep latent variable model of the observed entries, inverted by importance sampling.

With q the law of a model, KL(P_{X(g), M} || q x P_M) = KL(P_{X_obs, M} || q(x_obs) P_M)
+ E KL(P(x_miss | x_obs, M) || q(x_miss | x_obs)). Other transports take q from the rows completed so far; here q is
p(x) = ∫ p(x | z) N(z; 0, I) dz, and both terms are reduced, one after the other:

- the first, over q: up to the entropy of the data it is -E log q(x_obs), which training bounds from above by

      -E log 1/K sum_k p(x_obs | z_k) p(z_k) / e(z_k | x_obs),    z_k ~ e(. | x_obs)

  (equation 4). The product p(x_obs | z) runs over observed entries, so completions are never targets and the rows
  that come in are not used beyond their observed entries: one round is all;
- the second, over g: 0 when x_miss ~ q(. | x_obs). With weights w_k proportional to the ratios above, the mean is
  sum_k w_k E[x_miss | z_k] (self-normalised importance sampling, equation 12) and a draw is one z_k with probability
  w_k, then x_miss ~ p(. | z_k) (sampling importance resampling). Exact as the number of samples grows; finite K
  and the capacity of the networks are the approximation.

p(x | z) is a Student-t for each column, as in the paper, whose degrees of freedom here belong to the column; its
scale has a floor, without which the likelihood of a column with repeated values has no maximum.

Reference: Mattei & Frellsen, "MIWAE: Deep Generative Modelling and Imputation of Incomplete Data Sets", ICML 2019.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from mirimpute.methods.base import Fitted, Method, Problem
from mirimpute.methods.baselines.neural import LIBRARIES, NeuralTransport, by_rows, run
from mirimpute.methods.loop import fill_means
from mirimpute.methods.parameters import Count, Decay, Fraction, Positive
from mirimpute.types import Progress, lazy, no_progress

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy("torch")

_VALUES_AT_ONCE = 2**22


@dataclass
class Miwae(Method):
    """Fit a latent variable model to the observed entries, then draw the missing ones given them.

    The special case of the loop with one round and a model of the rows in place of the completed rows.

    Attributes:
        latent: dimensions of the latent variable.
        width: of the two hidden layers of encoder and decoder.
        samples: latents per row in the bound of training (K).
        importance: latents per row for the mean, and for each draw (L).
        steps, batch: of the training.
        learning_rate, weight_decay, average: of AdamW and of the moving average of the weights.
        draws: completed tables to return.
    """

    version: ClassVar[int] = 3
    libraries: ClassVar[tuple[str, ...]] = (*LIBRARIES, "mirimpute.methods.baselines.networks")

    name: str = "miwae"
    latent: Count = 8
    width: Count = 256
    samples: Count = 10
    importance: Count = 200
    steps: Count = 2000
    batch: Count = 128
    learning_rate: Positive = 1.5e-3
    weight_decay: Decay = 0.002
    average: Fraction = 0.998
    draws: Count = 20

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Complete the table."""
        return run(problem, MiwaeTransport(self, problem, progress), "draw", fill_means, ask_mean=True)


def bound(log_weights: Tensor) -> Tensor:
    """Return the importance-weighted bound of each row, log 1/K sum_k w_k, from log w (K, n)."""
    return torch.logsumexp(log_weights, dim=0) - math.log(len(log_weights))


class MiwaeTransport(NeuralTransport):
    """Draws from q(x_miss | x_obs) of a latent variable model."""

    settings: Miwae

    def __init__(self, settings: Miwae, problem: Problem, progress: Progress) -> None:
        from mirimpute.methods.baselines.networks import LatentVariableModel

        super().__init__(settings, problem, progress)
        d = problem.x_incomplete.shape[1]
        self._training = self._trainer(LatentVariableModel(d, settings.latent, settings.width, self._first))
        self._model = self._training.averaged

    def _learn(self, chains: Tensor, missing: Tensor) -> dict[str, Any]:
        x, observed = chains[0], ~missing
        model, settings = self._training.network, self.settings

        def loss() -> Tensor:
            rows = self._choose(len(x), settings.batch)
            weights, _, _ = model.log_weights(x[rows], observed[rows], settings.samples, self._generator)
            return -bound(weights).mean() / x.shape[1]

        return {"loss": self._train(self._training, loss)}

    def _means(self, chains: Tensor, missing: Tensor) -> Tensor:
        def mean(x: Tensor, hidden: Tensor) -> Tensor:
            weights, location, _ = self._weigh(x, hidden)
            return (weights.softmax(dim=0)[..., None] * location).sum(dim=0)

        return self._each(mean, chains[:1], missing).expand_as(chains)

    def _draws(self, chains: Tensor, missing: Tensor) -> Tensor:
        def draw(x: Tensor, hidden: Tensor) -> Tensor:
            weights, location, scale = self._weigh(x, hidden)
            # the largest of log w_k + Gumbel noise is k with probability w_k
            gumbel = -(-self._rand(*weights.shape).clamp(1e-12, 1 - 1e-7).log()).log()
            chosen = (weights + gumbel).argmax(dim=0)[None, :, None].expand(1, *x.shape)
            return location.gather(0, chosen)[0] + scale.gather(0, chosen)[0] * self._student(x)

        return self._each(draw, chains, missing)

    def _student(self, x: Tensor) -> Tensor:
        """Return Student-t noise (n, d): a normal over the root of a chi-square by its degrees of freedom."""
        half = (self._model.degrees() / 2).expand_as(x)
        gamma = torch._standard_gamma(half, generator=self._generator)
        return self._randn(*x.shape) * torch.sqrt(half / gamma.clamp_min(1e-6))

    def _weigh(self, x: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return self._model.log_weights(x, ~hidden, self.settings.importance, self._generator)

    def _each(self, answer: Any, chains: Tensor, missing: Tensor) -> Tensor:
        rows = max(1, _VALUES_AT_ONCE // (self.settings.importance * (chains.shape[-1] + self.settings.width)))
        return by_rows(answer, chains, missing, rows)
