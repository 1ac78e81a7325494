"""A columnwise transport that draws observed values of similar rows: predictive mean matching."""

from __future__ import annotations

import numpy as np

from mirimpute.methods.columnwise.bayes import BayesTransport
from mirimpute.methods.columnwise.regressor import placed
from mirimpute.types import Array

_TIE_BREAK = 1e-9
"""Noise, in standard deviations, by which donors of equal prediction are drawn at random."""


class MatchingTransport(BayesTransport):
    """Draws of x_j | x_{-j} that are observed values of the column, from the rows with the nearest prediction.

    The same term of the objective as in :class:`BayesTransport`, with q(x_j | x_{-j}) approximated otherwise: by the
    distribution of x_j among the rows whose linear prediction is nearest. Only the place where to look is linear; the
    spread and the form of the distribution are the data's own, and no value appears that nobody observed. Rows that
    miss the column are predicted by drawn parameters of least squares, rows that observe it by their mean (type 1
    matching, Little 1988; van Buuren, "Flexible Imputation of Missing Data", 2018, algorithm 3.3). Weights that are
    shrunk would pull all predictions to the mean, where the same few donors are nearest to every row.

    Args:
        donors: rows of which one is drawn.
    """

    def __init__(self, donors: int) -> None:
        super().__init__()
        self._donors = donors

    def draw(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> Array:
        """Return for each missing entry the value of a random one of the nearest donors."""
        (column,) = block
        wanted, _ = self._posterior.draw(self._rows(x, missing, column), rng)
        offered = self._posterior.mean(self._inputs)
        values = np.empty_like(wanted)
        for chain, (here, there) in enumerate(zip(wanted, offered, strict=True)):
            apart = _TIE_BREAK * rng.standard_normal(len(there))
            near = nearest(there + apart, here + _TIE_BREAK * rng.standard_normal(len(here)), self._donors)
            picked = rng.integers(near.shape[1], size=len(here))
            values[chain] = self._targets[chain, near[np.arange(len(here)), picked]]
        return placed(values, x, missing, column)


def nearest(offered: Array, wanted: Array, count: int) -> Array:
    """Return for each of ``wanted`` (m,) the indices of the ``count`` nearest of ``offered`` (n,), (m, min(count, n)).

    In sorted order the nearest are neighbours, so that 2 count candidates are enough.

    >>> nearest(np.array([5.0, 1.0, 2.0]), np.array([1.4]), 2)
    array([[1, 2]])
    """
    order = np.argsort(offered, kind="stable")
    n, count = len(offered), min(count, len(offered))
    first = np.clip(np.searchsorted(offered[order], wanted) - count, 0, max(n - 2 * count, 0))
    window = first[:, None] + np.arange(min(2 * count, n))
    distance = np.abs(offered[order][window] - wanted[:, None])
    closest = np.argsort(distance, axis=1, kind="stable")[:, :count]
    return order[np.take_along_axis(window, closest, axis=1)]
