"""Columnwise transports whose model is chosen for each column by cross-validation: numbers and categories."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mirimpute.methods.columnwise.boosting import boosters
from mirimpute.methods.columnwise.classifier import (
    SMALLEST_CHANCE,
    ClassifierTransport,
    Corners,
    NewModel,
    fitted,
    new_logistic,
    other_columns,
)
from mirimpute.methods.columnwise.forest import forests
from mirimpute.methods.columnwise.linear import new_ridge
from mirimpute.methods.columnwise.regressor import RegressorTransport, observed_pairs
from mirimpute.methods.transport import Transport
from mirimpute.types import Array

HeldOut = Callable[[Any, Array, Array], Array]
"""``loss(model, rest, held_out)`` fits the model to the rows ``rest`` and returns its loss of each row held out."""


def classifiers(trees: int, max_features: float, min_samples_leaf: int, iterations: int) -> dict[str, NewModel]:
    """Return the candidates for categories by name: logistic regression, forest and boosting."""
    return {
        "logistic": new_logistic,
        "forest": forests(trees, max_features, min_samples_leaf, of_categories=True),
        "boosting": boosters(iterations, of_categories=True),
    }


def regressors(trees: int, max_features: float, min_samples_leaf: int, iterations: int) -> dict[str, NewModel]:
    """Return the candidates by name: ridge, forest and boosting, with the sizes of the last two."""
    return {
        "ridge": new_ridge,
        "forest": forests(trees, max_features, min_samples_leaf),
        "boosting": boosters(iterations),
    }


class Selection:
    """Chooses for each column that one of several models which does best on rows that it did not learn from.

    Args:
        candidates: name -> what makes an unfitted model; the first wins ties.
        folds: of the cross-validation.
        most_rows: rows that the cross-validation looks at, at most; a random part.
        every_round: choose in every round, as the completions get better; else in the first only.

    Attributes:
        chosen: column -> name.
    """

    def __init__(self, candidates: Mapping[str, NewModel], folds: int, most_rows: int, every_round: bool) -> None:
        self.candidates = candidates
        self._folds = folds
        self._most_rows = most_rows
        self._every_round = every_round
        self.chosen: dict[int, str] = {}

    def model(self, column: int, rows: int, loss: HeldOut, rng: np.random.Generator) -> NewModel:
        """Return what makes the model of a column, chosen by the sum of its losses where that is due."""
        if self._every_round or column not in self.chosen:
            losses = self.held_out(self.candidates, rows, loss, rng)
            self.chosen[column] = min(losses, key=lambda name: float(losses[name].sum()))
        return self.candidates[self.chosen[column]]

    def held_out(
        self, candidates: Mapping[str, NewModel], rows: int, loss: HeldOut, rng: np.random.Generator
    ) -> dict[str, Array]:
        """Return what the candidates lose on rows that they did not learn from; nothing of fewer than two rows."""
        order = rng.permutation(rows)[: self._most_rows]
        folds = np.array_split(order, min(self._folds, len(order)))
        lost: dict[str, list[Array]] = {name: [np.empty(0)] for name in candidates}
        for held_out in folds if len(folds) > 1 else ():
            rest = np.setdiff1d(order, held_out)
            for name, new_model in candidates.items():
                lost[name].append(loss(new_model(rng), rest, held_out))
        return {name: np.concatenate(parts) for name, parts in lost.items()}

    def counts(self, prefix: str) -> dict[str, int]:
        """Return how many columns each model was chosen for."""
        return {f"{prefix}_{name}": list(self.chosen.values()).count(name) for name in self.candidates}


class ChoiceTransport(RegressorTransport):
    """E[x_j | x_{-j}] by that one of several regressions which predicts held-out observed cells of the column best.

    The idea of HyperImpute (Jarrett, Cebere, Liu, Curth & van der Schaar, ICML 2022, section 4): the family that
    approximates q(x_j | x_{-j}) is not the same for every column. What is kept of the objective, and what is
    approximated, is said in :class:`RegressorTransport`; here the error of the approximation is measured, on the cells
    of the column that the table observes, and the smallest is taken.

    Args:
        candidates, folds, most_rows, every_round: see :class:`Selection`.
        for_categories: the same candidates for categorical columns (default: logistic regression alone).
    """

    def __init__(
        self,
        candidates: Mapping[str, NewModel],
        folds: int,
        most_rows: int,
        every_round: bool,
        for_categories: Mapping[str, NewModel] | None = None,
    ) -> None:
        super().__init__(next(iter(candidates.values())))
        self._selection = Selection(candidates, folds, most_rows, every_round)
        self._of_categories = Selection(for_categories or {"logistic": new_logistic}, folds, most_rows, every_round)

    @property
    def chosen(self) -> dict[int, str]:
        """Column -> name of its regressor."""
        return self._selection.chosen

    def fit(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> None:
        """Choose where that is due, then regress column ``block[0]`` on all others."""
        column = int(block[0])
        self._pairs = observed_pairs(x, missing, column)

        def loss(model: Any, rest: Array, held_out: Array) -> Array:
            return self._error(model, rest, held_out) ** 2

        self._new_regressor = self._selection.model(column, len(self._pairs[1]), loss, rng)
        super().fit(x, missing, block, rng)

    def for_categories(self) -> Transport:
        """Return the choice among the candidates for categories, made in the same way."""
        return ChosenClassifierTransport(self._of_categories)

    def facts(self) -> dict[str, Any]:
        """Return the loss, and how many columns each regressor was chosen for."""
        return {**super().facts(), **self._selection.counts("columns")}

    def draw(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> Array:
        """Return predictions plus errors that the same regressor makes on rows that it did not learn from.

        The errors are those of observed cells, drawn with replacement; draws stay within the observed range.
        """
        column, targets = int(block[0]), self._pairs[1]
        rows = missing[:, column]
        result = self.mean(x, missing, block)
        (errors,) = self._selection.held_out({"": self._new_regressor}, len(targets), self._error, rng).values()
        if errors.size:
            moved = result[:, rows, 0] + rng.choice(errors, size=(len(x), int(rows.sum())))
            result[:, rows, 0] = np.clip(moved, targets.min(), targets.max())
        return result

    def _error(self, regressor: Any, rest: Array, held_out: Array) -> Array:
        inputs, targets = self._pairs
        return targets[held_out] - fitted(regressor, inputs[rest], targets[rest]).predict(inputs[held_out])


class ChosenClassifierTransport(ClassifierTransport):
    """The classifier that gives held-out observed cells of the column the highest probability, of several.

    What :class:`ChoiceTransport` is for numbers.
    """

    def __init__(self, selection: Selection) -> None:
        super().__init__(next(iter(selection.candidates.values())))
        self._selection = selection

    def fit(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> None:
        """Choose where that is due, then classify."""
        rows = ~missing[:, block[0]]
        observed = x[0][np.ix_(rows, block)]
        labels, inputs = Corners.of(observed).labels(observed), other_columns(x[:1, rows], block)[0]

        def surprise(classifier: Any, rest: Array, held_out: Array) -> Array:
            chances = np.zeros((len(held_out), int(labels.max()) + 1))
            if (labels[rest] == labels[rest[0]]).all():
                chances[:, labels[rest[0]]] = 1.0
            else:
                model = fitted(classifier, inputs[rest], labels[rest])
                chances[:, model.classes_] = model.predict_proba(inputs[held_out])
            return -np.log(np.maximum(chances[np.arange(len(held_out)), labels[held_out]], SMALLEST_CHANCE))

        self._new_classifier = self._selection.model(int(block[0]), len(labels), surprise, rng)
        super().fit(x, missing, block, rng)

    def facts(self) -> dict[str, Any]:
        """Return the loss, and how many columns each classifier was chosen for."""
        return {**super().facts(), **self._selection.counts("categorical")}
