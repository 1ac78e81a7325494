"""A line with errors of infinite variance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.datasets.synthetic.base import Synthetic, require


@dataclass
class StudentT(Synthetic):
    """x1 ~ N(0, 1), x2 = slope x1 + t, t ~ Student's t with ν degrees of freedom.

    With ν = 2, the default, the errors have median 0 and no variance; their distribution function is
    1/2 + t / (2 √(2 + t²)). :class:`~mirimpute.datasets.synthetic.heavy_tails.HeavyTails` has tails in all columns.

    Attributes:
        slope: of x2 on x1.
        degrees_of_freedom: ν.
    """

    slope: float = 1.0
    degrees_of_freedom: float = 2.0

    def check(self) -> None:
        """Raise a UserError when an option is outside its range."""
        super().check()
        require(self.degrees_of_freedom > 0, "degrees_of_freedom", self.degrees_of_freedom, "above 0")

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Return x1, and x2 about the line."""
        x1 = rng.standard_normal(self.n_rows)
        errors = rng.standard_t(self.degrees_of_freedom, size=self.n_rows)
        return np.column_stack([x1, self.slope * x1 + errors])
