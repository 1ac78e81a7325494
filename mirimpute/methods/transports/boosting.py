"""A columnwise transport by gradient boosting."""

from __future__ import annotations

from typing import Any

import numpy as np

from mirimpute.methods.reducer import Transport
from mirimpute.methods.transports.regressor import NewRegressor, RegressorTransport


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
    """E[x_j | x_{-j}] by boosted trees: :class:`RegressorTransport`'s term, as a sum of small steps."""

    def __init__(self, iterations: int) -> None:
        super().__init__(boosters(iterations))
        self._iterations = iterations

    def for_categories(self) -> Transport:
        """Return boosters of the same size for categories."""
        from mirimpute.methods.transports.classifier import ClassifierTransport

        return ClassifierTransport(boosters(self._iterations, of_categories=True))
