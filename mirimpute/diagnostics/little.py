"""Little's test of missing completely at random: are the means of the patterns those of one normal distribution?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from mirimpute.diagnostics.holes import Holes
from mirimpute.methods.gaussian import SMALLEST_VARIANCE
from mirimpute.numerics.thinning import evenly_spaced

CAVEAT = (
    "It takes numbers for normal and sees differences of means alone: a small p speaks against missing completely at "
    "random, a large one does not speak for it, and neither tells missing at random from not at random."
)
MOST_ROWS = 5_000
_ROUNDS, _TOLERANCE = 500, 1e-6
_SINGULAR = 0.01 / SMALLEST_VARIANCE


@dataclass(frozen=True)
class LittleTest:
    """The test's answer.

    Attributes:
        statistic: d², chi-squared with ``df`` degrees of freedom under the hypothesis.
        df: observed columns, added up over the patterns, less the columns.
        p: probability of a statistic as large.
        patterns: how many there are.
        rows: used.
    """

    statistic: float
    df: int
    p: float
    patterns: int
    rows: int


def little_test(x: np.ndarray) -> LittleTest | str:
    """Return Little's test of missing completely at random, or why there is none.

    d² = sum over patterns j of n_j (y_j - mu_j)' S_j^-1 (y_j - mu_j), with the mean y_j of the n_j rows of a pattern in
    the columns that it observes, and the mean mu and the covariance S of the normal distribution of highest likelihood,
    S times n / (n - 1) (Little, JASA 1988, (5)). Of more than 5,000 rows, 5,000 stand for all.

    Args:
        x: float64 (n_rows, n_columns), numbers, NaN where missing.
    """
    from mirimpute.methods.expectation_maximisation import fit_em
    from mirimpute.types import lazy

    torch = lazy("torch")
    x = x[~np.isnan(x).all(axis=1)]
    x = x[evenly_spaced(len(x), MOST_ROWS)]
    if x.shape[1] < 2:
        return "it takes two columns of numbers"
    spread = np.nanstd(x, axis=0)
    x, spread = x[:, spread > 0], spread[spread > 0]
    if x.shape[1] < 2 or len(x) <= x.shape[1]:
        return "it takes two columns of numbers that vary, and more rows than columns"
    x = (x - np.nanmean(x, axis=0)) / spread
    known = ~np.isnan(x)
    patterns, counts = Holes((), ~known).patterns
    if len(counts) < 2:
        return "every row has the same pattern"
    values = torch.from_numpy(np.where(known, x, 0.0))
    model = fit_em(values, torch.from_numpy(known), 0.0, rounds=_ROUNDS, tolerance=_TOLERANCE)
    n = len(x)
    mean, covariance = model.mean.numpy(), model.covariance.numpy() * n / (n - 1)
    if np.linalg.cond(covariance) > _SINGULAR:
        return "columns follow from one another"
    statistic = 0.0
    for pattern, count in zip(patterns, counts, strict=True):
        seen = np.flatnonzero(~pattern)
        rows = (known != pattern).all(axis=1)
        away = x[rows][:, seen].mean(axis=0) - mean[seen]
        statistic += count * away @ np.linalg.solve(covariance[np.ix_(seen, seen)], away)
    df = int((~patterns).sum() - x.shape[1])
    return LittleTest(float(statistic), df, float(stats.chi2.sf(statistic, df)), len(counts), n)
