"""From the columns of a table to the columns of numbers that methods complete, and back.

A categorical column of k values becomes k indicators (one, where k is 2), which are missing together: its mean is the
vector of probabilities, a draw a corner of the simplex. Every other column stays one column. What a method returns is
decoded to the largest indicator, so that no category is ever invented.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from mirimpute.table.columns import Column, Kind
from mirimpute.table.scale import Scale, observed_scale
from mirimpute.table.wild import NOWHERE, Fences
from mirimpute.types import Array


@dataclass(frozen=True)
class Encoding:
    """Which columns of the problem stand for which column of the table.

    Attributes:
        columns: of the table.
        fences: beyond which a cell is encoded as a missing one, see :mod:`mirimpute.table.wild`.
    """

    columns: tuple[Column, ...]
    fences: Fences = NOWHERE

    @cached_property
    def column_slices(self) -> tuple[Array, ...]:
        """The slice of each column of the table: the numbers of the columns that stand for it."""
        widths = [_width(column) for column in self.columns]
        ends = np.cumsum(widths)
        return tuple(np.arange(end - width, end) for end, width in zip(ends, widths, strict=True))

    @cached_property
    def is_categorical(self) -> Array:
        """Bool (d,), of the columns of the table."""
        return np.array([column.kind is Kind.CATEGORICAL for column in self.columns], dtype=bool)

    @cached_property
    def n_categories(self) -> Array:
        """Int (d,), of the columns of the table: 0 for numbers."""
        return np.array([len(c.categories) if c.kind is Kind.CATEGORICAL else 0 for c in self.columns], dtype=int)

    @property
    def categorical(self) -> tuple[Array, ...]:
        """The slices of the categorical columns."""
        return tuple(place for place, yes in zip(self.column_slices, self.is_categorical, strict=True) if yes)

    @cached_property
    def encoded_columns(self) -> tuple[Column, ...]:
        """Name and kind of each encoded column; indicators are called after their category."""
        found: list[Column] = []
        for column, place in zip(self.columns, self.column_slices, strict=True):
            if column.kind is not Kind.CATEGORICAL:
                found.append(column)
            else:
                named = column.categories if len(place) == len(column.categories) else column.categories[1:]
                found += [replace(column, name=f"{column.name}={category}", categories=()) for category in named]
        return tuple(found)

    def encode(self, values: Array, wild: Array | None = None) -> Array:
        """Return the encoded columns (n, D) of ``values`` (n, d), original units and category numbers.

        Wild cells are NaN, as missing ones are; ``wild`` (n, d) says which they are, where that is known.
        """
        values = self.fences.without(values, wild)
        if not self.is_categorical.any():
            return values
        result = np.empty((len(values), sum(len(place) for place in self.column_slices)))
        for j, place in enumerate(self.column_slices):
            column = values[:, j]
            if not self.is_categorical[j]:
                result[:, place[0]] = column
            else:
                first = len(self.columns[j].categories) - len(place)
                indicators = column[:, None] == np.arange(first, len(self.columns[j].categories))
                result[:, place] = np.where(np.isnan(column)[:, None], np.nan, indicators)
        return result

    def of_encoded(self, wild: Array) -> Array | None:
        """Return which encoded cells (n, D) stand for ``wild`` ones, bool (n, d); None where there are none."""
        widths = [len(place) for place in self.column_slices]
        return np.repeat(wild, widths, axis=1) if wild.any() else None

    def decode(self, x: Array, scale: Scale) -> Array:
        """Return the columns of the table, (..., d), of encoded ones (..., D): category numbers, the rest as it is.

        Args:
            x: standardised by ``scale``.
            scale: of the encoded columns.
        """
        if not self.is_categorical.any():
            return x
        result = np.empty((*x.shape[:-1], len(self.columns)))
        for j, place in enumerate(self.column_slices):
            if not self.is_categorical[j]:
                result[..., j] = x[..., place[0]]
            else:
                indicators = x[..., place] * scale.spread[place] + scale.mean[place]
                largest = indicators.argmax(axis=-1) if len(place) > 1 else indicators[..., 0] > 0.5
                result[..., j] = largest if len(self.columns[j].categories) > 1 else 0
        return result

    def scale_of(self, encoded: Array) -> Scale:
        """Return the scale of encoded columns (n, D), NaN where missing: by :func:`observed_scale`.

        The indicators of a column with three categories and more share one spread, sqrt(1 - sum_k p_k^2) with p the
        observed frequencies: then every column of the table, of numbers or of categories, has variance 1 in all, and
        two random rows differ in it by 2 in the mean of squares.
        """
        scale = observed_scale(encoded)
        spread = scale.spread.copy()
        for place in self.categorical:
            if len(place) > 1:
                gini = 1.0 - float((scale.mean[place] ** 2).sum())
                spread[place] = np.sqrt(gini) if gini > 1e-12 else 1.0
        return replace(scale, spread=spread)

    def category_spread(self, scale: Scale) -> Array:
        """Return sqrt(1 - sum_k p_k^2) of each categorical column of the table (d,), from the scale; 1 for numbers."""
        first = np.array([scale.spread[place[0]] for place in self.column_slices])
        return np.where(self.n_categories == 2, 2**0.5 * first, np.where(self.n_categories > 2, first, 1.0))

    def table_scale(self, scale: Scale) -> Scale:
        """Return the scale of the table's columns from that of the encoded ones; category numbers stay as they are."""
        return without_categories(scale.of(np.array([place[0] for place in self.column_slices])), self.is_categorical)


def without_categories(scale: Scale, is_categorical: Array) -> Scale:
    """Return ``scale`` (d,) with categorical columns left as they are."""
    as_they_are = {"mean": 0.0, "spread": 1.0, "lowest": -np.inf, "highest": np.inf}
    fields = {name: value for name, value in vars(scale).items() if value is not None}
    return Scale(**{name: np.where(is_categorical, as_they_are[name], value) for name, value in fields.items()})


def _width(column: Column) -> int:
    if column.kind is not Kind.CATEGORICAL or len(column.categories) <= 2:
        return 1
    return len(column.categories)
