"""A ring: the columns are uncorrelated, and each tells the other up to its sign."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.datasets.synthetic.base import Synthetic, require


@dataclass
class Ring(Synthetic):
    """Points on a circle: (x1, x2) = r (cos t, sin t), t uniform on [0, 2π), r = 1 + noise z, z ~ N(0, 1).

    The columns have mean 0, variance (1 + noise²) / 2 and covariance 0.

    Attributes:
        noise: standard deviation of the radius.
    """

    noise: float = 0.1

    def check(self) -> None:
        """Raise a UserError when an option is outside its range."""
        super().check()
        require(self.noise >= 0, "noise", self.noise, "at least 0")

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Return points of random angle and radius."""
        angle = rng.uniform(0.0, 2.0 * np.pi, size=self.n_rows)
        radius = 1.0 + self.noise * rng.standard_normal(self.n_rows)
        return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
