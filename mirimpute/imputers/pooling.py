"""Rubin's rules: one estimate and its uncertainty from several completed tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from mirimpute.errors import UserError


@dataclass(frozen=True)
class Pooled:
    """What m completed tables say together; each field has the shape of one estimate.

    Attributes:
        estimate: mean of the m estimates.
        variance: total variance T = W + (1 + 1/m) B.
        within: W, the mean of the m variances (what there would be without missing data).
        between: B, the variance of the m estimates, divisor m - 1.
        df: degrees of freedom of the t distribution.
        fraction_missing: fraction of the information about the estimate that is missing, (r + 2 / (df + 3)) / (r + 1)
            with r = (1 + 1/m) B / W.
    """

    estimate: np.ndarray
    variance: np.ndarray
    within: np.ndarray
    between: np.ndarray
    df: np.ndarray
    fraction_missing: np.ndarray

    @property
    def variance_share(self) -> np.ndarray:
        """Lambda: the share of the variance that is due to missing values, (1 + 1/m) B / T; 0 where T is 0."""
        added = self.variance - self.within
        return np.divide(added, self.variance, out=np.zeros_like(added), where=self.variance > 0)

    def interval(self, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Return the lower and upper end of the confidence interval.

        Raises:
            ValueError: ``level`` is outside (0, 1).
        """
        if not 0 < level < 1:
            raise UserError(f"level={level} is outside (0, 1): give a fraction such as 0.95")
        half = stats.t.ppf(0.5 + level / 2, self.df) * np.sqrt(self.variance)
        return self.estimate - half, self.estimate + half


_MOST_DF = 1e15
"""Degrees of freedom; more are as good as a normal distribution."""


def pool(estimates: np.ndarray, variances: np.ndarray | None = None, df_complete: float | None = None) -> Pooled:
    """Combine the analyses of m completed tables.

    Rubin, "Multiple Imputation for Nonresponse in Surveys", 1987, section 3.1; degrees of freedom for small samples by
    Barnard & Rubin, Biometrika 1999.

    Args:
        estimates: (m, ...), the same analysis on each of m >= 2 draws.
        variances: (m, ...), its squared standard error in each. Analyses of :func:`mirimpute.with_` pool themselves.
        df_complete: degrees of freedom that the analysis would have on complete data (None: many).

    Raises:
        ValueError: no variances, fewer than two draws, different shapes, a variance that is negative or not finite, or
            degrees of freedom that are not above 0.

    >>> pooled = pool(np.array([1.0, 2.0, 3.0]), np.array([0.5, 0.5, 0.5]))
    >>> float(pooled.estimate), round(float(pooled.variance), 4)
    (2.0, 1.8333)
    """
    if variances is None:
        raise UserError(
            "no variances are given: pool(estimates, variances) takes an array of each, one entry per completed table; "
            "analyses by with_(tables, formula) are pooled by their own method, with_(tables, formula).pool()"
        )
    q, u = np.asarray(estimates, dtype=float), np.asarray(variances, dtype=float)
    if q.shape != u.shape:
        raise UserError(f"estimates have shape {q.shape} and variances {u.shape}: give one variance per estimate")
    if q.ndim == 0 or len(q) < 2:
        raise UserError(
            f"estimates of shape {q.shape} are of {len(q) if q.ndim else 'no'} draw(s), and pooling needs 2 draws or "
            "more along the first axis: analyse more completed tables"
        )
    for name, values, bad in (
        ("estimates", q, ~np.isfinite(q)),
        ("variances", u, ~(np.isfinite(u) & (u >= 0))),
    ):
        if bad.any():
            raise UserError(
                f"{name} hold {values[bad][0]} (draw {np.argwhere(bad)[0][0]}): give finite estimates, and variances "
                "that are finite and not negative; an analysis that failed has to be mended or left out"
            )
    if df_complete is not None and not 0 < df_complete <= _MOST_DF:
        raise UserError(
            f"df_complete={df_complete} is no number of degrees of freedom: give one above 0, or None for very many"
        )
    m = len(q)
    within, between = u.mean(axis=0), q.var(axis=0, ddof=1)
    added = (1 + 1 / m) * between
    total = within + added
    lost = np.divide(added, total, out=np.zeros_like(total), where=total > 0)
    with np.errstate(divide="ignore"):
        df = np.where(lost > 0, (m - 1) / np.maximum(lost, 1e-300) ** 2, np.inf)
    if df_complete is not None:
        observed = (df_complete + 1) / (df_complete + 3) * df_complete * (1 - lost)
        df = 1 / (1 / df + 1 / np.maximum(observed, 1e-12))
    # r / (r + 1) is the share of the variance, and 1 / (r + 1) the rest of it
    return Pooled(q.mean(axis=0), total, within, between, df, lost + 2 / (df + 3) * (1 - lost))
