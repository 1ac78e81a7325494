"""Missing not at random: how much the pattern of a column says about its own hidden values.

Self-masking: whether x_ij is missing depends on x_ij alone, log-odds a_j + b_j x_ij. By Bayes' rule the hidden values
of a row follow the conditional of the observed ones, tilted:

    p(x_ij | rest, missing)  is proportional to  p(x_ij | rest, observed) exp(b_j x_ij),

so draws of the flow, weighted by exp(b_j x_ij), are draws of the hidden values. The slope can be read off the pattern,
because

    log-odds(missing | rest) = a_j + log E[exp(b_j x_ij) | rest, observed] = a_j + b_j f_ij + b_j^2 s^2 / 2

where the conditional of the observed values is N(f_ij, s^2): it is the slope of a logistic regression of the pattern on
f_ij, the mean that a model fitted to observed cells predicts from the rest of the row. (Heitjan & Rubin 1991; Franks,
D'Amour, Cron & Airoldi, "Flexible sensitivity analysis", JASA 2020, for the tilt; Miao, Liu, Tchetgen Tchetgen & Geng
2015 for when it is identified.)

What is identified, and what is not. Data alone cannot tell MNAR from MAR: a pattern that follows f_ij is that of
self-masked values, and as well that of values that are missing by the other columns. So nothing is tilted unless it is
asked for. b_j is identified by an assumption: given x_ij, missingness does not depend on the other columns. It is only
as well determined as the rest predicts x_ij. The assumption can be contradicted: a column whose pattern is predicted
better by the rest itself than by f_ij is left alone. That it is not contradicted is no evidence for it.
Patterns that depend on x_ij and on the rest at once are not covered, nor are log-odds that are not monotone in x_ij
(values missing at both ends).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from mirimpute.errors import UserError
from mirimpute.methods.mirf.learnt_parts import checked
from mirimpute.types import Array

if TYPE_CHECKING:
    from mirimpute.methods.mirf.flow_model import FlowModel

MOST_COLUMNS = 256
_MOST_ROWS = 5000
_LEAST_ROWS = 500
_MOST_PREDICTIONS = 200_000
_FOLDS = 5
_LARGEST_LOG_WEIGHT = 30.0
_CONTRADICTED = 2.0
_LEAST_HELD_OUT = 10


@dataclass(frozen=True)
class SelfMasking:
    """The tilt of the draws.

    Attributes:
        slopes: (d,), of the log-odds that a value is missing in the value itself, 0: missing at random.
    """

    version: ClassVar[int] = 1

    slopes: Array

    @property
    def found(self) -> bool:
        """Whether there is a column whose values hide themselves."""
        return bool(self.slopes.any())

    def tilted(self, candidates: Array) -> tuple[Array, Array]:
        """Return how far the tilt moves the mean of each entry, (n, d), and the draws tilted, (m, n, d).

        Each entry's m draws become the quantiles of the same draws weighted by exp(slope x value), a draw at the rank
        that it had: the dependence among the entries of a row stays, and every value is one that was drawn.

        Args:
            candidates: (m, n, d), draws of the values as they are where observed.
        """
        m = len(candidates)
        order = np.argsort(candidates, axis=0, kind="stable")
        ordered = np.take_along_axis(candidates, order, axis=0)
        mean = ordered.mean(axis=0)
        weight = np.exp(np.clip(self.slopes * (ordered - mean), -_LARGEST_LOG_WEIGHT, _LARGEST_LOG_WEIGHT))
        weight /= weight.sum(axis=0)
        shift = (weight * ordered).sum(axis=0) - mean
        passed = np.cumsum(weight, axis=0)
        quantiles = np.empty_like(ordered)
        for rank in range(m):
            reached = np.minimum((passed < (rank + 0.5) / m).sum(axis=0), m - 1)
            quantiles[rank] = np.take_along_axis(ordered, reached[None], axis=0)[0]
        ranks = np.argsort(order, axis=0, kind="stable")
        return shift, np.take_along_axis(quantiles, ranks, axis=0)

    def arrays(self) -> dict[str, Array]:
        """Return everything as plain arrays."""
        return {"slopes": self.slopes}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> SelfMasking:
        """Return what :meth:`arrays` wrote; ValueError: the arrays are not those of slopes."""
        return cls(checked(arrays["slopes"], (len(arrays["slopes"]),)))


@dataclass(frozen=True)
class _Evidence:
    """What the pattern of one column says.

    Attributes:
        slope, error: of the logistic regression of the pattern on f_ij, and its standard error.
        own, rest: log score per row of f_ij and of the rest of the row, out of fold, above that of the bare rate.
    """

    slope: float
    error: float
    own: Array
    rest: Array

    @property
    def contradicted(self) -> bool:
        """Whether the rest tells the pattern better, by more than two standard errors."""
        difference = self.rest - self.own
        return bool(difference.mean() > _CONTRADICTED * difference.std() / len(difference) ** 0.5)


def assumption_note(slopes: Array, missing: Array, left_out: Sequence[Array]) -> str:
    """Return what a reader must know of an answer that assumes self-masking.

    Args:
        slopes: (d,).
        missing: bool (n, d).
        left_out: columns that are indicators of categories, which are never tilted, an int array for each category.
    """
    holes = np.asarray(missing.any(axis=0))
    for block in left_out:
        holes[block] = False
    found = f"in {int((slopes != 0).sum())} of {int(holes.sum())} columns of numbers with missing values"
    return (
        "selection=self_masking (mirf_mnar) assumes that values are missing by their own size, which the data cannot "
        f"tell, and moves its answer by that: a slope was found {found}"
    )


def self_masking_slopes(
    flow: FlowModel, x_incomplete: Array, rng: np.random.Generator, left_out: Array | None = None
) -> Array:
    """Return b_j for each column, (d,), 0 where its values do not hide themselves.

    Self-masking is taken for given, of a strength that is common to the columns up to its sign, as far as their slopes
    agree; columns that contradict it by two standard errors are left alone.

    Args:
        flow: fitted to observed cells.
        x_incomplete: float64 (n, d), standardised.
        rng: chooses rows of a larger table (200,000 predictions are made, in 500 to 5,000 rows), and the folds.
        left_out: columns that are not looked at (default: none): the indicators of categories, missing together, so
            that none of them hides itself alone; and those that are :func:`unpredictable`.

    Raises:
        UserError: more than 256 columns; each is predicted from all others.
    """
    n, d = x_incomplete.shape
    asked = d - (0 if left_out is None else len(left_out))
    slopes = np.zeros(d)
    if asked > MOST_COLUMNS:
        raise UserError(
            f"selection=self_masking (mirf_mnar) compares each column with all others: {asked} columns are more than "
            f"{MOST_COLUMNS}"
        )
    most = int(np.clip(_MOST_PREDICTIONS / d, _LEAST_ROWS, _MOST_ROWS))
    x = x_incomplete if n <= most else x_incomplete[np.sort(rng.choice(n, most, replace=False))]
    missing = np.isnan(x)
    count = missing.sum(axis=0)
    enough = np.minimum(count, len(x) - count) >= 2 * _FOLDS
    if left_out is not None:
        enough[left_out] = False
    columns = np.flatnonzero(enough).tolist()
    if not columns:
        return slopes
    completed = {column: _predicted(flow, x, missing, column) for column in columns}
    regressions = {column: _regress(completed[column][:, column], missing[:, column]) for column in columns}
    found = {
        column: _evidence(completed[column], column, missing[:, column], *regressions[column], rng)
        for column in columns
        if regressions[column][1] < np.inf
    }
    kept = [column for column in found if not found[column].contradicted]
    if kept:
        estimate = np.array([found[column].slope for column in kept])
        error = np.array([found[column].error for column in kept])
        slopes[kept] = _of_common_strength(estimate, error)
    return slopes


def unpredictable(predicted: Array, x: Array, held_out: Array) -> Array:
    """Return the columns, int (k,), whose held-out cells are not even ordered as they are predicted.

    Where the rank correlation of the two is not positive, f_ij is noise, and so is the slope of a pattern in it; ranks,
    because one outlier decides about any other correlation. A column with fewer than ten held-out cells is not judged.

    Args:
        predicted: (n, d), from models that have not seen the held-out cells.
        x: (n, d).
        held_out: bool (n, d), observed cells.
    """
    from scipy.stats import spearmanr

    found = []
    for column in np.flatnonzero(held_out.sum(axis=0) >= _LEAST_HELD_OUT):
        f, y = (each[held_out[:, column], column] for each in (predicted, x))
        if np.ptp(f) > 0 and np.ptp(y) > 0 and spearmanr(f, y).statistic <= 0:
            found.append(column)
    return np.array(found, dtype=int)


def _predicted(flow: FlowModel, x: Array, missing: Array, column: int) -> Array:
    """Return the rows completed by the flow's mean, with the whole of ``column`` predicted, observed or not."""
    hidden = missing.copy()
    hidden[:, column] = True
    return np.where(hidden, flow.mean(flow.rows(x, hidden)), x)


