"""Two clusters, the example of the MIRF paper."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.datasets.synthetic.base import Synthetic, require


@dataclass
class TwoGaussians(Synthetic):
    """An equal mixture of N(-2·1, sd²I) and N(+2·1, sd²I), the two-cluster example of the MIRF paper.

    Attributes:
        n_columns: dimension d; the centres are at -2 and +2 in every coordinate.
        sd: standard deviation of each cluster.
    """

    n_columns: int = 2
    sd: float = 0.5

    def check(self) -> None:
        """Raise a UserError when an option is outside its range."""
        super().check()
        require(self.n_columns >= 1, "n_columns", self.n_columns, "at least 1")
        require(self.sd > 0, "sd", self.sd, "above 0")

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Return x = 2s + sd·z with s = ±1 per row and z ~ N(0, I)."""
        side = rng.choice([-1.0, 1.0], size=(self.n_rows, 1))
        return 2.0 * side + self.sd * rng.standard_normal((self.n_rows, self.n_columns))
