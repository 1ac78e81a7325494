"""Where imputed values may lie."""

from __future__ import annotations

import numpy as np


def bounds(x_incomplete: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the range of what may be imputed in each column: the observed one, widened by 1 unless it is a point."""
    lowest, highest = np.nanmin(x_incomplete, axis=0), np.nanmax(x_incomplete, axis=0)
    margin = np.where(highest > lowest, 1.0, 0.0)
    return lowest - margin, highest + margin
