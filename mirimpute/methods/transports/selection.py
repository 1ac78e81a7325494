"""Missing not at random: how much the pattern of a column says about its own hidden values.

Self-masking: whether x_ij is missing depends on x_ij alone, log-odds a_j + b_j x_ij. By Bayes' rule the hidden values
of a row follow the conditional of the observed ones, tilted:

    p(x_ij | rest, missing)  is proportional to  p(x_ij | rest, observed) exp(b_j x_ij),

which moves the mean of a normal conditional N(f, s^2) by b_j s^2. The slope can be read off the pattern, because

    log-odds(missing | rest) = a_j + log E[exp(b_j x_ij) | rest, observed] = a_j + b_j f_ij + b_j^2 s^2 / 2:

it is the slope of a logistic regression of the pattern on f_ij, the mean that a model fitted to observed cells predicts
from the rest of the row. (Heitjan & Rubin 1991; Franks, D'Amour, Cron & Airoldi, "Flexible sensitivity analysis",
JASA 2020, for the tilt; Miao, Liu, Tchetgen Tchetgen & Geng 2015 for when it is identified.)

What is identified, and what is not. From data alone nothing tells MNAR from MAR. What makes b_j a number is the
assumption that the rest of the row has no say of its own in whether x_ij is missing, and it is only as well
determined as the rest predicts x_ij: without dependence among the columns the slope is shrunk to 0. The assumption can
be contradicted: if the pattern is predicted better by the rest itself than by f_ij, by more than a standard error in
cross-validation, the column is taken to be missing at random, and not tilted. Patterns that depend on x_ij and on the
rest at once are not covered, nor are log-odds that are not monotone in x_ij (values missing at both ends).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mirimpute.errors import UserError

if TYPE_CHECKING:
    from mirimpute.methods.transports.flow_model import FlowModel

Array = np.ndarray

MOST_COLUMNS = 256
_MOST_ROWS = 5000
_FOLDS = 5


def self_masking_tilt(flow: FlowModel, x_incomplete: Array, rng: np.random.Generator) -> Array:
    """Return for each column what the variance of the base is to be multiplied by to get the shift of hidden values.

    It is b_j times the ratio of the flow's squared error on observed cells to the base's variance of them: the base
    knows how the variance goes with the pattern of the row, the flow how large it is.

    Args:
        flow: fitted to observed cells.
        x_incomplete: float64 (n, d), standardised.
        rng: chooses 5,000 rows of a larger table, and the folds.

    Raises:
        UserError: more than 256 columns; each is predicted from all others.
    """
    n, d = x_incomplete.shape
    if d > MOST_COLUMNS:
        raise UserError(
            f"selection=true compares each column with all others: {d} columns are more than {MOST_COLUMNS}"
        )
    x = x_incomplete if n <= _MOST_ROWS else x_incomplete[np.sort(rng.choice(n, _MOST_ROWS, replace=False))]
    missing = np.isnan(x)
    tilt = np.zeros(d)
    for column in np.flatnonzero(missing.any(axis=0) & (~missing).any(axis=0)):
        hidden = missing.copy()
        hidden[:, column] = True
        rows = flow.rows(x, hidden)
        completed = np.where(hidden, flow.mean(rows), x)
        expected, rest = completed[:, column], np.delete(completed, column, axis=1)
        slope = _slope(expected, rest, missing[:, column], rng)
        observed = ~missing[:, column]
        error = np.mean((x[observed, column] - expected[observed]) ** 2)
        variance = float((rows.spread[:, column] ** 2).cpu().numpy()[observed].mean())
        tilt[column] = slope * error / variance
    return tilt


def _slope(expected: Array, rest: Array, missing: Array, rng: np.random.Generator) -> float:
    """Return b of log-odds(missing) = a + b expected (n,), or 0 where ``rest`` (n, d - 1) tells the pattern better.

    The slope has a normal prior of variance 1: a standardised value that changes the odds by e is a strong selection.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    if min(missing.sum(), (~missing).sum()) < 2 * _FOLDS:
        return 0.0
    own = expected[:, None]
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=int(rng.integers(2**31)))

    def losses(inputs: Array) -> Array:
        model = LogisticRegression(C=1.0, max_iter=300)
        chance = cross_val_predict(model, inputs, missing, cv=folds, method="predict_proba")[:, 1]
        return -np.log(np.clip(np.where(missing, chance, 1 - chance), 1e-9, 1.0))

    if rest.shape[1]:
        difference = losses(own) - losses(rest)
        if difference.mean() > difference.std() / len(difference) ** 0.5:
            return 0.0
    return float(LogisticRegression(C=1.0).fit(own, missing).coef_[0, 0])
