"""Where imputed values may lie: in the range that their column can have, as far as the observed cells tell it.

A column that has only nonnegative values stays nonnegative, one with only nonpositive ones nonpositive; where no 0 was
seen, values are at least half of the lowest one (of counts a whole number). One between 0 and 1 (a share), or between 0
and 100 and beyond 95 (a percentage), stays between. An end of the observed range that is
a value of several cells (three at least, and one in a hundred) is taken for an end of the scale, such as 10 of a score
or 5 of a questionnaire's answers. Elsewhere values may lie outside of the observed range by one standard deviation, for
what is hidden may be more extreme than what is seen; from a tenth of one on a note tells how many do.

A conditional mean obeys because it is a mean of such values; regressions do not know it, and their answers are pulled
in (:mod:`mirimpute.methods.column_limits`). Indicators of categories have no limits here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mirimpute.numerics.column_ends import column_counts, column_ends
from mirimpute.table.columns import Column, Kind
from mirimpute.types import Array

Limits = tuple[Array, Array]
"""Lowest and highest, float64 (d,) each."""

_FEWEST_AT_AN_END, _SHARE_AT_AN_END = 3, 0.01
_CLOSE_TO_100 = 95.0
_PART_OF_NEAREST = 0.5 + 1e-9
"""A little more than half: with as many decimals as the nearest value it is not rounded to 0."""
MARGIN = 1.0
"""Standard deviations by which values may lie outside of the observed range, where nothing forbids it."""
TOLD = 0.1
"""Standard deviations outside of the observed range from which on a note tells it."""


def natural_limits(x_incomplete: Array, columns: Sequence[Column]) -> Limits:
    """Return what each column can have, infinite where nothing is known of it.

    Args:
        x_incomplete: float64 (n, d), encoded, original units, NaN where missing, at least one value per column.
        columns: of the same, see :attr:`mirimpute.table.encoding.Encoding.encoded_columns`.
    """
    is_indicator = np.array([column.kind is Kind.CATEGORICAL for column in columns], dtype=bool)
    is_date = np.array([column.kind is Kind.DATETIME for column in columns], dtype=bool)
    lowest, highest = column_ends(x_incomplete)
    enough = np.maximum(_FEWEST_AT_AN_END, _SHARE_AT_AN_END * column_counts(~np.isnan(x_incomplete)))
    is_count = np.array([column.kind is Kind.INTEGER for column in columns], dtype=bool)
    floor = np.where((lowest >= 0) & ~is_date, _towards_zero(lowest, is_count), -np.inf)
    ceiling = np.where((highest <= 0) & ~is_date, -_towards_zero(-highest, is_count), np.inf)
    ceiling = np.where((lowest >= 0) & (highest <= 1) & ~is_date, np.minimum(ceiling, 1.0), ceiling)
    percentage = (lowest >= 0) & (highest > _CLOSE_TO_100) & (highest <= 100) & ~is_date
    ceiling = np.where(percentage, np.minimum(ceiling, 100.0), ceiling)
    floor = np.where(column_counts(x_incomplete == lowest) >= enough, lowest, floor)
    ceiling = np.where(column_counts(x_incomplete == highest) >= enough, highest, ceiling)
    for j, column in enumerate(columns):
        if column.kind is Kind.ORDINAL:
            floor[j], ceiling[j] = 0.0, len(column.categories) - 1.0
    return np.where(is_indicator, -np.inf, floor), np.where(is_indicator, np.inf, ceiling)


def _towards_zero(nearest: Array, is_count: Array) -> Array:
    """Return how near to 0 the values of each column may come, of which the ``nearest`` is observed (d,)."""
    half = _PART_OF_NEAREST * nearest
    return np.where(is_count, np.ceil(nearest / 2), half)


def limits(x_incomplete: Array, spread: Array | float, natural: Limits) -> Limits:
    """Return where values may lie: the observed range widened by ``spread`` (unless it is a point), inside ``natural``.

    Args:
        x_incomplete: float64 (n, d), NaN where missing.
        spread: (d,), a standard deviation.
        natural: see :func:`natural_limits`, in the same scale.
    """
    lowest, highest = column_ends(x_incomplete)
    margin = np.where(highest > lowest, MARGIN * spread, 0.0)
    largest = np.finfo(float).max
    with np.errstate(over="ignore"):
        lowest, highest = np.maximum(lowest - margin, natural[0]), np.minimum(highest + margin, natural[1])
    return np.clip(lowest, -largest, largest), np.clip(highest, -largest, largest)


def narrowed(x_incomplete: Array, natural: Limits, places: Array, bounds: Limits) -> Limits:
    """Return ``natural`` with the ends that are given of some columns, where no observed cell is beyond them.

    Args:
        x_incomplete: float64 (n, D), NaN where missing.
        natural: see :func:`natural_limits`.
        places: numbers (d,) of the columns of which ends are given.
        bounds: (d,) each, NaN where none is given.
    """
    lowest, highest = (each.copy() for each in natural)
    if np.isnan(bounds[0]).all() and np.isnan(bounds[1]).all():
        return lowest, highest
    seen = x_incomplete[:, places]
    below, above = bounds[0] <= np.nanmin(seen, axis=0), bounds[1] >= np.nanmax(seen, axis=0)
    lowest[places[below]], highest[places[above]] = bounds[0][below], bounds[1][above]
    return lowest, highest
