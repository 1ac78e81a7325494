"""What all numbers of a column are multiples of, such as 100 of salaries in hundreds or .5 of half hours."""

from __future__ import annotations

import numpy as np

from mirimpute.types import Array

_MOST_DECIMALS = 6
FIRST = 1_000
"""Values that are looked at first: most columns show it soon."""
_EXACT = 2.0**53
_ROUNDING = 1e-9
_FEWEST, _FEWEST_DISTINCT = 10, 3
_BY_CHANCE, _BY_CHANCE_OF_DISTINCT = 1e-6, 0.05


def common_step(values: Array) -> float:
    """Return the largest step of which all values are multiples, 0 where it is no more than their last digit.

    Of numbers whose last digit may be any, n are multiples of k last digits by chance with probability k^-n. The step
    counts where that is less than one in a million, and for the different values alone, of which 0 is none, less than
    5 %; of fewer than ten values none does.

    Args:
        values: float64 (n,), none missing.

    >>> common_step(np.array([1200.0, 3100.0, 2000.0, 1900.0] * 3)), common_step(np.array([1.5, 2.0, 3.5, 0.5] * 3))
    (100.0, 0.5)
    >>> common_step(np.array([1.0, 2.0, 3.0] * 9)), common_step(np.array([10.0, 20.0, 30.0]))
    (0.0, 0.0)
    """
    step = 0.0
    for some in (values[:FIRST], values):
        step = _step(some)
        if not step:
            break
    return step


def _step(values: Array) -> float:
    if len(values) < _FEWEST or np.abs(values).max() >= _EXACT:
        return 0.0
    digits = next((k for k in range(_MOST_DECIMALS + 1) if are_nearly_whole(values * 10.0**k)), None)
    if digits is None:
        return 0.0
    times = np.round(np.abs(values) * 10.0**digits)
    distinct = np.unique(times[times > 0]).astype(np.int64)
    if len(distinct) < _FEWEST_DISTINCT:
        return 0.0
    step = float(np.gcd.reduce(distinct))
    if step == 1 or step ** -float(len(values)) > _BY_CHANCE or step ** -float(len(distinct)) > _BY_CHANCE_OF_DISTINCT:
        return 0.0
    return step / 10.0**digits


def are_nearly_whole(times: Array) -> bool:
    """Return whether all are whole numbers that a float holds, but for rounding."""
    nearest = np.round(times)
    near = np.abs(times - nearest) <= _ROUNDING * np.maximum(1.0, np.abs(times))
    return bool((np.abs(nearest) < _EXACT).all() and near.all())
