"""Nearest neighbours, from scikit-learn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar

from mirimpute.methods.base import Completed, Fitted, Imputation, Method, Problem
from mirimpute.methods.parameters import Count, Options
from mirimpute.types import Array, Progress, no_progress

if TYPE_CHECKING:
    from sklearn.impute import KNNImputer

WEIGHTS = ("uniform", "distance")


@dataclass
class Knn(Method):
    """Average of the ``n_neighbors`` nearest rows that observe the column (KNNimpute).

    Rows are compared over the columns that both observe, S, rescaled to all of them:
    dist(x, y)² = (n_columns / |S|) · Σ_{j in S} (x_j − y_j)². A row that shares no observed column with any donor
    gets the column mean. Deterministic, so the draw is the point.

    Reference: Troyanskaya et al., "Missing value estimation methods for DNA microarrays", Bioinformatics 2001, which
    weights the neighbours by similarity and finds 10 to 20 of them appropriate; computed by scikit-learn's
    ``KNNImputer``.

    Attributes:
        n_neighbors: how many donors.
        weights: "distance" weights a donor by the inverse of its distance, "uniform" does not.
    """

    libraries: ClassVar[tuple[str, ...]] = ("sklearn.impute",)
    completes_new_rows: ClassVar[bool] = True
    growth: ClassVar[tuple[float, float]] = (1.2, 2.1)

    name: str = "knn"
    n_neighbors: Count = 10
    weights: Annotated[str, Options(WEIGHTS)] = "distance"

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Complete the table."""
        from sklearn.impute import KNNImputer

        imputer = KNNImputer(n_neighbors=self.n_neighbors, weights=self.weights)
        point = imputer.fit_transform(problem.x_incomplete)
        progress("neighbours", 1, 1)
        return Completed(Imputation(point=point, draws=point[None]), partial(_filled, imputer))


def _filled(imputer: KNNImputer, x_incomplete: Array) -> Imputation:
    completed = imputer.transform(x_incomplete)
    return Imputation(point=completed, draws=completed[None])
