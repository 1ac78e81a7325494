"""TDM: the entries go down a transport cost between batches, in the space of an invertible network.

As in :mod:`mirimpute.methods.baselines.sinkhorn`, both terms of KL(P_{X(g), M} || q x P_M) are replaced by a
distance between random batches of completed rows, which is 0 iff their laws are equal. The squared distance of two
rows, though, is a poor measure of whether one could stand for the other when the data lie on a curved set. A bijection
f leaves all information where it is, I(f(X); M) = I(X; M), so batches may as well be compared as

    min over x_miss and f of S_e(f(X_K), f(X_L)),

with f learnt together with the entries: it makes rows comparable by distance. (The paper has the Wasserstein distance
where this has the Sinkhorn divergence.)

Without a bound f would shrink everything to a point. Here f keeps volumes: rotations alternate with additive couplings
(z1, z2 + h(z1)) (Dinh, Krueger, Bengio, "NICE", 2015), |det df/dx| = 1, so the entropy of f(X) is that of X and a
small distance cannot come from shrinking. (The paper's couplings are affine.)

Reference: Zhao, Sun, Dezfouli, Bonilla, "Transformed Distribution Matching for Missing Value Imputation", ICML 2023.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mirimpute.methods.base import Fitted, Problem
from mirimpute.methods.baselines.neural import OPTIMISERS, fill_near_means, run
from mirimpute.methods.baselines.sinkhorn import Sinkhorn, SinkhornTransport
from mirimpute.methods.parameters import Count, Positive
from mirimpute.types import Progress, lazy, no_progress

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy("torch")

_CLIP = 1.0


@dataclass
class Tdm(Sinkhorn):
    """Move the missing entries until any two batches of completed rows look alike behind an invertible network.

    The other parameters are in :class:`mirimpute.methods.baselines.sinkhorn.Sinkhorn`.

    Attributes:
        layers, width: couplings of the network, and units of the hidden layer of each.
        map_learning_rate: of the network, by Adam.
    """

    libraries: ClassVar[tuple[str, ...]] = (*OPTIMISERS, "mirimpute.methods.baselines.networks")

    name: str = "tdm"
    batch: Count = 128
    layers: Count = 3
    width: Count = 32
    map_learning_rate: Positive = 5e-4

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Complete the table."""
        return run(problem, TdmTransport(self, problem, progress), "mean", fill_near_means)


class TdmTransport(SinkhornTransport):
    """Batch matching behind a learnt bijection."""

    settings: Tdm

    def __init__(self, settings: Tdm, problem: Problem, progress: Progress) -> None:
        from mirimpute.methods.baselines.networks import VolumePreserving

        super().__init__(settings, problem, progress)
        d = problem.x_incomplete.shape[1]
        self.map = VolumePreserving(d, settings.layers, settings.width, self._first).to(self._device)
        weights = list(self.map.parameters())
        self._map_optimiser = torch.optim.Adam(weights, lr=settings.map_learning_rate) if weights else None

    def _embed(self, rows: Tensor) -> Tensor:
        embedded: Tensor = self.map(rows)
        return embedded

    def _descend(self) -> None:
        super()._descend()
        if self._map_optimiser is not None:
            torch.nn.utils.clip_grad_norm_(self.map.parameters(), _CLIP)
            self._map_optimiser.step()
            self._map_optimiser.zero_grad()
