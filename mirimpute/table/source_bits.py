"""From a standardised table back to original units: a value that was observed comes back as the source's own bits.

0.1 + 0.2 is not 0.3, and neither is a price that was standardised and restored. What a method draws from the observed
values of a column, or gets by its range, is a value of the source, and is looked up instead of computed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mirimpute.table.scale import Scale
from mirimpute.types import Array

_ROUNDING = 16 * np.finfo(float).eps
_ROWS = 8_192
"""Rows that are compared at a time: they fit into a cache."""


@dataclass(frozen=True)
class SourceBits:
    """The observed values of each column, in order: standardised and as the source has them.

    Attributes:
        standardised, original: for each column an array (k,), the second what the first was made of.
    """

    standardised: tuple[Array, ...]
    original: tuple[Array, ...]

    @classmethod
    def of(cls, original: Array, standardised: Array, whole: Array | None = None) -> SourceBits:
        """Return the observed values of a table.

        Args:
            original: float64 (n, d), NaN where missing.
            standardised: (n, d), the same cells in the scale of a method.
            whole: bool (d,), columns of which every value is kept, of the others the lowest and the highest: where
                nothing else is drawn from the observed ones (default: all).

        >>> SourceBits.of(np.array([[0.3], [0.1], [0.3]]), np.array([[1.0], [-2.0], [1.0]])).original[0].tolist()
        [0.1, 0.3]
        """
        found = []
        for j, (column, numbers) in enumerate(zip(original.T, standardised.T, strict=True)):
            seen = ~np.isnan(column) & ~np.isnan(numbers)  # a wild cell is missing for the method
            distinct, first = np.unique(numbers[seen], return_index=True)
            kept = slice(None) if whole is None or whole[j] or not len(distinct) else [0, -1]
            found.append((distinct[kept], column[seen][first][kept]))
        return cls(tuple(each for each, _ in found), tuple(each for _, each in found))

    @classmethod
    def near(cls, original: Array, standardised: Array, answers: Array) -> SourceBits:
        """Return the observed values that may be one of ``answers`` (d,), for a method that has no others.

        Args:
            original, standardised: see :meth:`of`.
            answers: one for each column, in the scale of the method.
        """
        tolerance = 4 * _ROUNDING * (1 + np.abs(answers))
        parts = (standardised[start : start + _ROWS] for start in range(0, len(standardised), _ROWS))
        close = np.concatenate([np.abs(part - answers) <= tolerance for part in parts])
        found = []
        for j in range(len(answers)):
            rows = np.flatnonzero(close[:, j])
            found.append(cls.of(original[rows, j, None], standardised[rows, j, None]))
        return cls(tuple(each.standardised[0] for each in found), tuple(each.original[0] for each in found))

    def restored(self, x: Array, scale: Scale) -> Array:
        """Return ``x`` (..., d) in original units, what is an observed value but for rounding as that value.

        >>> x, scale = np.array([[0.1], [0.3], [0.9]]), Scale(np.array([0.7]), np.array([0.3]))
        >>> z = scale.standardise(x)
        >>> bool((scale.restore(z) == x).all()), bool((SourceBits.of(x, z).restored(z, scale) == x).all())
        (False, True)
        """
        result = np.empty(x.shape)
        for j in range(len(self.original)):
            result[..., j] = self.restored_column(j, np.ascontiguousarray(x[..., j]), scale)
        return result

    def restored_column(self, j: int, x: Array, scale: Scale) -> Array:
        """Return cells of column ``j``, of any shape, as :meth:`restored` does; ``scale`` is of all columns."""
        values, original = self.standardised[j], self.original[j]
        result = scale.of(np.array([j])).restore(x[..., None])[..., 0]
        if not len(values):
            return result
        place = np.searchsorted((values[1:] + values[:-1]) / 2, x)
        near = np.abs(x - values[place]) <= _ROUNDING * (1 + np.abs(values[place]))
        return np.where(near, original[place], result)

    def arrays(self) -> dict[str, Array]:
        """Return everything as plain arrays, for files without pickle; :meth:`from_arrays` reads them."""
        pairs = enumerate(zip(self.standardised, self.original, strict=True))
        return {f"{j}": np.stack(pair) for j, pair in pairs}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], n_columns: int) -> SourceBits:
        """Return what :meth:`arrays` wrote.

        Raises:
            KeyError, ValueError: the arrays are not those of ``n_columns`` columns.
        """
        pairs = [arrays[f"{j}"] for j in range(n_columns)]
        if any(pair.ndim != 2 or len(pair) != 2 or not np.isfinite(pair).all() for pair in pairs):
            raise ValueError("observed values that are no pairs of finite numbers")
        return cls(tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs))
