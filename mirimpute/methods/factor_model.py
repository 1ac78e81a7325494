"""A normal distribution of few factors for tables of many columns: x = mu + L z + e, e independent.

Its covariance is L L^T + diag(psi), so that what is known of a row speaks through k factors: a conditional costs a
matrix of k columns, not one of all. Rubin & Thayer, "EM algorithms for ML factor analysis", Psychometrika 1982; with
missing entries each column is regressed on the factors of the rows that observe it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mirimpute.methods.gaussian import GaussianModel
from mirimpute.types import lazy

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy("torch")

_TILE, _FULL = 1024, 8
_LEAST_NOISE, _RIDGE = 1e-3, 1.0


@dataclass(frozen=True)
class FactorModel(GaussianModel):
    """N(mean, L L^T + diag(psi)); without factors the columns are independent.

    Rows are worked on in tiles of one size: the last bits of a product of matrices depend on their size. Where k is no
    multiple of eight, they also depend on where in its tile a row stands.

    Attributes:
        mean: (d,).
        covariance: (d,), psi, the variances that the factors leave.
        loadings: (d, k), L, contiguous.
    """

    loadings: Tensor

    def arrays(self) -> dict[str, np.ndarray]:
        """Return everything as plain arrays."""
        return {**super().arrays(), "loadings": self.loadings.cpu().numpy()}

    @staticmethod
    def from_arrays(arrays: Mapping[str, np.ndarray]) -> FactorModel:
        """Return the model that :meth:`arrays` wrote; without loadings the columns are independent.

        Raises:
            ValueError: the arrays are not those of one model.
        """
        loadings = arrays.get("loadings", np.zeros((len(arrays["mean"]), 0)))
        if loadings.ndim != 2 or len(loadings) != len(arrays["mean"]) or not np.isfinite(loadings).all():
            raise ValueError(f"loadings of shape {loadings.shape} for {len(arrays['mean'])} columns")
        return FactorModel(*(torch.as_tensor(each) for each in (arrays["mean"], arrays["covariance"], loadings)))

    def to(self, device: torch.device) -> FactorModel:
        """Return the model on another device."""
        return replace(self, **{name: each.to(device) for name, each in vars(self).items() if name in _FIELDS})

    def condition(self, x: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and standard deviation of each entry given the known entries of its row, see the base class."""

        def answer(seen: Tensor, part: Tensor) -> Tensor:
            factors, inner = self._factors(part, seen)
            mean = self.mean + factors @ self.loadings.T
            return torch.stack([torch.where(seen, part, mean), self._spread_of(inner)])

        found = _by_tiles(answer, known, x.to(self.covariance.dtype)).to(x.dtype)
        return found[0], found[1]

    def correlated(self, known: Tensor, noise: Tensor) -> Tensor:
        """Return independent noise with the correlation of the unknown entries of each row given the known ones."""
        if not self.loadings.shape[1] or not len(noise):
            return noise
        deviation = self.covariance.sqrt()

        def answer(seen: Tensor, *draws: Tensor) -> Tensor:
            inner, unknown = self._inner(seen), (~seen).to(self.covariance.dtype)
            root, spread = self._root(inner, unknown), self._spread_of(inner)
            moved = []
            for each in draws:
                told = (root @ ((each * unknown / deviation) @ self.loadings)[:, :, None])[:, :, 0]
                moved.append(torch.where(seen, each, (deviation * each + told @ self.loadings.T) / spread))
            return torch.stack(moved)

        return _by_tiles(answer, known, *noise.to(self.covariance.dtype)).to(noise.dtype)

    @cached_property
    def has_identities(self) -> bool:
        """No sum of columns is exact: each has noise of its own."""
        return False

    @property
    def cells_of_pattern(self) -> int:
        """Return how many numbers :meth:`regression` gives of a pattern."""
        d, k = self.loadings.shape
        return 2 * (d + k * k)

    def regression(self, known: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
        """Return, for each pattern, what :meth:`apply` and :meth:`mix` read.

        Weights (n, d + k^2): 1 / psi of the known entries, and the covariance of the factors given these. Factors
        (n, d + k^2): one over the deviation of the unknown entries, and T of :meth:`_root`. Both 0 elsewhere.
        """
        inner, unknown = self._inner(known), (~known).to(self.covariance.dtype)
        seen, spread = known.to(self.covariance.dtype) / self.covariance, self._spread_of(inner)
        weights = torch.cat([seen, inner.flatten(1)], dim=1)
        factors = torch.cat([unknown / spread, self._root(inner, unknown).flatten(1)], dim=1)
        return weights.to(dtype), spread.to(dtype), factors.to(dtype)

    def apply(self, weights: Tensor, which: Tensor, x: Tensor) -> Tensor:
        """Return the conditional means of rows ``x`` (n, d), by the weights (p, ...) numbered ``which`` (n,)."""
        mean, loadings = self.mean.to(x.dtype), self.loadings.to(x.dtype)
        told = ((x - mean) * weights[which, : len(mean)]) @ loadings
        return mean + _times(weights[:, len(mean) :], which, told) @ loadings.T

    def mix(self, factors: Tensor, which: Tensor, noise: Tensor) -> Tensor:
        """Return noise (n, d) with the correlation of the patterns numbered ``which`` (n,)."""
        deviation, loadings = self.covariance.sqrt().to(noise.dtype), self.loadings.to(noise.dtype)
        scale = factors[which, : len(deviation)]
        told = torch.where(scale > 0, noise / deviation, 0.0) @ loadings
        moved = deviation * noise + _times(factors[:, len(deviation) :], which, told) @ loadings.T
        return torch.where(scale > 0, moved * scale, noise)

    def draw(self, x: Tensor, known: Tensor, count: int, generator: torch.Generator) -> Tensor:
        """Return samples (count, n, d) of the unknown entries of each row of ``x`` (n, d) given its known ones."""
        noise = torch.randn((count, *x.shape), generator=generator, dtype=x.dtype, device=x.device)
        return self.drawn(x, known, noise)

    def drawn(self, x: Tensor, known: Tensor, noise: Tensor) -> Tensor:
        """Return the samples that standard normal ``noise`` (count, n, d) makes."""
        mean, spread = self.condition(x, known)
        return torch.where(known, x, mean + spread * self.correlated(known, noise.to(x.dtype)))

    def _inner(self, known: Tensor) -> Tensor:
        """Return the covariance of the factors given the known entries, (n, k, k)."""
        k = self.loadings.shape[1]
        told = (known.to(self.covariance.dtype) / self.covariance) @ self._products
        precision = told.view(len(known), k, k) + torch.eye(k, dtype=told.dtype, device=told.device)
        return torch.cholesky_inverse(torch.linalg.cholesky(precision)) if k else precision

    def _factors(self, x: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mean of the factors given the known entries, (n, k), and their covariance."""
        inner = self._inner(known)
        told = torch.where(known, (x - self.mean) / self.covariance, 0.0) @ self.loadings
        return (told[:, None] @ inner)[:, 0], inner

    def _spread_of(self, inner: Tensor) -> Tensor:
        """Return the standard deviations given the known entries, (n, d), of covariances of the factors (n, k, k)."""
        return (self.covariance + inner.flatten(1) @ self._products.T).sqrt()

    def _root(self, inner: Tensor, unknown: Tensor) -> Tensor:
        """Return T (n, k, k): psi^1/2 (1 + psi^-1/2 L T L^T psi^-1/2) is a root of the unknown entries' covariance.

        With B = psi^-1/2 L C, where C C^T is the covariance of the factors, and U the Cholesky factor of 1 + B^T B,
        1 + B (1 + U)^-1 B^T is a root of 1 + B B^T; T = C (1 + U)^-1 C^T.
        """
        lower = torch.linalg.cholesky(inner)
        one = torch.eye(inner.shape[-1], dtype=inner.dtype, device=inner.device)
        told = ((unknown / self.covariance) @ self._products).view(inner.shape)
        upper = torch.linalg.cholesky(one + lower.mT @ told @ lower)
        return lower @ torch.linalg.solve_triangular(one + upper, lower.mT, upper=False)

    @cached_property
    def _products(self) -> Tensor:
        return (self.loadings[:, :, None] * self.loadings[:, None]).flatten(1)


_FIELDS = ("mean", "covariance", "loadings")


def fit_factors(x: Tensor, known: Tensor, count: int, rounds: int = 20, tolerance: float = 1e-3) -> FactorModel:
    """Return the factor model of highest likelihood for an incomplete table, its loadings drawn to 0 by a ridge.

    Behind them are further factors without loadings, up to a multiple of eight.

    Args:
        x: float64 (n, d), standardised; entries that are not known may hold anything finite.
        known: bool (n, d).
        count: k, at most n - 1 and d.
        rounds: of EM, at most.
        tolerance: stop once no loading moves by more.
    """
    model = _start(x, known, min(count, len(x) - 1, x.shape[1]))
    for _ in range(rounds):
        before, model = model, _step(model, x, known)
        if not model.loadings.numel() or float((model.loadings - before.loadings).abs().max()) < tolerance:
            break
    padded = torch.nn.functional.pad(model.loadings, (0, -model.loadings.shape[1] % _FULL))
    return replace(model, loadings=padded.contiguous())


def _start(x: Tensor, known: Tensor, k: int) -> FactorModel:
    """Return principal axes of the table with its means in the holes, as far as these let them be seen."""
    filled = torch.where(known, x, 0.0)
    values, vectors = torch.linalg.eigh(filled @ filled.T)
    values, vectors = values[-k:] if k else values[:0], vectors[:, -k:] if k else vectors[:, :0]
    share = float(known.to(x.dtype).mean())
    loadings = (filled.T @ vectors) / (len(x) ** 0.5 * share)
    left = (1 - loadings.square().sum(dim=1)).clamp_min(0.1)
    return FactorModel(torch.zeros(x.shape[1], dtype=x.dtype, device=x.device), left, loadings)


def _step(model: FactorModel, x: Tensor, known: Tensor) -> FactorModel:
    """Return the model after one step of EM: factors of the rows, then each column regressed on them."""
    factors, inner = model._factors(x, known)
    n, k = factors.shape
    one = torch.ones((n, 1), dtype=x.dtype, device=x.device)
    both = torch.cat([factors, one], dim=1)
    second = both[:, :, None] * both[:, None]
    second[:, :k, :k] += inner
    seen = known.to(x.dtype)
    sums = (seen.T @ second.flatten(1)).view(-1, k + 1, k + 1)
    target = torch.where(known, x, 0.0)
    right = target.T @ both
    ridge = torch.full((k + 1,), _RIDGE, dtype=x.dtype, device=x.device)
    ridge[k] = 1e-9
    weights = torch.linalg.solve(sums + torch.diag(ridge), right)
    left = target.square().sum(dim=0) - 2 * (weights * right).sum(dim=1)
    left = left + (weights[:, None] @ sums @ weights[:, :, None])[:, 0, 0]
    variance = (left / seen.sum(dim=0).clamp_min(1)).clamp_min(_LEAST_NOISE)
    return FactorModel(weights[:, k], variance, weights[:, :k])


def _times(matrices: Tensor, which: Tensor, x: Tensor) -> Tensor:
    """Return rows (n, k), each multiplied from the left by the matrix (p, k^2) numbered ``which`` (n,)."""
    k = x.shape[1]
    return (matrices[which].view(-1, k, k) @ x[:, :, None])[:, :, 0] if k else x


def _by_tiles(answer: Callable[..., Tensor], *parts: Tensor) -> Tensor:
    """Return what ``answer`` says of rows, (m, n, d), a tile of the parts (n, d) at a time, the last one filled up."""
    found, n = [], len(parts[0])
    for first in range(0, n, _TILE):
        place = torch.arange(first, first + _TILE, device=parts[0].device)
        place = torch.where(place < n, place, first)
        found.append(answer(*(part[place] for part in parts))[:, : n - first])
    return torch.cat(found, dim=1) if found else parts[-1].new_empty((2, *parts[-1].shape))
