"""Which method to use, in a sentence, and how sure that is: from rows of several methods on the same hidden cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mirimpute.report.markup import number

ERROR, DISTRIBUTION = "point_rmse", "draw_energy"
_FEWEST_MASKS = 3
_SURE, _LIKELY = 0.01, 0.05

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Lead:
    """The best method by one measure, beside the next.

    Attributes:
        best, second: names.
        mean, sd: of the best over masks.
        gain: by how much the best is below the second, as a fraction of the second.
        wins: masks on which the best was below the second.
        masks: masks that all methods share.
        p: one-sided p-value of the paired t test over masks that the best is no better than the second.
    """

    best: str
    second: str
    mean: float
    sd: float
    gain: float
    wins: int
    masks: int
    p: float


def advice(rows: Sequence[Row]) -> list[str]:
    """Return sentences for each dataset with at least two methods on three masks or more; none where there is none.

    A method with a mask that failed is left out and named. Masks of one table share its rows, so the p-value speaks of
    other masks of this table, not of other tables.

    Args:
        rows: result rows.
    """
    sentences = []
    keys = ("dataset", "mechanism", "missing_rate", "protocol")
    for case in dict.fromkeys(tuple(row[key] for key in keys) for row in rows):
        own = [row for row in rows if tuple(row[key] for key in keys) == case]
        sentences += _of_case(str(case[0]), own)
    return sentences


def lead(rows: Sequence[Row], field: str) -> Lead | None:
    """Return who leads by ``field`` (smaller is better), or None with fewer than two methods or three masks."""
    from scipy.stats import t

    values = _values(rows, field)
    if len(values) < 2:
        return None
    masks = sorted(set.intersection(*(set(own) for own in values.values())))
    if len(masks) < _FEWEST_MASKS:
        return None
    table = {method: np.array([own[seed] for seed in masks]) for method, own in values.items()}
    best, second = sorted(table, key=lambda method: (table[method].mean(), method))[:2]
    difference = table[second] - table[best]
    error = difference.std(ddof=1) / len(masks) ** 0.5
    p = float(t.sf(difference.mean() / error, len(masks) - 1)) if error > 0 else 0.0 if difference.mean() > 0 else 0.5
    gain = difference.mean() / table[second].mean() if table[second].mean() > 0 else 0.0
    wins = int((difference > 0).sum())
    return Lead(
        best, second, float(table[best].mean()), float(table[best].std(ddof=1)), float(gain), wins, len(masks), p
    )


def _of_case(dataset: str, rows: Sequence[Row]) -> list[str]:
    failed = sorted({str(row["method"]) for row in rows if row["status"] != "ok"})
    sound = [row for row in rows if row["method"] not in failed]
    by_error, by_distribution = lead(sound, ERROR), lead(sound, DISTRIBUTION)
    if by_error is None:
        return []
    sentences = [
        f"{dataset}: use {by_error.best}: its error on hidden cells is the smallest, RMSE {number(by_error.mean)} ± "
        f"{number(by_error.sd)} standard deviations over {by_error.masks} masks, {_gain(by_error)}; "
        f"{_sureness(by_error)}{_cheaper(sound, by_error)}."
    ]
    if by_distribution is not None and by_distribution.best != by_error.best:
        sentences.append(
            f"{dataset}: for the distribution (variances, correlations, multiple imputation) use the draws of "
            f"{by_distribution.best}, {_gain(by_distribution, 'energy distance')}; {_sureness(by_distribution)}."
        )
    if failed:
        sentences.append(f"{dataset}: left out because a mask failed: {', '.join(failed)}.")
    return sentences


def _values(rows: Sequence[Row], field: str) -> dict[str, dict[int, float]]:
    values: dict[str, dict[int, float]] = {}
    for row in rows:
        if row.get(field) is not None:
            values.setdefault(str(row["method"]), {})[int(row["seed"])] = float(row[field])
    return values


def _gain(found: Lead, what: str = "") -> str:
    return f"{f'{what} ' if what else ''}{100 * found.gain:.1f} % below {found.second}, the next"


def _sureness(found: Lead) -> str:
    text = f"it was better on {found.wins} of {found.masks} masks (paired t test, p = {found.p:.2g})"
    if found.p < _SURE:
        return f"this is sure for this table: {text}"
    if found.p < _LIKELY:
        return f"this is likely: {text}"
    return f"this is not sure, {found.second} may do as well: {text}"


def _cheaper(rows: Sequence[Row], found: Lead) -> str:
    """Return that the next method is much faster, where the choice is not sure."""
    seconds = {
        method: float(np.median([row["fit_s"] + row["impute_s"] for row in rows if row["method"] == method]))
        for method in (found.best, found.second)
    }
    if found.p < _LIKELY or seconds[found.second] > 0.5 * seconds[found.best]:
        return ""
    return f"; {found.second} takes {number(seconds[found.second])} s instead of {number(seconds[found.best])} s"
