"""The multivariate normal distribution and its exact conditional, x_miss given x_obs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mirimpute.numerics.row_products import of_each_draw, of_each_row, rows_at_once
from mirimpute.types import lazy

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy("torch")

SMALLEST_VARIANCE = 1e-6
"""Of a column, standardised, and of an entry given the others."""
_IMPOSSIBLE = 3e-4


@dataclass(frozen=True)
class GaussianModel:
    """N(mean, covariance) over the columns of a standardised table.

    Rows may be of another precision: what is solved is solved in that of the model, because where columns nearly
    follow from each other, single precision is not enough.

    Attributes:
        mean: (d,).
        covariance: (d, d), positive definite.
    """

    mean: Tensor
    covariance: Tensor

    def arrays(self) -> dict[str, np.ndarray]:
        """Return everything as plain arrays; :meth:`from_arrays` reads them."""
        return {"mean": self.mean.cpu().numpy(), "covariance": self.covariance.cpu().numpy()}

    @staticmethod
    def from_arrays(arrays: Mapping[str, np.ndarray]) -> GaussianModel:
        """Return the model that :meth:`arrays` wrote."""
        return GaussianModel(*(torch.as_tensor(arrays[name]) for name in ("mean", "covariance")))

    def to(self, device: torch.device) -> GaussianModel:
        """Return the model on another device."""
        return replace(self, mean=self.mean.to(device), covariance=self.covariance.to(device))

    def condition(self, x: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and standard deviation of each entry given the known entries of its row.

        mean = mu + S_{.k} S_kk^{-1} (x_k - mu_k), variance = diag(S - S_{.k} S_kk^{-1} S_{k.}); the rows are solved
        together, with the unknown rows and columns of S replaced by those of the identity.

        Args:
            x: (n, d); entries that are not known may hold anything finite.
            known: bool (n, d).

        Returns:
            Two tensors (n, d); known entries are returned as they are, with the smallest deviation.
        """
        rows = rows_at_once(self.covariance)
        means, spreads = [], []
        for part, part_known in zip(x.split(rows), known.split(rows), strict=True):
            mean, half = self._solved(part, part_known)
            means.append(torch.where(part_known, part, mean.to(x.dtype)))
            spreads.append(self._spread(half).to(x.dtype))
        return torch.cat(means), torch.cat(spreads)

    def correlated(self, known: Tensor, noise: Tensor) -> Tensor:
        """Return independent noise with the correlation of the unknown entries of each row given the known ones.

        Args:
            known: bool (n, d).
            noise: (count, n, d), independent, of mean 0 and variance 1.

        Returns:
            (count, n, d), each entry of mean 0 and variance 1.
        """
        result = torch.empty_like(noise)
        for rows, patterns, which in self._by_pattern(known):
            factors = self._correlation(patterns, self._half(patterns)).to(noise.dtype)
            result[:, rows] = of_each_draw(factors, which, noise.index_select(1, rows))
        return result

    @cached_property
    def has_identities(self) -> bool:
        """Whether a sum of columns hardly varies: no conditional variance is below the smallest eigenvalue."""
        lowest = torch.linalg.eigvalsh(self.covariance)[0] / self.covariance.diagonal().max()
        return float(lowest) <= 10 * _IMPOSSIBLE

    def projections(self, known: Tensor) -> Iterator[tuple[Tensor, Callable[[Tensor], Tensor]]]:
        """Yield rows, int (m,), and what takes from deviations of their unknown entries what an identity rules out.

        Where the columns have identities (copies, parts of a sum), entries that are unknown together can only move
        together. With R the correlation of the unknown entries given the known ones: R^2 (R^2 + e^2)^-1 times the
        deviation from the conditional mean in units of the conditional spreads, e = 3e-4, which takes away directions
        of smaller variance. The function takes and returns deviations (count, m, d).

        Args:
            known: bool (n, d); each row is yielded once.
        """
        ridge = _IMPOSSIBLE**2 * torch.eye(known.shape[1], dtype=self.covariance.dtype, device=known.device)
        for rows, patterns, which in self._by_pattern(known):
            half = self._half(patterns)
            spreads, root = self._spread(half), self._correlation(patterns, half)
            square = torch.linalg.matrix_power(root @ root.mT, 2)
            kept = torch.cholesky_solve(square, torch.linalg.cholesky(square + ridge))

            def project(
                deviation: Tensor, kept: Tensor = kept, which: Tensor = which, spreads: Tensor = spreads
            ) -> Tensor:
                spread = spreads[which]
                return (of_each_draw(kept, which, deviation.to(kept.dtype) / spread) * spread).to(deviation.dtype)

            yield rows, project

    def moments(self, x: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """Return the rows with their conditional means, and Cov[x | x_known] of each, by one factorisation.

        Args:
            x: (n, d), rows that fit into memory d times over.
            known: bool (n, d).

        Returns:
            (n, d), and (n, d, d), zero in the rows and columns of known entries.
        """
        mean, half = self._solved(x, known)
        unknown = (~known).to(x.dtype)
        return mean, (self.covariance - half.mT @ half) * unknown[:, :, None] * unknown[:, None, :]

    def surprise(self, x: Tensor, known: Tensor) -> float:
        """Return the negative log density of the known entries of rows ``x`` (n, d), per entry, in nats."""
        total = 0.0
        rows = rows_at_once(self.covariance)
        for part, part_known in zip(x.split(rows), known.split(rows), strict=True):
            factor = self._factor(part_known)
            from_mean = torch.where(part_known, part - self.mean, 0.0)
            whitened = torch.linalg.solve_triangular(factor, from_mean[:, :, None], upper=False)
            total += float(whitened.square().sum() / 2 + factor.diagonal(dim1=1, dim2=2).log().sum())
        return total / max(int(known.sum()), 1) + math.log(2 * math.pi) / 2

    def _by_pattern(self, known: Tensor) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Yield rows, int (m,), their patterns, bool (p, d), and which of these is whose, int (m,).

        What follows from a pattern alone is found once for all rows that have it; not where the number of columns is
        odd, for the last bits of a product of such matrices depend on where they lie in memory.
        """
        size, start = rows_at_once(self.covariance), 0
        if known.shape[1] % 2:
            for places in torch.arange(len(known), device=known.device).split(size):
                yield places, known[places], places - places[0]
            return
        patterns, which = torch.unique(known, dim=0, return_inverse=True)
        order = which.argsort(stable=True)
        ends = torch.bincount(which, minlength=len(patterns)).cumsum(0).tolist()
        for first in range(0, len(patterns), size):
            end = ends[min(first + size, len(patterns)) - 1]
            rows, start = order[start:end], end
            yield rows, patterns[first : first + size], which[rows] - first

    def _solved(self, x: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """Return the rows with their conditional means, and L^{-1} S_{k.} with L the factor of S_kk, (n, d, d)."""
        d, x = x.shape[1], x.to(self.covariance.dtype)
        keep = known.to(x.dtype)
        right = torch.cat([self.covariance * keep[:, :, None], ((x - self.mean) * keep)[:, :, None]], dim=2)
        solved = torch.linalg.solve_triangular(self._factor(known), right, upper=False)
        half, whitened = solved[:, :, :d], solved[:, :, d:]
        # a sum, not a product of matrices: the last bits of that depend on the other rows
        return torch.where(known, x, self.mean + (half * whitened).sum(dim=1)), half

    def _half(self, known: Tensor) -> Tensor:
        """Return L^{-1} S_{k.} as :meth:`_solved`."""
        right = self.covariance * known.to(self.covariance.dtype)[:, :, None]
        return torch.linalg.solve_triangular(self._factor(known), right, upper=False)

    def _spread(self, half: Tensor) -> Tensor:
        """Return the conditional standard deviations (n, d)."""
        return (self.covariance.diagonal() - (half**2).sum(dim=1)).clamp_min(SMALLEST_VARIANCE).sqrt()

    def _correlation(self, known: Tensor, half: Tensor) -> Tensor:
        """Return the Cholesky factor of the conditional correlation of the unknown entries, (n, d, d).

        Of known entries it is the identity.
        """
        inverse = (~known).to(half.dtype) / self._spread(half)
        correlation = (self.covariance - half.mT @ half) * inverse[:, :, None] * inverse[:, None, :]
        correlation.diagonal(dim1=1, dim2=2).fill_(1 + SMALLEST_VARIANCE)
        return torch.linalg.cholesky(correlation)

    def _factor(self, known: Tensor) -> Tensor:
        keep = known.to(self.covariance.dtype)
        padded = self.covariance * keep[:, :, None] * keep[:, None, :] + torch.diag_embed(1 - keep)
        return torch.linalg.cholesky(padded)

    @property
    def cells_of_pattern(self) -> int:
        """Return how many numbers :meth:`regression` gives of a pattern."""
        return 2 * self.covariance.numel()

    def regression(self, known: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
        """Return, for each pattern, what the conditional needs, to be used for many rows.

        mean = mu + (x - mu) W, where W (n, d, d) has zero rows for the unknown entries; see :meth:`condition`.

        Args:
            known: bool (n, d), the patterns.
            dtype: of the result.

        Returns:
            Weights (n, d, d), standard deviations (n, d), and factors of the correlation (n, d, d), see
            :meth:`correlated`.
        """
        rows = rows_at_once(self.covariance)
        weights, spreads, factors = [], [], []
        for part in known.split(rows):
            half = self._half(part)
            weight = torch.linalg.solve_triangular(self._factor(part).mT, half, upper=True)
            weights.append((weight * part[:, :, None]).to(dtype))
            spreads.append(self._spread(half).to(dtype))
            factors.append(self._correlation(part, half).to(dtype))
        return torch.cat(weights), torch.cat(spreads), torch.cat(factors)

    def apply(self, weights: Tensor, which: Tensor, x: Tensor) -> Tensor:
        """Return mu + (x - mu) W for rows ``x`` (n, d) and the weights (p, d, d) numbered ``which`` (n,), in parts."""
        mean = self.mean.to(x.dtype)
        return mean + of_each_row(x - mean, weights.mT, which)

    def mix(self, factors: Tensor, which: Tensor, noise: Tensor) -> Tensor:
        """Return noise (n, d) times the factors (p, d, d) numbered ``which`` (n,), in parts, see :meth:`correlated`."""
        return of_each_row(noise, factors, which)

    def draw(self, x: Tensor, known: Tensor, count: int, generator: torch.Generator) -> Tensor:
        """Return samples (count, n, d) of the unknown entries of each row of ``x`` (n, d) given its known ones."""
        parts = [
            torch.randn((*part.shape, count), generator=generator, dtype=x.dtype, device=x.device)
            for part in x.split(rows_at_once(self.covariance))
        ]
        return self.drawn(x, known, torch.cat(parts).movedim(-1, 0))

    def drawn(self, x: Tensor, known: Tensor, noise: Tensor) -> Tensor:
        """Return the samples that standard normal ``noise`` (count, n, d) makes; the rest as in :meth:`draw`."""
        rows = rows_at_once(self.covariance)
        result = [x.new_empty((len(noise), 0, x.shape[1]))]
        for part, part_known, part_noise in zip(
            x.split(rows), known.split(rows), noise.split(rows, dim=1), strict=True
        ):
            mean, covariance = self.moments(part, part_known)
            jitter = SMALLEST_VARIANCE * torch.eye(x.shape[1], dtype=mean.dtype, device=x.device)
            each = torch.arange(len(part), device=x.device)
            steps = of_each_draw(torch.linalg.cholesky(covariance + jitter), each, part_noise.to(mean.dtype))
            result.append(torch.where(part_known, part, (mean + steps).to(x.dtype)))
        return torch.cat(result, dim=1)
