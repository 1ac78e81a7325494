"""The transport of TDM: the entries go down a transport cost between batches, in the space of an invertible network.

As in :mod:`mirimpute.methods.baselines.sinkhorn_transport`, both terms of KL(P_{X(g), M} || q x P_M) are replaced by a
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

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from mirimpute.flow.network import Perceptron
from mirimpute.methods.base import Problem
from mirimpute.methods.baselines.sinkhorn_transport import SinkhornTransport
from mirimpute.types import Progress

if TYPE_CHECKING:
    from mirimpute.methods.baselines.tdm import Tdm

_CLIP = 1.0


class VolumePreserving(nn.Module):
    """Alternating rotations and additive couplings, the identity up to a rotation before any training.

    Args:
        n_columns: d; with one column there is nothing to couple and the map is ±1.
        layers: couplings.
        width: of the hidden layer of each.
        generator: of rotations and weights (on the CPU).
    """

    def __init__(self, n_columns: int, layers: int, width: int, generator: torch.Generator) -> None:
        super().__init__()
        self.n_kept = n_columns // 2
        random = torch.randn((layers, n_columns, n_columns), generator=generator)
        self.register_buffer("rotations", torch.linalg.qr(random).Q)
        sizes = [self.n_kept, width, n_columns - self.n_kept]
        self.shifts = nn.ModuleList(Perceptron(sizes, generator, nn.SiLU) for _ in range(layers if self.n_kept else 0))
        for shift in self.shifts:
            for parameter in list(shift.parameters())[-2:]:  # of the last layer
                nn.init.zeros_(parameter)

    rotations: Tensor

    def forward(self, x: Tensor) -> Tensor:
        """Return f(x), (..., d)."""
        for number, rotation in enumerate(self.rotations):
            x = x @ rotation
            if self.n_kept:
                kept, moved = x[..., : self.n_kept], x[..., self.n_kept :]
                x = torch.cat([kept, moved + self.shifts[number](kept)], dim=-1)
        return x

    def inverse(self, z: Tensor) -> Tensor:
        """Return the x with f(x) = z, (..., d)."""
        for number in reversed(range(len(self.rotations))):
            if self.n_kept:
                kept, moved = z[..., : self.n_kept], z[..., self.n_kept :]
                z = torch.cat([kept, moved - self.shifts[number](kept)], dim=-1)
            z = z @ self.rotations[number].mT
        return z


class TdmTransport(SinkhornTransport):
    """Batch matching behind a learnt bijection; ``settings`` are those of the method."""

    def __init__(self, settings: Tdm, problem: Problem, progress: Progress) -> None:
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
            nn.utils.clip_grad_norm_(self.map.parameters(), _CLIP)
            self._map_optimiser.step()
            self._map_optimiser.zero_grad()
