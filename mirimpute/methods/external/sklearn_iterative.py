"""Chained regressions, from scikit-learn: the references of ``ice`` and ``missforest``."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from mirimpute.methods.base import Completed, Fitted, Imputation, Method, Problem
from mirimpute.methods.parameters import Amount, Count, Options, Share
from mirimpute.seeding import integer_seed
from mirimpute.types import Progress, no_progress

REGRESSORS = ("bayesian_ridge", "forest")


@dataclass
class SklearnIterative(Method):
    """scikit-learn's ``IterativeImputer`` as it is, over Bayesian ridge regressions or forests of full depth.

    Attributes:
        regressor: "bayesian_ridge" or "forest".
        rounds, tolerance: ``max_iter`` and ``tol`` of the imputer.
        trees, max_features, min_samples_leaf: of the forest.
    """

    libraries: ClassVar[tuple[str, ...]] = ("sklearn.ensemble", "sklearn.impute", "sklearn.linear_model")

    name: str = "sklearn/ice"
    regressor: Annotated[str, Options(REGRESSORS)] = "bayesian_ridge"
    rounds: Count = 10
    tolerance: Amount = 1e-3
    trees: Count = 100
    max_features: Share = 1 / 3
    min_samples_leaf: Count = 3

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Complete the table."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.experimental import enable_iterative_imputer  # noqa: F401
        from sklearn.impute import IterativeImputer

        imputer = IterativeImputer(
            self._estimator(integer_seed(problem.seed, self.name) % 2**31),
            max_iter=self.rounds,
            tol=self.tolerance,
            random_state=0,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # a round too few is no failure
            point = imputer.fit_transform(problem.x_incomplete)
        return Completed(Imputation(point=point, draws=point[None]))

    def _estimator(self, seed: int) -> Any:
        from sklearn.ensemble import RandomForestRegressor
        from sklearn.linear_model import BayesianRidge

        if self.regressor == "bayesian_ridge":
            return BayesianRidge()
        return RandomForestRegressor(
            self.trees,
            max_features=self.max_features,
            min_samples_leaf=self.min_samples_leaf,
            random_state=seed,
            n_jobs=1,  # floating-point addition depends on the order in which threads finish
        )