def _regress(expected: Array, missing: Array) -> tuple[float, float]:
    """Return the slope of the log-odds of ``missing`` (n,) in ``expected`` (n,), and its standard error."""
    from scipy.special import expit
    from sklearn.linear_model import LogisticRegression

    if np.ptp(expected) < 1e-9:
        return 0.0, np.inf
    model = LogisticRegression(C=100.0, solver="newton-cholesky").fit(expected[:, None], missing)
    slope = float(model.coef_[0, 0])
    chance = expit(model.intercept_[0] + slope * expected)
    weight = np.maximum(chance * (1 - chance), 1e-12)
    centred = expected - np.average(expected, weights=weight)
    return slope, float(1 / np.sqrt((weight * centred**2).sum()))


def _evidence(
    completed: Array, column: int, missing: Array, slope: float, error: float, rng: np.random.Generator
) -> _Evidence:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=int(rng.integers(2**31)))

    def score(inputs: Array) -> Array:
        if inputs.shape[1] == 0:
            return np.zeros(len(missing))
        model = LogisticRegression(C=1.0, solver="newton-cholesky")
        chance = cross_val_predict(model, inputs, missing, cv=folds, method="predict_proba")[:, 1]
        return np.log(np.clip(np.where(missing, chance, 1 - chance), 1e-9, 1.0))

    bare = np.log(np.where(missing, missing.mean(), 1 - missing.mean()))
    own = completed[:, [column]]
    return _Evidence(slope, error, score(own) - bare, score(np.delete(completed, column, axis=1)) - bare)


def _of_common_strength(slope: Array, error: Array) -> Array:
    """Return the expected slopes if they are +mu or -mu, give or take s, at even odds; mu and s of most likelihood."""
    from scipy.special import expit

    best, answer = -np.inf, slope
    for strength in np.linspace(0, 2, 21):
        for scatter in (0.05, 0.1, 0.2, 0.4, 0.8):
            total = scatter**2 + error**2
            plus, minus = (-((slope - sign * strength) ** 2) / (2 * total) for sign in (1, -1))
            likelihood = float((np.logaddexp(plus, minus) - 0.5 * np.log(total)).sum())
            if likelihood > best:
                centre = strength * (2 * expit(plus - minus) - 1)
                best, answer = likelihood, (slope * scatter**2 + centre * error**2) / total
    return answer
