"""How well boosted trees predict the pattern of missing cells from completed rows: a second judge, with interactions.

The classifier of :mod:`mirimpute.numerics.pattern_classifier` is linear in the other columns and their squares, so what
only the *joint* values of two columns show can escape it: values drawn from the column alone (hot deck) do not fit the
other columns, and where the dependence is none of means (y = x²) a line sees nothing. Trees see it. They are slower, so
fewer columns stand for all.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from mirimpute.numerics.pattern_classifier import FARTHEST, FOLDS, Predictability, Targets, from_gains, targets_of
from mirimpute.numerics.thinning import evenly_spaced

MOST_TARGETS = 8
MOST_INPUTS = 64
_MOST_CATEGORIES = 60
_TREES, _LEAVES, _BINS, _RATE = 40, 16, 64, 0.15


def boosted_predictability(
    x: np.ndarray, hidden: np.ndarray, seed: int, n_categories: np.ndarray | None = None
) -> Predictability | None:
    """Return how well boosted trees predict ``hidden`` from ``x``, out of fold; None where no column can be judged.

    Arguments, result and standard errors are those of
    :func:`~mirimpute.numerics.pattern_classifier.predictability`. Of more than 8 columns with enough cells, 8 stand for
    all; a classifier reads at most 64 columns, its own among them.

    Under y = x², y of another row fits its x only by chance, and no line sees that:

    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=1000)
    >>> hidden = np.column_stack([np.zeros(1000, dtype=bool), rng.random(1000) < 0.5])
    >>> y = np.where(hidden[:, 1], rng.permutation(x**2), x**2)
    >>> boosted_predictability(np.column_stack([x, y]), hidden, seed=0).bits > 0.3
    True
    """
    counts_of = np.zeros(x.shape[1], dtype=int) if n_categories is None else n_categories
    targets = targets_of(hidden, MOST_TARGETS, seed)
    if targets is None:
        return None
    inputs = np.union1d(targets.columns, evenly_spaced(x.shape[1], MOST_INPUTS))
    log_odds = _log_odds(_readable(x[:, inputs], counts_of[inputs]), counts_of[inputs] > 0, targets, seed)
    return from_gains(targets, (log_odds - targets.prior)[None])


def _readable(x: np.ndarray, n_categories: np.ndarray) -> np.ndarray:
    """Return the columns with values within bounds; of very many categories the most frequent by number, one for all
    others.
    """
    made = np.where(n_categories > 0, x, np.clip(x, -FARTHEST, FARTHEST))
    for j in np.flatnonzero(n_categories > _MOST_CATEGORIES):
        order = np.argsort(-np.bincount(x[:, j].astype(int), minlength=n_categories[j]), kind="stable")
        place = np.minimum(np.argsort(order), _MOST_CATEGORIES - 1)
        made[:, j] = place[x[:, j].astype(int)]
    return made


def _log_odds(x: np.ndarray, is_categorical: np.ndarray, targets: Targets, seed: int) -> np.ndarray:
    """Return the log-odds of each cell of the pattern, (targets, n), by trees that the other folds taught."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    m, found = targets.m, np.empty(targets.m.shape)
    with threadpool_limits(limits=1, user_api="openmp"):  # workers of a sweep share the cores; sums keep their order
        for target, number in product(range(len(m)), range(FOLDS)):
            rest = targets.fold != number
            pattern = m[target, rest]
            if pattern.min() == pattern.max():  # ten cells may all be in one fold
                found[target, ~rest] = targets.prior[target, ~rest]
                continue
            trees = HistGradientBoostingClassifier(
                max_iter=_TREES,
                max_leaf_nodes=_LEAVES,
                max_bins=_BINS,
                learning_rate=_RATE,
                categorical_features=is_categorical,
                early_stopping=False,
                random_state=seed % 2**31,
            )
            found[target, ~rest] = trees.fit(x[rest], pattern).decision_function(x[~rest])
    return found
