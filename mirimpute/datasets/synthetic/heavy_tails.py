"""A multivariate t distribution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.datasets.synthetic.base import Synthetic, require
from mirimpute.datasets.synthetic.correlated import autoregressive_covariance, check_correlated, correlated_normals


@dataclass
class HeavyTails(Synthetic):
    """A t copula with t marginals (the multivariate t distribution): heavy tails that also occur together.

    Attributes:
        n_columns: dimension d.
        correlation: ρ of neighbouring columns in the scale matrix Σ_ij = ρ^|i-j|, in (-1, 1).
        degrees_of_freedom: ν; the variance ν/(ν-2) is finite above 2, the kurtosis above 4.
    """

    n_columns: int = 8
    correlation: float = 0.7
    degrees_of_freedom: float = 3.0

    def check(self) -> None:
        """Raise a UserError when an option is outside its range."""
        super().check()
        check_correlated(self.n_columns, self.correlation)
        require(self.degrees_of_freedom > 0, "degrees_of_freedom", self.degrees_of_freedom, "above 0")

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Return x = L z / √(w/ν) with LLᵀ = Σ, z ~ N(0, I) and w ~ χ²(ν), one w per row."""
        normals = correlated_normals(rng, self.n_rows, autoregressive_covariance(self.n_columns, self.correlation))
        w = rng.chisquare(self.degrees_of_freedom, size=(self.n_rows, 1))
        return normals / np.sqrt(w / self.degrees_of_freedom)
