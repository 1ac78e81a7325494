"""The transport of ``mean`` and ``hot_deck``, which ignores x_obs: the mean of a column, or a value drawn from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mirimpute.methods.transport import Transport
from mirimpute.types import Array


class ColumnTransport(Transport):
    """q(x_miss | x_obs) replaced by the product of the observed marginals.

    ``mean`` is the column mean (mean imputation), ``draw`` a value of another row (hot deck). Both leave the mutual
    information between the pattern and the dependence among columns untouched: that is what the other transports add.
    """

    def __init__(self, categorical: Sequence[Array] = ()) -> None:
        """Store the numbers of the columns that are indicators of one category, which are drawn together."""
        self._categorical = categorical

    def for_categories(self) -> ColumnTransport:
        """Return the same for categories: their shares, or the category of another row."""
        return ColumnTransport(self._categorical)

    def fit(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> None:
        """Keep the observed values of each column; the loss is their variance."""
        self._donors = [x[0, :, column][~missing[:, column]] for column in block]
        self.lose(np.mean([donors.var() for donors in self._donors]))
        place = {int(column): number for number, column in enumerate(block)}
        self._together = [[place[int(j)] for j in each] for each in self._categorical if int(each[0]) in place]

    def mean(self, x: Array, missing: Array, block: Array) -> Array:
        """Return the observed mean of each column."""
        means = np.array([donors.mean() for donors in self._donors])
        return np.broadcast_to(means, (*x.shape[:2], len(block)))

    def draw(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> Array:
        """Return values drawn with replacement from the observed values of each column."""
        drawn = np.stack([rng.choice(donors, size=x.shape[:2]) for donors in self._donors], axis=-1)
        for each in self._together:
            drawn[..., each] = rng.choice(np.stack([self._donors[j] for j in each], axis=-1), size=x.shape[:2])
        return drawn
