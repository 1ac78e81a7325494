"""A Gaussian with a known covariance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.datasets.synthetic.base import Synthetic
from mirimpute.datasets.synthetic.correlated import autoregressive_covariance, check_correlated, correlated_normals


@dataclass
class Gaussian(Synthetic):
    """N(0, Σ) with Σ_ij = correlation^|i-j|: every conditional is known in closed form.

    Attributes:
        n_columns: dimension d.
        correlation: ρ of neighbouring columns, in (-1, 1).
    """

    n_columns: int = 8
    correlation: float = 0.7

    def check(self) -> None:
        """Raise a UserError when an option is outside its range."""
        super().check()
        check_correlated(self.n_columns, self.correlation)

    def covariance(self) -> np.ndarray:
        """Return Σ, (n_columns, n_columns)."""
        return autoregressive_covariance(self.n_columns, self.correlation)

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Return x = L z with LLᵀ = Σ and z ~ N(0, I)."""
        return correlated_normals(rng, self.n_rows, self.covariance())
