"""How two methods compare over the cases of a grid: rows in, numbers out.

A case is dataset x mechanism x rate. Two methods are compared on the seeds on which both are ok: each by its median
over these seeds. A case without such a seed is left out and counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.cells import CASE

OURS = "mirf"
W2_OURS = ("draw_w2", "shrunk_w2")
W2_OTHERS = ("point_w2", "draw_w2", "shrunk_w2")


@dataclass(frozen=True)
class Ratio:
    """A geometric mean over cases.

    Attributes:
        value: None where no case could be compared.
        cases: how many went in.
        left_out: how many of the grid did not.
    """

    value: float | None
    cases: int
    left_out: int


@dataclass(frozen=True)
class Firsts:
    """In how many cases a method is strictly better than every competitor that has a value.

    Attributes:
        first: the number.
        cases: how many were compared; a case in which the method failed on every seed is one that it is not first in.
        left_out: how many of the grid were not compared.
        partial: compared cases in which at least one competitor has no value.
    """

    first: int
    cases: int
    left_out: int
    partial: int


def per_seed(frame: pd.DataFrame, method: str, fields: Sequence[str]) -> pd.Series:
    """Return the smallest of ``fields`` of each ok row of ``method``, indexed by case and seed."""
    rows = frame[(frame["method"] == method) & (frame["status"] == "ok")].set_index([*CASE, "seed"])
    return rows.reindex(columns=list(fields)).astype(float).min(axis=1).dropna()


def paired(frame: pd.DataFrame, a: tuple[str, Sequence[str]], b: tuple[str, Sequence[str]]) -> pd.DataFrame:
    """Return the medians of two (method, fields) over their common seeds: columns ``a`` and ``b``, a line per case."""
    both = pd.concat({"a": per_seed(frame, *a), "b": per_seed(frame, *b)}, axis=1, join="inner")
    return both.groupby(level=CASE).median()


def ratio(frame: pd.DataFrame, n_cases: int, method: str, other: str, field: str) -> Ratio:
    """Return the geometric mean of ``field`` of ``method`` / of ``other``; the grid has ``n_cases``."""
    pairs = paired(frame, (method, [field]), (other, [field]))
    return _ratio(pairs["a"] / pairs["b"], n_cases)


def ratio_to_best(
    frame: pd.DataFrame,
    n_cases: int,
    method: str,
    fields: Sequence[str],
    competitors: Iterable[str],
    their_fields: Sequence[str],
) -> Ratio:
    """Return the geometric mean of the smallest of ``fields`` of ``method`` / the smallest of any competitor."""
    pairs = [paired(frame, (method, fields), (other, their_fields)) for other in competitors]
    # The ratio to the smallest is the largest ratio.
    return _ratio(_side_by_side([each["a"] / each["b"] for each in pairs]).max(axis=1), n_cases)


def firsts(frame: pd.DataFrame, n_cases: int, method: str, field: str, competitors: Sequence[str]) -> Firsts:
    """Return how often ``method`` has the smallest ``field``."""
    pairs = [paired(frame, (method, [field]), (other, [field])) for other in competitors]
    lead = _side_by_side([each["b"] - each["a"] for each in pairs])
    mine = frame[frame["method"] == method]
    ok_somewhere = mine.assign(ok=mine["status"] == "ok").groupby(CASE)["ok"].any()
    theirs = frame[frame["method"].isin(list(competitors)) & (frame["status"] == "ok")]
    lost = set(ok_somewhere.index[~ok_somewhere]) & set(theirs.groupby(CASE).size().index)
    cases = len(lead) + len(lost)
    return Firsts(
        first=int(((lead > 0) | lead.isna()).all(axis=1).sum()),
        cases=cases,
        left_out=n_cases - cases,
        partial=int(lead.isna().any(axis=1).sum()),
    )


def _side_by_side(columns: Sequence[pd.Series]) -> pd.DataFrame:
    """Return one column per competitor, a line per case in which at least one was compared."""
    return pd.concat(columns, axis=1, join="outer").dropna(how="all") if columns else pd.DataFrame()


def _ratio(by_case: pd.Series, n_cases: int) -> Ratio:
    mean, count = geometric_mean(by_case.to_numpy(dtype=float))
    return Ratio(mean, count, n_cases - count)


def geometric_mean(values: np.ndarray) -> tuple[float | None, int]:
    """Return the geometric mean of the values that are finite and above 0 (None without one), and how many these are.

    >>> geometric_mean(np.array([2.0, 8.0, np.nan, 0.0]))
    (4.0, 2)
    """
    values = values[np.isfinite(values) & (values > 0)]
    return float(np.exp(np.log(values).mean())) if len(values) else None, len(values)
