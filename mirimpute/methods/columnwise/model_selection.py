"""A columnwise transport whose regressor is chosen for each column by cross-validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mirimpute.methods.columnwise.boosting import boosters
from mirimpute.methods.columnwise.classifier import ChosenClassifierTransport, NewClassifier, new_logistic
from mirimpute.methods.columnwise.forest import forests
from mirimpute.methods.columnwise.linear import new_ridge
from mirimpute.methods.columnwise.regressor import NewRegressor, RegressorTransport, fitted, observed_pairs
from mirimpute.methods.transport import Transport
from mirimpute.types import Array


def classifiers(trees: int, max_features: float, min_samples_leaf: int, iterations: int) -> dict[str, NewClassifier]:
    """Return the candidates for categories by name: logistic regression, forest and boosting."""
    return {
        "logistic": new_logistic,
        "forest": forests(trees, max_features, min_samples_leaf, of_categories=True),
        "boosting": boosters(iterations, of_categories=True),
    }


def regressors(trees: int, max_features: float, min_samples_leaf: int, iterations: int) -> dict[str, NewRegressor]:
    """Return the candidates by name: ridge, forest and boosting, with the sizes of the last two."""
    return {
        "ridge": new_ridge,
        "forest": forests(trees, max_features, min_samples_leaf),
        "boosting": boosters(iterations),
    }


class ChoiceTransport(RegressorTransport):
    """E[x_j | x_{-j}] by that one of several regressions which predicts held-out observed cells of the column best.

    The idea of HyperImpute (Jarrett, Cebere, Liu, Curth & van der Schaar, ICML 2022, section 4): the family that
    approximates q(x_j | x_{-j}) is not the same for every column. What is kept of the objective, and what is
    approximated, is said in :class:`RegressorTransport`; here the error of the approximation is measured, on the cells
    of the column that the table observes, and the smallest is taken.

    Args:
        candidates: name -> what makes an unfitted regressor; the first wins ties.
        folds: of the cross-validation.
        most_rows: rows that the cross-validation looks at, at most; a random part.
        every_round: choose in every round, as the completions get better; else in the first only.
        for_categories: the same candidates for categorical columns (default: logistic regression alone).
    """

    def __init__(
        self,
        candidates: Mapping[str, NewRegressor],
        folds: int,
        most_rows: int,
        every_round: bool,
        for_categories: Mapping[str, NewClassifier] | None = None,
    ) -> None:
        super().__init__(next(iter(candidates.values())))
        self._candidates = candidates
        self._for_categories = for_categories or {"logistic": new_logistic}
        self._folds = folds
        self._most_rows = most_rows
        self._every_round = every_round
        self.chosen: dict[int, str] = {}

    def fit(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> None:
        """Choose where that is due, then regress column ``block[0]`` on all others."""
        (column,) = block
        self._pairs = observed_pairs(x, missing, column)
        if self._every_round or int(column) not in self.chosen:
            self.chosen[int(column)] = self._best(*self._pairs, rng)
        self._new_regressor = self._candidates[self.chosen[int(column)]]
        super().fit(x, missing, block, rng)

    def for_categories(self) -> Transport:
        """Return the choice among the candidates for categories, made in the same way."""
        return ChosenClassifierTransport(self._for_categories, self._folds, self._most_rows, self._every_round)

    def facts(self) -> dict[str, Any]:
        """Return the loss, and how many columns each regressor was chosen for."""
        counts = {f"columns_{name}": list(self.chosen.values()).count(name) for name in self._candidates}
        return {**super().facts(), **counts}

    def draw(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> Array:
        """Return predictions plus errors that the same regressor makes on rows that it did not learn from.

        The errors are those of observed cells, drawn with replacement; draws stay within the observed range.
        """
        (column,) = block
        rows = missing[:, column]
        result = self.mean(x, missing, block).copy()
        inputs, targets = self._pairs
        errors = self._errors([self.chosen[int(column)]], inputs, targets, rng)[self.chosen[int(column)]]
        if errors.size:
            moved = result[:, rows, 0] + rng.choice(errors, size=(len(x), int(rows.sum())))
            result[:, rows, 0] = np.clip(moved, targets.min(), targets.max())
        return result

    def _best(self, inputs: Array, targets: Array, rng: np.random.Generator) -> str:
        """Return the name of the candidate with the smallest squared error on rows that it did not learn from."""
        errors = self._errors(list(self._candidates), inputs, targets, rng)
        return min(errors, key=lambda name: float((errors[name] ** 2).sum()))

    def _errors(
        self, names: Sequence[str], inputs: Array, targets: Array, rng: np.random.Generator
    ) -> dict[str, Array]:
        """Return what the candidates miss on rows that they did not learn from; nothing of fewer than two rows."""
        order = rng.permutation(len(targets))[: self._most_rows]
        folds = np.array_split(order, min(self._folds, len(order)))
        missed: dict[str, list[Array]] = {name: [np.empty(0)] for name in names}
        for held_out in folds if len(folds) > 1 else ():
            rest = np.setdiff1d(order, held_out)
            for name in names:
                regressor = fitted(self._candidates[name](rng), inputs[rest], targets[rest])
                missed[name].append(targets[held_out] - regressor.predict(inputs[held_out]))
        return {name: np.concatenate(parts) for name, parts in missed.items()}
