"""D1 and D2: are several coefficients zero together, by what m completed tables say?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class JointTest:
    """A test of several coefficients at once.

    Attributes:
        test: "D1" or "D2".
        terms: that are zero under the hypothesis.
        statistic: distributed as F(df1, df2) under it.
        df1, df2: degrees of freedom.
        p: probability of a statistic as large.
        riv: relative increase of the variance that is due to missing values, mean over the terms.
        df_rule: whose degrees of freedom df2 are.
    """

    test: str
    terms: tuple[str, ...]
    statistic: float
    df1: int
    df2: float
    p: float
    riv: float
    df_rule: str


def d1(terms: tuple[str, ...], estimates: np.ndarray, covariances: np.ndarray, df_complete: float) -> JointTest:
    r"""Return the Wald test of pooled estimates.

    D1 = q' U^-1 q / (k (1 + r)), r = (1 + 1/m) tr(B U^-1) / k, with the mean q of the estimates, the mean U of their
    covariances and the covariance B of the estimates between the tables (Li, Raghunathan & Rubin, JASA 1991). Degrees
    of freedom by Reiter, Biometrika 2007, which counts the rows; by Li et al., which takes them for many, where
    Reiter's do not exist: k (m - 1) <= 4, or df_complete (df_complete + 1) / (df_complete + 3) <= 4 (1 + a).

    Args:
        terms: names of the k coefficients.
        estimates: (m, k).
        covariances: (m, k, k).
        df_complete: degrees of freedom that the analysis would have on complete data; infinity: many.
    """
    m, k = estimates.shape
    mean, within = estimates.mean(axis=0), covariances.mean(axis=0)
    between = np.atleast_2d(np.cov(estimates, rowvar=False))
    r = float((1 + 1 / m) * np.trace(np.linalg.solve(within, between)) / k)
    statistic = float(mean @ np.linalg.solve(within, mean) / (k * (1 + r)))
    df2, rule = reiter_df(k, m, r, df_complete), "Reiter 2007"
    if df2 is None:
        df2, rule = li_df(k, m, r), "Li et al. 1991"
    return JointTest("D1", terms, statistic, k, df2, float(stats.f.sf(statistic, k, df2)), r, rule)


def d2(terms: tuple[str, ...], estimates: np.ndarray, covariances: np.ndarray) -> JointTest:
    """Return the test that pools the Wald statistics d_l = q_l' U_l^-1 q_l of the tables.

    D2 = (mean(d) / k - r (m + 1) / (m - 1)) / (1 + r), r = (1 + 1/m) var(sqrt(d)) (Li, Meng, Raghunathan & Rubin,
    Statistica Sinica 1991). Weaker than D1; the statistic may be below 0, and p is then 1.

    Args:
        terms: names of the k coefficients.
        estimates: (m, k).
        covariances: (m, k, k).
    """
    m, k = estimates.shape
    walds = np.einsum("mk,mk->m", estimates, np.linalg.solve(covariances, estimates[..., None])[..., 0])
    r = float((1 + 1 / m) * np.sqrt(walds).var(ddof=1))
    statistic = float((walds.mean() / k - (m + 1) / (m - 1) * r) / (1 + r))
    df2 = float(k ** (-3 / m) * (m - 1) * (1 + 1 / r) ** 2) if r > 0 else np.inf
    return JointTest("D2", terms, statistic, k, df2, float(stats.f.sf(statistic, k, df2)), r, "Li et al. 1991")


def li_df(k: int, m: int, r: float) -> float:
    """Return Li, Raghunathan & Rubin's degrees of freedom (1991, (1.17) and (1.19)); infinity without missing values.

    >>> round(li_df(2, 5, 0.5987561654), 3)
    24.297
    """
    if r <= 0:
        return np.inf
    t = k * (m - 1)
    if t > 4:
        return 4 + (t - 4) * (1 + (1 - 2 / t) / r) ** 2
    return t * (1 + 1 / k) * (1 + 1 / r) ** 2 / 2


def reiter_df(k: int, m: int, r: float, df_complete: float) -> float | None:
    """Return Reiter's degrees of freedom (Biometrika 2007, (8)); None where the formula has none.

    >>> round(reiter_df(2, 5, 0.5987561654, 20), 3)
    7.18
    """
    t = k * (m - 1)
    if not np.isfinite(df_complete) or t <= 4:
        return None
    a = r * t / (t - 2)
    complete = (df_complete + 1) / (df_complete + 3) * df_complete
    two, four = complete - 2 * (1 + a), complete - 4 * (1 + a)
    if four <= 0:
        return None
    inverse = 1 / four + (
        a**2 * two / ((1 + a) ** 2 * four)
        + 8 * a**2 * two / ((1 + a) * four**2)
        + 4 * a**2 / ((1 + a) * four)
        + 4 * a**2 / (four * two)
        + 16 * a**2 * two / four**3
        + 8 * a**2 / four**2
    ) / (t - 4)
    return 4 + 1 / inverse
