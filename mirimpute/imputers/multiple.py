"""Multiple imputation: a model for each draw, fitted to a random half of the rows.

Draws of one model leave out that the model is not known, and standard errors pooled over them
(:func:`mirimpute.pool`) are too small. What an estimator finds in a random half of the rows varies, given the data,
about what it finds in all of them by as much as that varies about the truth: the halves stand for draws of the model
from its posterior (the delete-half jackknife; Shao & Wu, Annals of Statistics 1989). Bootstrapped rows would do so
too, but their copies would let the model see its own held-out cells.

What no number of models mends is a bias: from few rows, predictions are drawn towards the mean. With 100 rows, half
of a column hidden, slopes are 6 % too small (``python -m benchmarks.coverage``); ``method=mice
method.kind=bayes`` has no such bias where the data are linear.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from mirimpute.errors import UserError
from mirimpute.table.wild import Fences, warn_of_wild

if TYPE_CHECKING:
    from mirimpute.imputers.mirf_imputer import MirfImputer

_FEWEST_ROWS = 4


def impute_multiple(imputer: MirfImputer, X: Any, n_draws: int) -> list[Any]:
    """Return ``n_draws`` completions of ``X`` by models with the imputer's parameters; see there."""
    settings, model = imputer._settings(), clone(imputer)
    x, columns = model._read(X)
    if len(x) < _FEWEST_ROWS:
        raise UserError(f"{len(x)} row(s) are too few to learn from halves of them: give at least {_FEWEST_ROWS}")
    warn_of_wild(Fences.of(x, columns).sentences(x, columns, X.index if hasattr(X, "iloc") else None))
    rng = np.random.default_rng(check_random_state(imputer.random_state).randint(2**31 - 1))
    tables = []
    for _ in range(n_draws):
        rows = random_half(~np.isnan(x), rng)
        model._learn(settings, x[rows], columns, int(rng.integers(2**31 - 1)))
        _, draws = model._complete_numbers(x, 1, 0)
        tables.append(model._written(X, draws[0]))
    return tables


def random_half(observed: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the indices of half of the rows, in order, and of one more for each column that none of them observes.

    Args:
        observed: bool (n_rows, n_columns), True where there is a value.
        rng: where the choice comes from.
    """
    order = rng.permutation(len(observed))
    half = order[: -(-len(order) // 2)]
    empty = np.flatnonzero(~observed[half].any(axis=0))
    more = order[observed[order][:, empty].argmax(axis=0)]
    return np.union1d(half, more)
