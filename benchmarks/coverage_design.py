"""What the benchmark of coverage simulates: tables with holes, what is estimated from them, and the truth of that.

y = m(z_1, z_2) + noise, all standard normal, the z with correlations of .3. From each table: the mean of y, the slope
of y on z_1, their correlation, and the third quartile of y, with standard errors that assume no form of m.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import norm

QUANTITIES = ("mean", "slope", "correlation", "quartile")
RHO, SLOPE_OF_MAR, QUARTILE = 0.3, 1.5, 0.75
_NODES = 64

Mean = Callable[[np.ndarray, np.ndarray], np.ndarray]

TRUTHS: dict[str, Mean] = {
    "linear": lambda a, b: a + 0.5 * b,
    "quadratic": lambda a, b: a + 0.5 * a**2,
    "interaction": lambda a, b: a + 0.5 * b + 0.5 * a * b,
}
"""E[y | z_1, z_2]. With two columns there is no z_2, and its terms are missing."""


@dataclass(frozen=True)
class Scenario:
    """One way to make tables.

    Attributes:
        columns: 2, z_1 and y, of which y has holes, or 5, z_1 to z_4 and y, of which y, z_2 and z_3 have.
        truth: a key of ``TRUTHS``.
        mechanism: "mcar", or "mar": an entry is missing with the probability logit(a + 1.5 z_1).
        rows: n.
        rate: of the columns with holes.
    """

    columns: int
    truth: str
    mechanism: str
    rows: int
    rate: float

    @property
    def name(self) -> str:
        """The scenario in one word, such as ``5-linear-mar-200-0.5``."""
        return f"{self.columns}-{self.truth}-{self.mechanism}-{self.rows}-{self.rate:g}"

    def table(self, rng: np.random.Generator) -> np.ndarray:
        """Return a complete table (n, columns), y last."""
        k = self.columns - 1
        z = rng.normal(size=(self.rows, k)) @ np.linalg.cholesky(_correlation(k)).T
        y = self._mean(z[:, 0], z[:, 1] if k > 1 else np.zeros(self.rows)) + rng.normal(size=self.rows)
        return np.column_stack([z, y])

    def with_holes(self, table: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the table with NaN in its holes."""
        result = table.copy()
        chance = np.full(len(table), self.rate) if self.mechanism == "mcar" else expit(self._start + 1.5 * table[:, 0])
        for column in [self.columns - 1, *((1, 2) if self.columns > 2 else ())]:
            result[rng.random(len(table)) < chance, column] = np.nan
        return result

    @cached_property
    def answers(self) -> np.ndarray:
        """The true values of ``QUANTITIES``, the correlation as its inverse hyperbolic tangent, by quadrature."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
        a, other = (each.ravel() for each in np.meshgrid(nodes, nodes))
        weight = np.outer(weights, weights).ravel() / weights.sum() ** 2
        b = RHO * a + (1 - RHO**2) ** 0.5 * other if self.columns > 2 else np.zeros(len(a))
        mean = self._mean(a, b)
        centre = weight @ mean
        slope, variance = weight @ (a * mean), weight @ (mean - centre) ** 2 + 1
        quartile = brentq(lambda t: weight @ norm.cdf(t - mean) - QUARTILE, -20, 20)
        return np.array([centre, slope, np.arctanh(slope / variance**0.5), quartile])

    def _mean(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return TRUTHS[self.truth](a, b)

    @cached_property
    def _start(self) -> float:
        nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
        weights = weights / weights.sum()
        return float(brentq(lambda a: weights @ expit(a + SLOPE_OF_MAR * nodes) - self.rate, -20, 20))


def _correlation(k: int) -> np.ndarray:
    return np.full((k, k), RHO) + (1 - RHO) * np.eye(k)


SCENARIOS = tuple(
    Scenario(columns, truth, mechanism, rows, rate)
    for columns, truth in ((2, "linear"), (2, "quadratic"), (5, "linear"), (5, "quadratic"), (5, "interaction"))
    for mechanism in ("mcar", "mar")
    for rows in (200, 800)
    for rate in (0.3, 0.5)
)


def estimates(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the estimates of ``QUANTITIES`` from a complete table, and their squared standard errors.

    Slope and correlation have those of their influence functions (for the slope White's, HC1), the quartile half the
    distance of the order statistics one standard error of the share below and above it (Woodruff 1952).
    """
    n, x, y = len(table), table[:, 0], table[:, -1]
    dx, dy = x - x.mean(), y - y.mean()
    slope = dx @ dy / (dx @ dx)
    rest = dy - slope * dx
    of_slope = n / (n - 2) * (dx**2 @ rest**2) / (dx @ dx) ** 2
    zx, zy = dx / dx.std(), dy / dy.std()
    r = float(np.clip(zx @ zy / n, -0.999999, 0.999999))
    of_r = np.var(zx * zy - r * (zx**2 + zy**2) / 2, ddof=1) / n / (1 - r**2) ** 2
    step = (QUARTILE * (1 - QUARTILE) / n) ** 0.5
    low, middle, high = np.quantile(y, [QUARTILE - step, QUARTILE, QUARTILE + step])
    values = np.array([y.mean(), slope, np.arctanh(r), middle])
    return values, np.array([y.var(ddof=1) / n, of_slope, of_r, ((high - low) / 2) ** 2])
