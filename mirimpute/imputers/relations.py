"""Relations that all whole rows keep to and that filled cells may break, with the option that keeps them.

They are looked for where tables have them: among numbers that stand beside one another, parts of one sum and a total
beside its parts; and dates that follow one another. Nothing is enforced, the user is told.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np

from mirimpute.numerics.common_step import are_nearly_whole
from mirimpute.table.columns import NUMBERS, Kind
from mirimpute.types import Array

if TYPE_CHECKING:
    from mirimpute.table.columns import Column

_MOST_PARTS, _MOST_COLUMNS, _MOST_DATES = 12, 300, 12
_FEWEST_ROWS, _FEWEST_ORDERED = 10, 20
_MOST_ROWS = 20_000
"""Rows that are looked at: the first ones."""
_DIGITS, _LARGEST = 6, 1e15
_CLOSE = 0.05
"""Of the least standard deviation of the parts: what a sum may differ by rounding."""


def relations_in(x: Array, columns: Sequence[Column], taken: Sequence[str], shell: bool) -> list[str]:
    """Return a sentence for each relation that filled cells may break.

    Args:
        x: float64 (n, d), original units, NaN where missing.
        columns: of the same.
        taken: names of columns that a sum, an order or a formula moves already.
        shell: name options of the commands, not of :class:`~mirimpute.imputers.imputer.Imputer`.
    """
    x = x[:_MOST_ROWS]
    used = {j for j, column in enumerate(columns) if column.name in taken}
    found = []
    for run in _runs(columns):
        parts = x[:, run]
        whole = ~np.isnan(parts).any(axis=1)
        if not used.isdisjoint(run) or whole.sum() < _FEWEST_ROWS + len(run) or whole.all():
            continue
        said = _sum_or_total(parts[whole], [columns[j].name for j in run], shell)
        if said:
            found.append(said)
            used.update(run)
    return found + _orders(x, columns, used, shell)


def _runs(columns: Sequence[Column]) -> Iterator[list[int]]:
    """Yield the places of numbers that stand beside one another, short runs first."""
    numbers = [j for j, column in enumerate(columns) if column.kind in NUMBERS][:_MOST_COLUMNS]
    for length in range(2, _MOST_PARTS + 1):
        for first in range(len(numbers) - length + 1):
            run = numbers[first : first + length]
            if run[-1] - run[0] == length - 1:
                yield run


def _sum_or_total(parts: Array, names: Sequence[str], shell: bool) -> str:
    """Return what whole rows (m, k) keep to: a constant sum, or the first or last is the sum of the others; or ""."""
    few = parts[:_FEWEST_ROWS]
    signs = [np.ones(len(names))]
    if len(names) > 2:
        signs += [np.where(np.arange(len(names)) == j, -1.0, 1.0) for j in (0, len(names) - 1)]
    for sign in signs:
        if not _is_constant(few, sign, sign.min() < 0) or not _is_constant(parts, sign, sign.min() < 0):
            continue
        rows = f"in all {len(parts)} rows without a hole in them"
        if sign.min() > 0:
            total = f"{np.round(np.median(parts.sum(axis=1)), _DIGITS):.15g}"
            option = f"{','.join(names)}={total}"
            how = f"--sum {shlex.quote(option)}" if shell else f"sum_to={{{tuple(names)!r}: {total}}}"
            return (
                f"columns {', '.join(map(repr, names))} sum to {total} {rows}: {how} keeps that where they are filled"
            )
        whole = names[int(sign.argmin())]
        formula = " + ".join(each if each.isidentifier() else f"`{each}`" for each in names if each != whole)
        how = f"--derived {shlex.quote(f'{whole}={formula}')}" if shell else f"derived={{{whole!r}: {formula!r}}}"
        return f"column {whole!r} is {formula} {rows}: {how} keeps that where they are filled"
    return ""


def _is_constant(parts: Array, sign: Array, is_zero: bool) -> bool:
    """Return whether the sums of rows (m, k) with these signs are all the same (or 0), up to their rounding."""
    size = np.abs(parts).max()
    if size > _LARGEST or not (spread := parts.std(axis=0)).all():
        return False
    sums = parts @ sign
    off = np.abs(sums - (0.0 if is_zero else np.median(sums))).max()
    exact, close = 1e-9 * size, _CLOSE * spread.min()
    if off > max(exact, close):
        return False
    scale = next((10.0**k for k in range(_DIGITS + 1) if are_nearly_whole(parts * 10.0**k)), None)
    rounding = exact if scale is None else 0.5 * (len(sign) + 1) / scale
    return bool(off <= max(exact, min(rounding, close)))


def _orders(x: Array, columns: Sequence[Column], used: set[int], shell: bool) -> list[str]:
    """Return the pairs of dates of which one is never before the other though their ranges overlap."""
    days = [j for j, column in enumerate(columns) if column.kind is Kind.DATETIME and j not in used][:_MOST_DATES]
    found = []
    for a, b in permutations(days, 2):
        both = ~np.isnan(x[:, [a, b]]).any(axis=1)
        if both.sum() < _FEWEST_ORDERED or both.all():
            continue
        first, second = x[both, a], x[both, b]
        if (first <= second).all() and (first < second).any() and first.max() > second.min():
            one, other = columns[a].name, columns[b].name
            how = f"--order {shlex.quote(f'{one},{other}')}" if shell else f"order=[{(one, other)!r}]"
            rows = f"in the {both.sum()} rows that have both"
            found.append(f"{one!r} is never after {other!r} {rows}: {how} keeps that where they are filled")
    return found
