"""Positive and skewed columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.datasets.synthetic.base import Synthetic, require
from mirimpute.datasets.synthetic.correlated import autoregressive_covariance, check_correlated, correlated_normals


@dataclass
class Lognormal(Synthetic):
    """exp(scale z), z ~ N(0, Σ) with Σ_ij = correlation^|i-j|: positive, skewed, with a long tail.

    With s = scale: E x_j = exp(s² / 2), Cov(x_i, x_j) = exp(s²) (exp(s² Σ_ij) - 1).

    Attributes:
        n_columns: dimension d.
        correlation: of the logarithms of neighbouring columns, in (-1, 1).
        scale: standard deviation of the logarithms.
    """

    n_columns: int = 2
    correlation: float = 0.7
    scale: float = 1.0

    def check(self) -> None:
        """Raise a UserError when an option is outside its range."""
        super().check()
        check_correlated(self.n_columns, self.correlation)
        require(self.scale > 0, "scale", self.scale, "above 0")

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Return the exponentials of correlated normals."""
        covariance = autoregressive_covariance(self.n_columns, self.correlation)
        return np.exp(self.scale * correlated_normals(rng, self.n_rows, covariance))
