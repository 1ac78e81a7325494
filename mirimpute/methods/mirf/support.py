"""Where completed values may lie: the observed range, and the observed values of columns in which values repeat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from mirimpute.methods.columnwise.classifier import Corners
from mirimpute.methods.mirf.learnt_parts import checked, of_prefix, prefixed
from mirimpute.types import Array


@dataclass(frozen=True)
class Support:
    """Where completed values may lie, column by column.

    Attributes:
        lowest, highest: (d,), the observed range, for draws.
        of_points: (2, d), the range of the point estimate.
        values: for each column its observed values, sorted, if they repeat (at most half as many as observed cells: an
            integer or a code), else None.
        categorical: see :class:`mirimpute.methods.base.Problem`; of the indicators of a column one is on.
    """

    version: ClassVar[int] = 1

    lowest: Array
    highest: Array
    of_points: Array
    values: tuple[Array | None, ...]
    categorical: tuple[Array, ...]

    @classmethod
    def of(cls, x_incomplete: Array, categorical: tuple[Array, ...], of_points: Array) -> Support:
        """Return the support of the observed cells."""
        found: list[Array | None] = []
        for column in x_incomplete.T:
            observed = column[~np.isnan(column)]
            distinct = np.unique(observed)
            found.append(distinct if 2 * len(distinct) <= len(observed) else None)
        lowest, highest = np.nanmin(x_incomplete, axis=0), np.nanmax(x_incomplete, axis=0)
        return cls(lowest, highest, of_points, tuple(found), categorical)

    def nearest(self, x: Array) -> Array:
        """Return ``x`` (..., d) inside the observed range, and on the nearest observed value where these repeat.

        Of the indicators of a category the one with the largest share is on.
        """
        result = np.clip(x, self.lowest, self.highest)
        for block in self.categorical:
            corners = Corners(self.lowest[block], self.highest[block])
            result[..., block] = corners.mixed(np.eye(corners.count)[corners.labels(x[..., block])])
        for j, values in enumerate(self.values):
            if values is not None:
                result[..., j] = _nearest(values, result[..., j])
        return result

    def of_estimates(self, columns: Array) -> Support:
        """Return the support in which draws of some columns, bool (d,), may lie where estimates may.

        Columns whose values repeat are drawn from these all the same.
        """
        free = columns & np.array([values is None for values in self.values])
        lowest, highest = (
            np.where(free, wide, end) for wide, end in zip(self.of_points, (self.lowest, self.highest), strict=True)
        )
        return replace(self, lowest=lowest, highest=highest)

    def arrays(self) -> dict[str, Array]:
        """Return everything as plain arrays."""
        return {
            "lowest": self.lowest,
            "highest": self.highest,
            "of_points": self.of_points,
            **prefixed("values", {f"{j}": values for j, values in enumerate(self.values) if values is not None}),
            **prefixed("categorical", {f"{number}": block for number, block in enumerate(self.categorical)}),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Support:
        """Return what :meth:`arrays` wrote; ValueError: the arrays are not those of one support."""
        d = len(arrays["lowest"])
        for name, shape in (("lowest", (d,)), ("highest", (d,)), ("of_points", (2, d))):
            checked(arrays[name], shape)
        values, blocks = (of_prefix(name, arrays) for name in ("values", "categorical"))
        return cls(
            lowest=arrays["lowest"],
            highest=arrays["highest"],
            of_points=arrays["of_points"],
            values=tuple(values.get(f"{j}") for j in range(d)),
            categorical=tuple(blocks[f"{number}"] for number in range(len(blocks))),
        )


def _nearest(values: Array, x: Array) -> Array:
    return values[np.searchsorted((values[1:] + values[:-1]) / 2, x)]
