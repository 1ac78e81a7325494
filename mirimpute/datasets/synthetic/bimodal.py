"""Two values for one: a conditional distribution with two modes and nothing between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.datasets.synthetic.base import Synthetic, require


@dataclass
class Bimodal(Synthetic):
    """x2 given x1 has two modes, and its mean lies where nothing is: x1 = z1, x2 = slope x1 + centre s + sd z2.

    z ~ N(0, I), s = ±1 with even odds. E x2 = 0, Var x2 = slope² + centre² + sd², Cov(x1, x2) = slope.

    Attributes:
        slope: of x2 on x1.
        centre: half the distance of the modes.
        sd: standard deviation of each mode.
    """

    slope: float = 1.0
    centre: float = 2.0
    sd: float = 0.3

    def check(self) -> None:
        """Raise a UserError when an option is outside its range."""
        super().check()
        require(self.sd > 0, "sd", self.sd, "above 0")

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Return x1 ~ N(0, 1) and x2 on either of two parallel lines."""
        x1, noise = rng.standard_normal((2, self.n_rows))
        side = rng.choice([-1.0, 1.0], size=self.n_rows)
        return np.column_stack([x1, self.slope * x1 + self.centre * side + self.sd * noise])
