"""KnewImp: particles that flow up the score of q in a kernel space, with a penalty on entropy.

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
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from mirimpute.methods.base import Fitted, Problem
from mirimpute.methods.baselines.diffusion import Denoising, DenoisingTransport, clipped
from mirimpute.methods.baselines.neural import run
from mirimpute.methods.baselines.sinkhorn_divergence import squared_distances
from mirimpute.methods.loop import fill_draws
from mirimpute.methods.parameters import Count, Interval, Positive
from mirimpute.types import Progress, lazy, no_progress

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from mirimpute.flow.network import ResidualNetwork
else:
    torch = lazy("torch")

_ROWS_FOR_MEDIAN = 1000
_MOST_PARTICLES = 2048
_LARGEST_STEP = 0.5


@dataclass
class KnewImp(Denoising):
    """Learn the score of the completed rows, let the missing entries flow up it, again.

    The other parameters are in :class:`mirimpute.methods.baselines.diffusion.Denoising`.

    Attributes:
        noise_level: standard deviation of the noise of score matching.
        flow_steps, step_size: Euler steps of the entries in each round, and their length in units of noise_level^2, in
            which a step of 1 along the score alone goes to the denoised row.
        kernel_width: squared width of the kernel, as a fraction of the median squared distance of the rows.
        entropy_weight: weight of the negative entropy (lambda in the paper).
        draws: starts, each a completed table; the point is their mean.
    """

    version: ClassVar[int] = 3

    name: str = "knewimp"
    rounds: Count = 5
    steps: Count = 300
    noise_level: Positive = 0.2
    flow_steps: Count = 20
    step_size: Positive = 0.5
    kernel_width: Positive = 0.005
    entropy_weight: Annotated[float, Interval(0, 10)] = 0.5
    draws: Count = 20

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Complete the table."""
        return run(problem, KnewImpTransport(self, problem, progress), "mean", fill_draws)


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


class KnewImpTransport(DenoisingTransport):
    """Score network and the flow of the rows in it."""

    settings: KnewImp

    def _lesson(self, x: Tensor, missing: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        noise = self._randn(*x.shape)
        return self._inputs(self._training.network, x + self.settings.noise_level * noise), noise, ~missing

    def score(self, x: Tensor) -> Tensor:
        """Return grad log q at rows (n, d), from the predicted noise."""
        network = self._training.averaged
        return -network(self._inputs(network, x)) / self.settings.noise_level

    def _inputs(self, network: ResidualNetwork, x: Tensor) -> Tensor:
        return network.inputs(clipped(x), x.new_zeros((len(x), 1)))

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
