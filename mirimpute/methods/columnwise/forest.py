"""A columnwise transport by random forests."""

from __future__ import annotations

from typing import Any

import numpy as np

from mirimpute.methods.columnwise.regressor import NewRegressor, RegressorTransport


def forests(trees: int, max_features: float, min_samples_leaf: int, *, of_categories: bool = False) -> NewRegressor:
    """Return what makes unfitted forests of full-depth trees (Breiman 2001), of regression or of classification."""

    def new_forest(rng: np.random.Generator) -> Any:
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

        kind = RandomForestClassifier if of_categories else RandomForestRegressor
        return kind(
            n_estimators=trees,
            max_features=max_features,
            min_samples_leaf=min_samples_leaf,
            n_jobs=-1,
            random_state=int(rng.integers(2**31)),
        )

    return new_forest


class ForestTransport(RegressorTransport):
    """E[x_j | x_{-j}] by a random forest, the transport of ``missforest``.

    Keeps KL(g(x_j | x_{-j}) || q(x_j | x_{-j})), as :class:`RegressorTransport` derives, a column at a time, and of it
    the first moment. Approximates E_q[x_j | x_{-j}] by means over the leaves of trees on bootstrapped rows: no form is
    assumed, and no value beyond the observed ones is predicted; q's spread is approximated by none.
    """

    def __init__(self, trees: int, max_features: float, min_samples_leaf: int) -> None:
        sizes = trees, max_features, min_samples_leaf
        super().__init__(forests(*sizes), forests(*sizes, of_categories=True))
