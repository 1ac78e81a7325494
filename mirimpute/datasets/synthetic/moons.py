"""Two interleaving half circles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.datasets.synthetic.base import Synthetic, require


@dataclass
class Moons(Synthetic):
    """Two interleaving half circles in the plane with Gaussian noise.

    Attributes:
        noise: standard deviation of the noise in each coordinate.
    """

    noise: float = 0.05

    def check(self) -> None:
        """Raise a UserError when an option is outside its range."""
        super().check()
        require(self.noise >= 0, "noise", self.noise, "at least 0")

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Return rows on (cos t, sin t) or (1 - cos t, 1/2 - sin t), t uniform on [0, π], plus noise."""
        angle = rng.uniform(0.0, np.pi, size=self.n_rows)
        upper = rng.random(self.n_rows) < 0.5
        first = np.where(upper, np.cos(angle), 1.0 - np.cos(angle))
        second = np.where(upper, np.sin(angle), 0.5 - np.sin(angle))
        return np.column_stack([first, second]) + self.noise * rng.standard_normal((self.n_rows, 2))
