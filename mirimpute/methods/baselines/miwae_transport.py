"""The transport of MIWAE: a deep latent variable model of the observed entries, inverted by importance sampling.

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
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from mirimpute.flow.network import Perceptron
from mirimpute.methods.base import Problem
from mirimpute.methods.baselines.neural_transport import NeuralTransport, by_rows
from mirimpute.types import Progress

if TYPE_CHECKING:
    from mirimpute.methods.baselines.miwae import Miwae

_LEAST_SCALE = 0.05
_LEAST_FREEDOM = 3.0
_LARGEST_LOG_SPREAD = 5.0
_LARGEST_INPUT = 8.0
_VALUES_AT_ONCE = 2**22


class LatentVariableModel(nn.Module):
    """Encoder e(z | x_obs), normal, and decoder p(x | z), Student-t for each column.

    Args:
        n_columns: d.
        latent: dimensions of z.
        width: of the two hidden layers of each.
        generator: of the initial weights.
    """

    def __init__(self, n_columns: int, latent: int, width: int, generator: torch.Generator) -> None:
        super().__init__()
        self.encoder = Perceptron([2 * n_columns, width, width, 2 * latent], generator, nn.SiLU)
        self.decoder = Perceptron([latent, width, width, 2 * n_columns], generator, nn.SiLU)
        self.freedom = nn.Parameter(torch.full((n_columns,), 2.0))

    def encode(self, x: Tensor, observed: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and standard deviation (n, latent) of z given the observed entries of ``x`` (n, d)."""
        seen = torch.where(observed, x, 0.0).clamp(-_LARGEST_INPUT, _LARGEST_INPUT)
        mean, log_spread = self.encoder(torch.cat([seen, observed.to(x.dtype)], dim=-1)).chunk(2, dim=-1)
        return mean, log_spread.clamp(-_LARGEST_LOG_SPREAD, _LARGEST_LOG_SPREAD).exp()

    def decode(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return location and scale (..., d) of the columns given ``z`` (..., latent)."""
        location, scale = self.decoder(z).chunk(2, dim=-1)
        return location, _LEAST_SCALE + functional.softplus(scale)

    def degrees(self) -> Tensor:
        """Return the degrees of freedom of each column, (d,), above 3."""
        return _LEAST_FREEDOM + functional.softplus(self.freedom).square()

    def log_density(self, x: Tensor, location: Tensor, scale: Tensor) -> Tensor:
        """Return log p(x | z) of each entry."""
        nu = self.degrees()
        constant = torch.lgamma((nu + 1) / 2) - torch.lgamma(nu / 2) - (nu * math.pi).log() / 2
        return constant - scale.log() - (nu + 1) / 2 * torch.log1p(((x - location) / scale) ** 2 / nu)

    def log_weights(
        self, x: Tensor, observed: Tensor, count: int, generator: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Draw ``count`` latents for each row and weigh them.

        Args:
            x: (n, d); entries that are not observed are not used.
            observed: bool (n, d).
            count: K.
            generator: on the device of ``x``.

        Returns:
            log p(x_obs | z) p(z) / e(z | x_obs), (count, n), and location and scale of the columns, (count, n, d).
        """
        mean, spread = self.encode(x, observed)
        noise = torch.randn((count, *mean.shape), generator=generator, device=x.device)
        z = mean + spread * noise
        location, scale = self.decode(z)
        likelihood = (self.log_density(x, location, scale) * observed).sum(dim=-1)
        ratio = -z.square().sum(dim=-1) / 2 + noise.square().sum(dim=-1) / 2 + spread.log().sum(dim=-1)
        return likelihood + ratio, location, scale


def bound(log_weights: Tensor) -> Tensor:
    """Return the importance-weighted bound of each row, log 1/K sum_k w_k, from log w (K, n)."""
    return torch.logsumexp(log_weights, dim=0) - math.log(len(log_weights))


class MiwaeTransport(NeuralTransport):
    """Draws from q(x_miss | x_obs) of a latent variable model; ``settings`` are those of the method."""

    def __init__(self, settings: Miwae, problem: Problem, progress: Progress) -> None:
        super().__init__(problem, 1, progress)
        self.settings = settings
        d = problem.x_incomplete.shape[1]
        network = LatentVariableModel(d, settings.latent, settings.width, self._first)
        self._trainer_of_model = self._trainer(
            network, settings.steps, settings.learning_rate, settings.weight_decay, settings.average
        )
        self._model = self._trainer_of_model.averaged

    def _learn(self, chains: Tensor, missing: Tensor) -> dict[str, Any]:
        x, observed = chains[0], ~missing
        model, settings = self._trainer_of_model.network, self.settings

        def loss() -> Tensor:
            rows = self._choose(len(x), settings.batch)
            weights, _, _ = model.log_weights(x[rows], observed[rows], settings.samples, self._generator)
            return -bound(weights).mean() / x.shape[1]

        return {"loss": self._train(self._trainer_of_model, settings.steps, loss)}

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
        n_chains, n, d = chains.shape
        rows = max(1, _VALUES_AT_ONCE // (self.settings.importance * (d + self.settings.width)))
        flat = by_rows(answer, chains.reshape(-1, d), missing.repeat(n_chains, 1), rows=rows)
        return flat.reshape(n_chains, n, d)
