"""The transport of KnewImp: particles that flow up the score of q in a kernel space, with a penalty on entropy.

KL(P_{X(g), M} || q x P_M) = KL(P_{X_obs, M} || q(x_obs) P_M) + E KL(P(x_miss | x_obs, M) || q(x_miss | x_obs)). No g
moves the first term. The second is -E log q(x_miss | x_obs) - H(x_miss | x_obs, M), and log q(x_miss | x_obs) has the
same gradient in x_miss as the joint log q(x). The first part is kept, -E log q(x); the entropy, whose sign asks for
spread, is replaced by its negative times ``entropy_weight`` (the paper's negative entropy regularisation), because
imputation is scored by its error: completions gather where the density is high. A completion is near a conditional
mode, the one uphill of its start; it is a draw among modes, not from q. The chains start at values of other rows, and
the point is their mean (one start at the column means, the paper's, ends in one mode, and has the larger error).

What is approximated, and how:

- the flow. The Wasserstein gradient flow of that functional needs the density of the particles; in the space of a
  kernel K it does not (proposition 3.3), and the velocity is a mean over the rows x' of the table,

      v(x) = E_x' [ K(x, x') s(x') - entropy_weight grad_x' K(x, x') ],

  of which x_miss takes its part. Here the mean is weighted: it is divided by E_x' K(x, x'), so that its scale does not
  depend on the number of rows and columns. K is Gaussian, its squared width a fraction of the median squared distance;
- the score s = grad log q of the completed rows, by denoising score matching at one noise level: the
  prediction of the noise from x + noise_level e is -noise_level s(x). Only observed entries are targets: each column's
  score is learnt from rows that observe it, where the paper takes completions too and so learns its own start.

A round trains the score further and takes ``flow_steps`` Euler steps of the particles.

Reference: Chen, Li, Wang, Zhang, et al., "Rethinking the Diffusion Models for Missing Data Imputation: A Gradient Flow
Perspective", NeurIPS 2024.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from mirimpute.flow.network import ResidualNetwork
from mirimpute.methods.base import Problem
from mirimpute.methods.baselines.diffusion_transport import clipped
from mirimpute.methods.baselines.neural_transport import NeuralTransport
from mirimpute.methods.baselines.sinkhorn_divergence import squared_distances
from mirimpute.types import Progress

if TYPE_CHECKING:
    from mirimpute.methods.baselines.knewimp import KnewImp

_ROWS_FOR_MEDIAN = 1000
_MOST_PARTICLES = 2048
_LARGEST_STEP = 0.5


def kernel_velocity(x: Tensor, others: Tensor, score: Tensor, squared_width: float, entropy_weight: float) -> Tensor:
    """Return the velocity of rows in the mean field of other rows, (n, d).

    K(x, x') = exp(-|x - x'|^2 / (2 w)), grad_x' K = K (x - x') / w; the mean over x' is divided by that of K.

    Args:
        x: (n, d).
        others: x', (m, d).
        score: of the others, (m, d).
        squared_width: w, above 0.
        entropy_weight: above 0 draws rows together, -1 is Stein variational gradient descent on the KL divergence.
    """
    weights = (-squared_distances(x, others) / (2 * squared_width)).softmax(dim=1)
    pull = weights @ others - x  # minus the mean of x - x'
    return weights @ score + entropy_weight * pull / squared_width


class KnewImpTransport(NeuralTransport):
    """Score network, kept warm, and the flow of the rows in it; ``settings`` are those of the method."""

    def __init__(self, settings: KnewImp, problem: Problem, progress: Progress) -> None:
        super().__init__(problem, settings.rounds, progress)
        self.settings = settings
        d = problem.x_incomplete.shape[1]
        network = ResidualNetwork(1, d, d, settings.width, settings.blocks, settings.dropout, self._first)
        self._training = self._trainer(
            network,
            settings.rounds * settings.steps,
            settings.learning_rate,
            settings.weight_decay,
            settings.average,
        )

    def _learn(self, chains: Tensor, missing: Tensor) -> dict[str, Any]:
        settings, network = self.settings, self._training.network
        n_chains, n, d = chains.shape
        shape = (settings.blocks, 1, settings.batch)

        def loss() -> Tensor:
            rows = self._choose(n, settings.batch)
            x, target = chains[self._choose(n_chains, settings.batch), rows], ~missing[rows]
            noise = self._randn(settings.batch, d)
            inputs = self._inputs(network, x + settings.noise_level * noise)
            output = network(inputs, network.dropped(shape, self._generator))[0]
            return torch.where(target, output - noise, 0.0).square().sum() / target.sum().clamp_min(1)

        return {"loss": self._train(self._training, settings.steps, loss)}

    def score(self, x: Tensor) -> Tensor:
        """Return grad log q at rows (n, d), from the predicted noise."""
        network = self._training.averaged
        return -network(self._inputs(network, x))[0] / self.settings.noise_level

    def _inputs(self, network: ResidualNetwork, x: Tensor) -> Tensor:
        return network.inputs(clipped(x), x.new_zeros((len(x), 1)))[None]

    def _means(self, chains: Tensor, missing: Tensor) -> Tensor:
        return torch.stack([self._flow(x, missing, self.score) for x in chains])

    def _flow(self, x: Tensor, missing: Tensor, score: Callable[[Tensor], Tensor]) -> Tensor:
        """Return the rows after the Euler steps; a table of many rows sees a random part of them as x'."""
        settings = self.settings
        some = x[self._choose(len(x), min(len(x), _ROWS_FOR_MEDIAN))]
        width = max(settings.kernel_width * float(squared_distances(some, some).median()), 1e-3)
        step = settings.step_size * settings.noise_level**2
        for _ in range(settings.flow_steps):
            few = len(x) <= _MOST_PARTICLES
            others = x if few else x[self._choose(len(x), _MOST_PARTICLES)]
            scores = score(others)
            speed = torch.cat(
                [
                    kernel_velocity(part, others, scores, width, settings.entropy_weight)
                    for part in x.split(_MOST_PARTICLES)
                ]
            )
            moved = x + (step * speed).clamp(-_LARGEST_STEP, _LARGEST_STEP)
            x = torch.where(missing, moved.clamp(self._lowest, self._highest), x)
        return x
