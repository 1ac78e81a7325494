"""A columnwise transport by gradient boosting."""

from __future__ import annotations

from typing import Any

import numpy as np

from mirimpute.methods.columnwise.regressor import NewRegressor, RegressorTransport


def boosters(iterations: int, *, of_categories: bool = False) -> NewRegressor:
    """Return what makes unfitted histogram boosters of this many trees (Ke et al., "LightGBM", NeurIPS 2017).

    Args:
        iterations: trees, of categories for each.
        of_categories: classify.
    """

    def new_booster(rng: np.random.Generator) -> Any:
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        kind = HistGradientBoostingClassifier if of_categories else HistGradientBoostingRegressor
        return kind(
            max_iter=iterations,
            max_leaf_nodes=15,
            early_stopping=False,  # it would hold out rows by chance; the loop needs all of them
            random_state=int(rng.integers(2**31)),
        )

    return new_booster


class BoostingTransport(RegressorTransport):
    """E[x_j | x_{-j}] by boosted trees, one of the choices of ``hyper``.

    Keeps KL(g(x_j | x_{-j}) || q(x_j | x_{-j})), as :class:`RegressorTransport` derives, a column at a time, and of it
    the first moment. Approximates E_q[x_j | x_{-j}] by a sum of small trees, each a step down the squared error of
    those before; q's spread is approximated by none.
    """

    def __init__(self, iterations: int) -> None:
        super().__init__(boosters(iterations), boosters(iterations, of_categories=True))
