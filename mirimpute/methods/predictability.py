"""Which missing cells the rest of the table says something about: where the mean of the column is not the answer."""

from __future__ import annotations

import numpy as np

from mirimpute.methods.base import Problem
from mirimpute.seeding import generator
from mirimpute.types import Array

_FEWEST_ROWS = 10
_MOST_ROWS = 1000
_MOST_INPUTS = 100
_MOST_COLUMNS = 50
_FOLDS = 5
_CHANCE = 1e-3
_AWAY = 0.01
"""Standard deviations between prediction and mean, at least."""
_PENALTIES = tuple(10.0**k for k in range(-3, 4))


def predictable_cells(problem: Problem, cells: Array, enough: int) -> int:
    """Return how many of ``cells`` a ridge regression on the other columns predicts away from the column's mean.

    Only in columns that it predicts beyond chance: on folds held out, the rank correlation of prediction and value has
    p < .001 over the number of columns. Counting ends at ``enough``. In independent columns there are none, and a cell
    in the middle of a line is none, since there the mean is right.

    Args:
        problem: the incomplete table.
        cells: bool (n_rows, n_columns), some of the missing ones.
        enough: where counting ends.
    """
    x = problem.x_incomplete
    columns = np.flatnonzero(cells.any(axis=0))
    if not columns.size:
        return 0
    rng = generator(0, "predictability")  # not of the problem's seed: the verdict depends on the table alone
    filled = np.where(problem.missing, np.nanmean(np.where(np.isfinite(x), x, np.nan), axis=0), x)
    found = 0
    for column in rng.permutation(columns)[:_MOST_COLUMNS]:
        found += _predicted_away(
            x[:, column], np.delete(filled, column, axis=1), cells[:, column], _CHANCE / len(columns), rng
        )
        if found >= enough:
            break
    return found


def _predicted_away(y: Array, inputs: Array, cells: Array, chance: float, rng: np.random.Generator) -> int:
    """Return how many of ``cells`` (n,) are predicted away from the mean of ``y`` (n,), NaN where missing."""
    from scipy.stats import spearmanr
    from sklearn.linear_model import RidgeCV
    from sklearn.model_selection import KFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    observed = np.flatnonzero(~np.isnan(y))
    if len(observed) < _FEWEST_ROWS:
        return 0
    chosen = np.sort(rng.permutation(observed)[:_MOST_ROWS])
    used = np.sort(rng.permutation(inputs.shape[1])[:_MOST_INPUTS])
    centre, spread = y[observed].mean(), y[observed].std()
    given, wanted = inputs[np.ix_(chosen, used)], (y[chosen] - centre) / spread
    ridge = make_pipeline(StandardScaler(), RidgeCV(_PENALTIES))
    folds = KFold(_FOLDS, shuffle=True, random_state=0)
    predicted = cross_val_predict(ridge, given, wanted, cv=folds)
    if np.ptp(predicted) == 0 or not spearmanr(predicted, wanted, alternative="greater").pvalue < chance:
        return 0
    return int((np.abs(ridge.fit(given, wanted).predict(inputs[np.ix_(cells, used)])) > _AWAY).sum())
