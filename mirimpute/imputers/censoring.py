"""Censored cells, such as <0.3: what fills them lies inside of their own ends.

A method takes such a cell for a missing one, and knows nothing of its ends. What it says of the cell is taken for a
normal distribution, with the estimate m for its mean and for its standard deviation s that of the draws around their
estimates over the missing cells of the column in the fit (that of the observed values, where a method does not draw). A
draw x becomes the value of the same rank of this distribution between the ends [a, b],

    F^-1(F(a) + F(x) (F(b) - F(a))),  F the normal distribution of m and s,

and an estimate the mean of that. Where all other values of the column are 0 or more, so are these. No value is piled up
on a limit, as it would be by cutting off. What the approximation leaves out: the method has learnt from the cells that
are not censored alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow

from mirimpute.errors import UserError
from mirimpute.imputers.number_limits import NumberLimits, on_grid_above, on_grid_below, on_nearest
from mirimpute.imputers.options import positions, row_name
from mirimpute.table.censored import are_limits, limits_in
from mirimpute.types import Array

if TYPE_CHECKING:
    from mirimpute.table.columns import Column

DRAWS_OF_SPREADS = 5
"""Draws that tell how far they lie from their estimates."""
_FAR = 5.0
"""Standard deviations from the ends that a mean is taken to be at most: further, ranks have no digits left."""
_RANKS = (np.arange(32) + 0.5) / 32
"""Ranks over which an estimate is a mean."""

Ends = Mapping[int, tuple[Array, Array]]
"""Place of a column -> the lowest and the highest of each of its cells (n,), infinite where nothing is known."""


@dataclass(frozen=True)
class Censored:
    """The censored cells of a table.

    Attributes:
        ends: of the columns that have some; inside of the bounds of the column.
        grid: what the values of these columns are multiples of; 0: any.
    """

    ends: Ends
    grid: Mapping[int, float]

    @classmethod
    def of(cls, x: Array, columns: Sequence[Column], ends: Ends, limits: NumberLimits, rows: Any) -> Censored:
        """Return the censored cells of a table, with the bounds of its columns.

        Args:
            x: float64 (n, d), NaN where missing or censored.
            columns: of the same.
            ends: as they are written.
            limits: bounds and grids of the columns.
            rows: names of the rows; None: their numbers.

        Raises:
            UserError: a bound leaves no room for a cell.
        """
        found = {}
        for j, (low, high) in ends.items():
            are = np.isfinite(low) | np.isfinite(high)
            written = np.concatenate([low[np.isfinite(low)], high[np.isfinite(high)], [0.0]])
            nonnegative = written.min() >= 0 and not (x[:, j] < 0).any()
            low = np.where(are, np.maximum(low, max(limits.low[j], 0.0 if nonnegative else -np.inf)), low)
            high = np.where(are, np.minimum(high, limits.high[j]), high)
            empty = np.flatnonzero(low > high)
            if empty.size:
                raise UserError(
                    f"column {columns[j].name!r} is censored in row {row_name(rows, int(empty[0]))}, and its bounds "
                    "leave no value there: change the bounds, or correct the cell"
                )
            found[j] = low, high
        return cls(found, {j: float(limits.grid[j]) for j in found})

    def held(
        self, x: Array, said: tuple[Array, Array], into: tuple[Array, Array], spreads: Array
    ) -> tuple[Array, Array]:
        """Return point (n, d) and draws (m, n, d) with the censored cells inside of their ends.

        Args:
            x: float64 (n, d), NaN where missing or censored.
            said: what the method says.
            into: the same with other cells as constraints have them.
            spreads: see :func:`spreads_of`.
        """
        point, draws = said
        of_point, of_draws = into[0].copy(), into[1].copy()
        for j, (low, high) in self.ends.items():
            cells = np.flatnonzero(np.isnan(x[:, j]) & (np.isfinite(low) | np.isfinite(high)))
            if not cells.size:
                continue
            spread = float(spreads[j])
            ends = low[cells], high[cells]
            mean = point[cells, j]
            of_point[cells, j] = self._on_grid(j, _between(mean, spread, ends, _RANKS[:, None]).mean(axis=0), ends)
            for k, draw in enumerate(draws):
                rank = _normal().cdf((draw[cells, j] - mean) / spread)
                of_draws[k, cells, j] = self._on_grid(j, _between(mean, spread, ends, rank), ends)
        return of_point, of_draws

    def _on_grid(self, j: int, values: Array, ends: tuple[Array, Array]) -> Array:
        """Return the nearest multiples of the column's grid between the ends, the values where there is none."""
        grid = np.full(len(values), self.grid[j])
        low, high = on_grid_above(ends[0], grid), on_grid_below(ends[1], grid)
        inside = np.clip(np.where(grid > 0, on_nearest(values, grid), values), low, high)
        return np.where(low <= high, inside, np.clip(values, *ends))


def spreads_of(x: Array, point: Array, draws: Array) -> Array:
    """Return the standard deviation of draws around their estimates by column (d,), that of what is observed for none.

    Args:
        x: float64 (n, d), NaN where missing.
        point, draws: (n, d) and (m, n, d), completed.
    """
    missing = np.isnan(x)
    found = np.where(np.isnan(observed := np.nanstd(x, axis=0)) | (observed == 0), 1.0, observed)
    for j in np.flatnonzero(missing.any(axis=0)):
        gaps = draws[:, missing[:, j], j] - point[missing[:, j], j]
        if gaps.size and gaps.any():
            found[j] = np.sqrt(np.mean(gaps**2))
    return found


def _between(mean: Array, spread: float, ends: tuple[Array, Array], rank: Array) -> Array:
    """Return the values of a rank of normal distributions between ends."""
    low, high = ends
    near = np.clip(mean, low - _FAR * spread, high + _FAR * spread)
    values = _truncated().ppf(rank, (low - near) / spread, (high - near) / spread, loc=near, scale=spread)
    return np.asarray(np.clip(values, low, high))


def _normal() -> Any:
    from scipy.stats import norm

    return norm


def _truncated() -> Any:
    from scipy.stats import truncnorm

    return truncnorm


def without_limits(table: Any, names: Sequence[Any]) -> tuple[Any, dict[int, tuple[Array, Array]]]:
    """Return a table whose censored cells are missing, and their ends by the place of the column.

    Args:
        table: a DataFrame or a float64 array (n_rows, n_columns).
        names: of the columns that may have some.

    Raises:
        UserError: no such column, or a cell of one is neither a number nor a limit.
    """
    if not len(names):
        return table, {}
    labels = list(table.columns) if isinstance(table, pd.DataFrame) else list(range(table.shape[1]))
    parts, ends = {}, {}
    for j in positions("censored", list(names), labels):
        if not isinstance(table, pd.DataFrame) or pd.api.types.is_numeric_dtype(table.dtypes.iloc[j]):
            continue  # numbers alone: nothing is censored here
        values = table.iloc[:, j]
        texts = pyarrow.array(
            [None if pd.isna(each) else str(each) for each in values.astype(object)], pyarrow.large_string()
        )
        are = are_limits(texts).to_numpy(zero_copy_only=False)
        ends[j] = limits_in(texts, str(labels[j]))
        numbers = pd.to_numeric(values.astype(object).mask(are), errors="raise")
        parts[j] = pd.Series(numbers.to_numpy(dtype=float), index=values.index, name=values.name)
    if not parts:
        return table, {}
    found = [parts.get(j, table.iloc[:, j]) for j in range(len(labels))]
    return pd.concat(found, axis=1).set_axis(table.columns, axis=1), ends
