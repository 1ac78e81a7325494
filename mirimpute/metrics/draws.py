"""`Draws`: what the metrics of all draws compare, the scored cells of the truth and every draw of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Draws:
    """The draws of the scored cells.

    Attributes:
        truth: float64 (k,), standardised scale.
        values: float64 (m, k), same scale, finite.
        n_categories: int (k,), of cells whose values are numbers of categories; None for numbers.

    Raises:
        ValueError: an invariant of the harness is broken (shapes, values that are not finite, no draw, no cell).
    """

    truth: np.ndarray
    values: np.ndarray
    n_categories: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1:] != self.truth.shape or not self.values.size:
            raise ValueError(f"draws {self.values.shape} do not fit {self.truth.shape} scored cells")
        if not (np.isfinite(self.values).all() and np.isfinite(self.truth).all()):
            raise ValueError("draws and truth of the scored cells must be finite")
