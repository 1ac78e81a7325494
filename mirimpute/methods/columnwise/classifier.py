"""Columnwise transports of categorical columns: a classifier's probabilities, or a category drawn from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mirimpute.methods.transport import Transport
from mirimpute.types import Array

NewModel = Callable[[np.random.Generator], Any]
"""``new_model(rng)`` returns an unfitted regressor of scikit-learn, or a classifier with ``predict_proba``."""

SMALLEST_CHANCE = 1e-6
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

    def __init__(self, new_classifier: NewModel, *, bootstrap: bool = False) -> None:
        self._new_classifier = new_classifier
        self._bootstrap = bootstrap

    def fit(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> None:
        """Classify the rows that observe the block."""
        rows = ~missing[:, block[0]]
        self._corners = Corners.of(x[0][np.ix_(rows, block)])
        labels = self._corners.labels(x[0][np.ix_(rows, block)])
        inputs = other_columns(x[:, rows], block)
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
        self.lose(-np.log(np.maximum(of_labels, SMALLEST_CHANCE)).mean())

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
        inputs = other_columns(x[:, rows], block)
        models = self._models if len(self._models) == len(x) else self._models[:1] * len(x)
        return [self._probabilities(model, each) for model, each in zip(models, inputs, strict=True)]

    def _probabilities(self, model: Any, inputs: Array) -> Array:
        chances = np.zeros((len(inputs), self._corners.count))
        if isinstance(model, int):
            chances[:, model] = 1.0
        elif len(inputs):
            chances[:, model.classes_] = model.predict_proba(inputs)
        return chances


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


def other_columns(x: Array, block: Array) -> Array:
    """Return the columns outside the block, (chains, rows, k), or a constant one when there is none."""
    others = np.delete(x, block, axis=2)
    return others if others.shape[2] else np.zeros((*x.shape[:2], 1))


def fitted(model: Any, inputs: Array, targets: Array) -> Any:
    """Return ``model`` fitted.

    The matrices are small: on a busy machine the threads of the linear algebra library cost a hundred times what they
    save, so it gets one. A forest grows its trees side by side, but adds up their predictions one after the other:
    scikit-learn adds them in the order in which threads finish, and floating-point addition depends on the order.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        model.fit(inputs, targets)
    return model.set_params(n_jobs=1) if hasattr(model, "n_jobs") else model
