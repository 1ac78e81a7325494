"""Errors of categories: `error_rate` of one completed table, `brier` and `log_score` of all draws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mirimpute.metrics.base import Metric
from mirimpute.metrics.comparison import Comparison, Undefined
from mirimpute.metrics.draws import Draws

LOG_DRAWS = 10
"""Draws that the log score takes."""


def error_rate(comparison: Comparison) -> float:
    """Return the fraction of the scored cells of categorical columns whose category is not the true one.

    Raises:
        Undefined: no scored cell holds a category.
    """
    cells = comparison.scored & comparison.is_categorical
    if not cells.any():
        raise Undefined("no scored cell holds a category")
    return float((comparison.x_imputed[cells] != comparison.x_true[cells]).mean())


def brier(draws: Draws) -> float:
    """Return the Brier score of the shares of the categories among the draws, mean over the scored cells.

    sum_k (p_k - 1[x = k])^2 with p_k the share; less sum_k p_k (1 - p_k) / (m - 1), so that m draws of the right
    distribution are expected to score as their distribution does, whatever m (twice the error rate with one draw).
    """
    shares, hit, m = _shares(draws)
    score = (shares**2).sum(axis=1) - 2 * hit + 1
    if m > 1:
        score -= (shares * (1 - shares)).sum(axis=1) / (m - 1)
    return float(score.mean())


def log_score(draws: Draws) -> float:
    """Return the mean of -log of the share of the true category among the first ten draws, in nats.

    The share is (draws of the category + 1 / categories) / (draws + 1), so that the score of a category that no draw
    has is finite. That score depends on the number of draws, which is therefore the same for every method.

    Raises:
        Undefined: fewer than ten draws.
    """
    if len(draws.values) < LOG_DRAWS:
        raise Undefined(f"{len(draws.values)} draw(s) give no log score: it takes {LOG_DRAWS}")
    _, hit, m = _shares(replace(draws, values=draws.values[:LOG_DRAWS]))
    assert draws.n_categories is not None
    return float(-np.log((hit * m + 1 / draws.n_categories) / (m + 1)).mean())


def _shares(draws: Draws) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the share of each category in each cell (k, most categories), that of the true one (k,), and draws."""
    assert draws.n_categories is not None
    m, cells = draws.values.shape
    shares = np.zeros((cells, int(draws.n_categories.max())))
    for draw in draws.values.astype(int):
        shares[np.arange(cells), draw] += 1 / m
    return shares, shares[np.arange(cells), draws.truth.astype(int)], m


ERROR_RATE = Metric(
    name="error_rate",
    label="share of wrong categories",
    function=error_rate,
    higher_is_better=False,
    description="Fraction of the scored cells of categorical columns with the wrong category.",
    formula="mean_{(i,j) scored, categorical} 1[y_ij != x_ij]",
    reference="Stekhoven & Buehlmann 2012 (PFC)",
)
BRIER: Metric[Draws] = Metric(
    name="brier",
    label="Brier score of categories",
    function=brier,
    higher_is_better=False,
    description="Brier score of the draws' shares of categories over the scored cells, unbiased in their number.",
    formula="mean sum_k (p_k - 1[x = k])^2 - sum_k p_k (1 - p_k) / (m - 1)",
    reference="Brier 1950; Ferro 2014",
)
LOG_SCORE: Metric[Draws] = Metric(
    name="log_score",
    label="log score of categories",
    function=log_score,
    higher_is_better=False,
    description="Mean negative log of the share of the true category among ten draws, in nats.",
    formula="mean -log((10 p_x + 1/K) / 11)",
    reference="Gneiting & Raftery 2007, section 4.1",
)
