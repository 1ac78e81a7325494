"""Column by column: what was filled in, its range, and how it differs from what was there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.diagnostics.completions import Completions, is_categorical

FAR = 0.5
"""Difference from which on a column is worth a look: of means in observed standard deviations, of shares in total."""


@dataclass(frozen=True)
class Change:
    """What the imputation did to a column.

    Attributes:
        column: number of the column.
        filled: cells.
        share: of the rows.
        observed, imputed: mean of the numbers, wild cells left out; of categories the share of the most frequent
            observed one.
        observed_spread, imputed_spread: standard deviation of the numbers; NaN of categories.
        low, high: smallest and largest imputed number; NaN of categories.
        seen_low, seen_high: smallest and largest observed number; NaN of categories.
        difference: of numbers (imputed - observed) / observed_spread; of categories the total variation distance
            between the shares, 0 to 1.
        outside: imputed numbers beyond the observed ones.
    """

    column: int
    filled: int
    share: float
    observed: float
    observed_spread: float
    imputed: float
    imputed_spread: float
    low: float
    high: float
    seen_low: float
    seen_high: float
    difference: float
    outside: int


def changes(completions: Completions) -> list[Change]:
    """Return a line for each column that had missing cells, in the order of the table."""
    return [_change(completions, j) for j in sorted(completions.incomplete)]


def _change(completions: Completions, j: int) -> Change:
    missing, values = completions.missing[:, j], completions.shown[:, j]
    seen, made = values[completions.observed[:, j]], values[missing]
    filled, share = int(missing.sum()), float(missing.mean())
    if is_categorical(completions.columns[j]):
        size = len(completions.columns[j].categories)
        before, after = shares_of(seen, size), shares_of(made, size)
        top, unknown = int(before.argmax()), float("nan")
        return Change(
            column=j,
            filled=filled,
            share=share,
            observed=float(before[top]),
            observed_spread=unknown,
            imputed=float(after[top]),
            imputed_spread=unknown,
            low=unknown,
            high=unknown,
            seen_low=unknown,
            seen_high=unknown,
            difference=float(np.abs(before - after).sum() / 2),
            outside=0,
        )
    spread = float(seen.std())
    return Change(
        column=j,
        filled=filled,
        share=share,
        observed=float(seen.mean()),
        observed_spread=spread,
        imputed=float(made.mean()),
        imputed_spread=float(made.std()),
        low=float(made.min()),
        high=float(made.max()),
        seen_low=float(seen.min()),
        seen_high=float(seen.max()),
        difference=float((made.mean() - seen.mean()) / (spread or 1.0)),
        outside=int(((made < seen.min()) | (made > seen.max())).sum()),
    )


def shares_of(codes: np.ndarray, size: int) -> np.ndarray:
    """Return the share of each of ``size`` categories.

    >>> shares_of(np.array([0.0, 2.0, 2.0, 2.0]), 3).tolist()
    [0.25, 0.0, 0.75]
    """
    return np.bincount(codes.astype(int), minlength=size) / max(len(codes), 1)


def sentences(completions: Completions) -> list[str]:
    """Return what a reader should look at, a sentence each, with column and rows (counted from 1)."""
    found = []
    for change in changes(completions):
        name, missing = completions.names[change.column], completions.missing[:, change.column]
        if change.outside:
            values = completions.shown[:, change.column]
            odd = missing & ((values < change.seen_low) | (values > change.seen_high))
            found.append(
                f"column {name!r}: {change.outside} of {change.filled} imputed values lie outside of what was "
                f"observed, in row(s) {rows_of(odd)}"
            )
        if abs(change.difference) > FAR:
            what = "categories differ" if is_categorical(completions.columns[change.column]) else "mean differs"
            unit = "in share" if is_categorical(completions.columns[change.column]) else "observed standard deviations"
            found.append(
                f"column {name!r}: the imputed {what} from the observed by {abs(change.difference):.2f} {unit}, which "
                "other columns may explain, or not"
            )
        if change.share > 0.5:
            found.append(f"column {name!r}: {change.share:.0%} of its rows were imputed, more than were observed")
    return found


def rows_of(chosen: np.ndarray, most: int = 10) -> str:
    """Return the numbers of rows, counted from 1, and how many more there are.

    >>> rows_of(np.array([True, False, True])), rows_of(np.ones(4, dtype=bool), most=2)
    ('1, 3', '1, 2 and 2 more')
    """
    rows = np.flatnonzero(chosen) + 1
    more = f" and {len(rows) - most} more" if len(rows) > most else ""
    return ", ".join(map(str, rows[:most])) + more
