"""The rows that multiple imputation fits a model to: for each draw, a random half of them.

Draws from one fitted model ignore parameter uncertainty, and standard errors pooled over them (:func:`mirimpute.pool`)
are too small. What an estimator finds in a random half of the rows varies, given the data, about what it finds in all
of them by as much as that varies about the truth: the halves stand for draws of the model from its posterior (the
delete-half jackknife; Shao & Wu, Annals of Statistics 1989). Bootstrapped rows would do so too, but their copies would
let the model see its own held-out cells.

No number of models mends a bias: from few rows, predictions are drawn towards the mean. With 100 rows, half of a column
hidden, slopes are 6 % too small (``python -m benchmarks.coverage``); ``method=mice method.kind=bayes`` has no such bias
where the data are linear.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mirimpute.errors import UserError

_FEWEST_ROWS = 4


def random_halves(observed: np.ndarray, count: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield :func:`random_half` ``count`` times.

    Raises:
        UserError: fewer than 4 rows.
    """
    if len(observed) < _FEWEST_ROWS:
        raise UserError(
            f"{len(observed)} row(s) are too few to learn from halves of them: give at least {_FEWEST_ROWS}"
        )
    return (random_half(observed, rng) for _ in range(count))


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
