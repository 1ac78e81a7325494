"""Columnwise transports of categorical columns: a classifier's probabilities, or a category drawn from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from mirimpute.methods.columnwise.regressor import fitted
from mirimpute.methods.transport import Transport
from mirimpute.types import Array

NewClassifier = Callable[[np.random.Generator], Any]
"""``new_classifier(rng)`` returns an unfitted scikit-learn classifier with ``predict_proba``."""

_SMALLEST_CHANCE = 1e-6
_ITERATIONS = 100


def new_logistic(rng: np.random.Generator) -> Any:
    """Return an unfitted multinomial logistic regression with a ridge."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=1.0, max_iter=_ITERATIONS)


class ClassifierTransport(Transport):
    """q(x_j | x_{-j}) of a categorical column by classification on the rows that observe it.

    The same term of the objective as in :class:`~mirimpute.methods.columnwise.regressor.RegressorTransport`. The block
    is the column's indicators, so that E[x_j | x_{-j}], the one Euler step, is the vector of probabilities, and a draw
    is a category: q(x_j | x_{-j}) is known whole, and nothing of it but the classifier is an approximation.

    Args:
        new_classifier: what makes an unfitted classifier.
        bootstrap: fit each chain to rows drawn with replacement, which stands for a draw of the parameters (van Buuren,
            "Flexible Imputation of Missing Data", 2018, section 3.6); else one fit serves all chains.
    """

    def __init__(self, new_classifier: NewClassifier, *, bootstrap: bool = False) -> None:
        self._new_classifier = new_classifier
        self._bootstrap = bootstrap

    def fit(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> None:
        """Classify the rows that observe the block."""
        rows = ~missing[:, block[0]]
        self._corners = Corners.of(x[0][np.ix_(rows, block)])
        labels = self._corners.labels(x[0][np.ix_(rows, block)])
        inputs = _others(x[:, rows], block)
        if not self._bootstrap:
            each = np.tile(labels, len(x))
            self._models = [self._fitted(inputs.reshape(len(each), -1), each, rng)] * len(x)
            self._lose(inputs, labels)
            return
        chosen = [rng.integers(len(labels), size=len(labels)) for _ in x]
        self._models = [
            self._fitted(of_chain[rows_of_chain], labels[rows_of_chain], rng)
            for of_chain, rows_of_chain in zip(inputs, chosen, strict=True)
        ]
        self._lose(inputs, labels)

    def _lose(self, inputs: Array, labels: Array) -> None:
        """Note the mean surprise at the observed categories, in nats."""
        chances = [self._probabilities(model, each) for model, each in zip(self._models, inputs, strict=True)]
        of_labels = np.stack([each[np.arange(len(labels)), labels] for each in chances])
        self.lose(-np.log(np.maximum(of_labels, _SMALLEST_CHANCE)).mean())

    def mean(self, x: Array, missing: Array, block: Array) -> Array:
        """Return the probabilities, as indicators, for the rows that miss the block; others keep their entries."""
        rows = missing[:, block[0]]
        result = x[:, :, block].copy()
        for chain, chances in enumerate(self._chances(x, rows, block)):
            result[chain, rows] = self._corners.mixed(chances)
        return result

    def draw(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> Array:
        """Return a category, as indicators, drawn with these probabilities."""
        rows = missing[:, block[0]]
        result = x[:, :, block].copy()
        for chain, chances in enumerate(self._chances(x, rows, block)):
            passed = np.cumsum(chances, axis=1)
            drawn = (passed < rng.random((len(passed), 1)) * passed[:, -1:]).sum(axis=1)
            result[chain, rows] = self._corners.mixed(np.eye(chances.shape[1])[drawn])
        return result

    def _fitted(self, inputs: Array, labels: Array, rng: np.random.Generator) -> Any:
        """Return a fitted classifier, or the only label that there is."""
        if (labels == labels[0]).all():
            return int(labels[0])
        return fitted(self._new_classifier(rng), inputs, labels)

    def _chances(self, x: Array, rows: Array, block: Array) -> list[Array]:
        """Return the probabilities of all categories of each chain, (rows, categories)."""
        inputs = _others(x[:, rows], block)
        models = self._models if len(self._models) == len(x) else self._models[:1] * len(x)
        return [self._probabilities(model, each) for model, each in zip(models, inputs, strict=True)]

    def _probabilities(self, model: Any, inputs: Array) -> Array:
        chances = np.zeros((len(inputs), self._corners.count))
        if isinstance(model, int):
            chances[:, model] = 1.0
        elif len(inputs):
            chances[:, model.classes_] = model.predict_proba(inputs)
        return chances


class ChosenClassifierTransport(ClassifierTransport):
    """The classifier that gives held-out observed cells of the column the highest probability, of several.

    What :class:`~mirimpute.methods.columnwise.model_selection.ChoiceTransport` is for numbers.

    Args:
        candidates: name -> what makes an unfitted classifier; the first wins ties.
        folds: of the cross-validation.
        most_rows: rows that the cross-validation looks at, at most; a random part.
        every_round: choose in every round; else in the first only.
    """

    def __init__(self, candidates: Mapping[str, NewClassifier], folds: int, most_rows: int, every_round: bool) -> None:
        super().__init__(next(iter(candidates.values())))
        self._candidates = candidates
        self._folds = folds
        self._most_rows = most_rows
        self._every_round = every_round
        self.chosen: dict[int, str] = {}

    def fit(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> None:
        """Choose where that is due, then classify."""
        column = int(block[0])
        if self._every_round or column not in self.chosen:
            rows = ~missing[:, column]
            labels = Corners.of(x[0][np.ix_(rows, block)]).labels(x[0][np.ix_(rows, block)])
            self.chosen[column] = self._best(_others(x[:1, rows], block)[0], labels, rng)
        self._new_classifier = self._candidates[self.chosen[column]]
        super().fit(x, missing, block, rng)

    def facts(self) -> dict[str, Any]:
        """Return the loss, and how many columns each classifier was chosen for."""
        counts = {f"categorical_{name}": list(self.chosen.values()).count(name) for name in self._candidates}
        return {**super().facts(), **counts}

    def _best(self, inputs: Array, labels: Array, rng: np.random.Generator) -> str:
        order = rng.permutation(len(labels))[: self._most_rows]
        folds = [part for part in np.array_split(order, min(self._folds, len(order))) if len(part)]
        if len(folds) < 2:
            return next(iter(self._candidates))
        lost = dict.fromkeys(self._candidates, 0.0)
        for held_out in folds:
            rest = np.setdiff1d(order, held_out)
            for name, new_classifier in self._candidates.items():
                lost[name] -= float(_log_chances(new_classifier(rng), inputs, labels, rest, held_out).sum())
        return min(lost, key=lambda name: lost[name])


class Corners:
    """The values that the indicators of one column take, on and off, in the scale of the problem.

    Attributes:
        off, on: (k,), the smallest and the largest observed value of each indicator; equal where no row says yes.
    """

    def __init__(self, off: Array, on: Array) -> None:
        self.off, self.on = off, on

    @classmethod
    def of(cls, indicators: Array) -> Corners:
        """Return the corners of observed indicators (n, k)."""
        return cls(indicators.min(axis=0), indicators.max(axis=0))

    @property
    def count(self) -> int:
        """Number of categories."""
        return max(2, len(self.off))

    def shares(self, indicators: Array) -> Array:
        """Return the indicators (..., k) from 0 for off to 1 for on; those that are never on are below."""
        width = self.on - self.off
        return np.where(width > 0, (indicators - self.off) / np.where(width > 0, width, 1.0), -np.inf)

    def labels(self, indicators: Array, offset: Array | float = 0.0) -> Array:
        """Return the category (...,) whose indicator is the largest, with ``offset`` (k,) added to the shares."""
        shares = self.shares(indicators) + offset
        if len(self.off) == 1:
            return (shares[..., 0] > 0.5).astype(int)
        return shares.argmax(axis=-1)

    def mixed(self, chances: Array) -> Array:
        """Return the indicators (..., k) of probabilities, (..., categories)."""
        chances = chances[..., 1:] if len(self.off) == 1 else chances
        return self.off + chances * (self.on - self.off)


class ByKind(Transport):
    """Two transports of one sweep: one for the columns of numbers, one for those of categories."""

    def __init__(self, numbers: Transport, categories: Transport, categorical: Sequence[Array]) -> None:
        self._numbers, self._categories = numbers, categories
        self._first = {int(block[0]) for block in categorical}

    def _of(self, block: Array) -> Transport:
        return self._categories if int(block[0]) in self._first else self._numbers

    def fit(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> None:
        """Learn the conditional distribution of the block."""
        self._of(block).fit(x, missing, block, rng)

    def mean(self, x: Array, missing: Array, block: Array) -> Array:
        """Return the conditional mean of the block."""
        return self._of(block).mean(x, missing, block)

    def draw(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> Array:
        """Return a draw of the block."""
        return self._of(block).draw(x, missing, block, rng)

    def facts(self) -> dict[str, Any]:
        """Return the facts of both; the loss of the categories by another name."""
        of_categories = self._categories.facts()
        if "loss" in of_categories:
            of_categories["categorical_loss"] = of_categories.pop("loss")
        return {**self._numbers.facts(), **of_categories}

    def converged(self) -> bool:
        """Return whether that of the numbers says so."""
        return self._numbers.converged()


def _others(x: Array, block: Array) -> Array:
    """Return the columns outside the block, (chains, rows, k), or a constant one when there is none."""
    others = np.delete(x, block, axis=2)
    return others if others.shape[2] else np.zeros((*x.shape[:2], 1))


def _log_chances(classifier: Any, inputs: Array, labels: Array, rest: Array, held_out: Array) -> Array:
    """Return the log probability of the labels held out, after learning from the rest."""
    chances = np.zeros((len(held_out), int(labels.max()) + 1))
    if (labels[rest] == labels[rest[0]]).all():
        chances[:, labels[rest[0]]] = 1.0
    else:
        model = fitted(classifier, inputs[rest], labels[rest])
        chances[:, model.classes_] = model.predict_proba(inputs[held_out])
    return np.log(np.maximum(chances[np.arange(len(held_out)), labels[held_out]], _SMALLEST_CHANCE))
