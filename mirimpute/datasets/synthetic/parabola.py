"""y = x²: dependence without correlation, and two values of x for one of y."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.datasets.synthetic.base import Synthetic, require


@dataclass
class Parabola(Synthetic):
    """x1 ~ N(0, 1), x2 = x1² + noise z, z ~ N(0, 1).

    E x2 = 1, Var x2 = 2 + noise², Cov(x1, x2) = 0. Given x2 large, x1 is near +√x2 or -√x2, with even odds.

    Attributes:
        noise: standard deviation of what is added to the square.
    """

    noise: float = 0.1

    def check(self) -> None:
        """Raise a UserError when an option is outside its range."""
        super().check()
        require(self.noise >= 0, "noise", self.noise, "at least 0")

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Return a normal column and its square with noise."""
        x1, noise = rng.standard_normal((2, self.n_rows))
        return np.column_stack([x1, x1**2 + self.noise * noise])
