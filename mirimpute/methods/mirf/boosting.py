"""Boosted trees: what they expect of a number, given the completed rest. It joins the stacked mean; draws do without.

Shallow trees, each grown on what those before it left of the values (Friedman, "Stochastic gradient boosting",
Computational Statistics & Data Analysis 2002). They find sums of many small effects, which deep trees and a short flow
miss. A fit reads the rows of several chains, so that it knows that inputs which are missing themselves are uncertain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mirimpute.methods.mirf.growing import inputs_of
from mirimpute.methods.mirf.learnt_parts import checked, of_prefix, prefixed
from mirimpute.types import Array

_TREES, _RATE, _DEPTH, _FEATURES = 40, 0.15, 4, 5
_SHARE, _LEAST_IN_LEAF = 0.5, 20
_LEAST_ROWS, _MOST_ROWS, _CHAINS = 30, 3_000, 5
_INSIDE, _LEAVES = 2**_DEPTH - 1, 2**_DEPTH


def enough(observed: Array) -> bool:
    """Return whether so many rows, bool (n,), are enough to grow boosted trees."""
    return int(observed.sum()) >= _LEAST_ROWS


@dataclass(frozen=True)
class BoostedColumn:
    """The trees of one column of numbers, each a full binary tree of four levels, in the order of a heap.

    Attributes:
        inputs: int (k,), the columns that the trees see.
        output: int (1,), the column.
        mean: (1,), where the sum of the trees starts.
        feature, threshold: (trees, 15), a row goes left where its input is at most the threshold.
        value: (trees, 16), what each leaf adds.
    """

    inputs: Array
    output: Array
    mean: Array
    feature: Array
    threshold: Array
    value: Array

    @classmethod
    def fitted(cls, x: Array, observed: Array, output: int, rng: np.random.Generator) -> BoostedColumn:
        """Return the trees of a column, grown on chains.

        Args:
            x: float64 (chains, n, d), completed.
            observed: bool (n,), rows whose entry of the column is data.
            output: the column.
            rng: of the trees.
        """
        from sklearn.ensemble import GradientBoostingRegressor

        inputs = inputs_of(x[0], np.array([output]))
        rows = np.flatnonzero(observed)
        chain, row = np.repeat(np.arange(len(x[:_CHAINS])), len(rows)), np.tile(rows, len(x[:_CHAINS]))
        if len(row) > _MOST_ROWS:
            some = rng.choice(len(row), _MOST_ROWS, replace=False)
            chain, row = chain[some], row[some]
        seen = x[chain[:, None], row[:, None], inputs].astype(np.float32)
        values = x[0, row, output]
        model = GradientBoostingRegressor(
            n_estimators=_TREES,
            learning_rate=_RATE,
            subsample=_SHARE,
            max_depth=_DEPTH,
            max_features=min(_FEATURES, max(1, len(inputs) // 2)),
            min_samples_leaf=_LEAST_IN_LEAF,
            init="zero",
            random_state=int(rng.integers(2**31)),
        )
        model.fit(seen, values - values.mean())
        layers = _heaps([each.tree_ for each in model.estimators_[:, 0]])
        return cls(inputs, np.array([output]), values.mean(keepdims=True), *layers)

    def expected(self, x: Array, rows: Array) -> Array:
        """Return what the trees expect of these rows, (m,), averaged over the first chains.

        Args:
            x: (chains, n, d), completed.
            rows: int (m,).
        """
        seen = x[:_CHAINS, rows[:, None], self.inputs].astype(np.float32)
        chains, m, k = seen.shape
        flat, start = seen.ravel(), np.arange(chains * m)[:, None] * k
        tree = np.arange(len(self.feature))
        place = np.zeros((chains * m, len(tree)), dtype=np.int64)
        for _ in range(_DEPTH):
            at = place + tree * _INSIDE
            place = 2 * place + 1 + (flat[start + self.feature.ravel()[at]] > self.threshold.ravel()[at])
        added = self.value.ravel()[place - _INSIDE + tree * _LEAVES]
        total = np.cumsum(added, axis=1)[:, -1].reshape(chains, m)  # in the same order whatever m is
        return self.mean + np.cumsum(total, axis=0)[-1] / chains

    def arrays(self) -> dict[str, Array]:
        """Return everything as plain arrays."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> BoostedColumn:
        """Return what :meth:`arrays` wrote.

        Raises:
            ValueError: the arrays are not those of trees.
        """
        trees, found = len(arrays["feature"]), cls(**arrays)
        checked(found.mean, (1,))
        checked(found.value, (trees, _LEAVES))
        feature = checked(found.feature, (trees, _INSIDE))
        checked(found.threshold, feature.shape)
        inside = trees > 0 and feature.min() >= 0 and feature.max() < len(found.inputs)
        if not inside or found.inputs.min() < 0 or found.output.shape != (1,) or found.output[0] < 0:
            raise ValueError("boosted trees that read columns which are not there: the file is damaged; fit again")
        return found


def _heaps(trees: Sequence[Any]) -> tuple[Array, Array, Array]:
    """Return feature and threshold of all inner nodes and the values of all leaves, of trees of scikit-learn.

    What stands below a leaf that ends early sends everything left, to the same value.
    """
    first = np.cumsum([0, *(each.node_count for each in trees)])[:-1]
    feature, threshold, left, right = (
        np.concatenate([getattr(each, name) for each in trees])
        for name in ("feature", "threshold", "children_left", "children_right")
    )
    moved = np.repeat(first, [each.node_count for each in trees])
    value = np.concatenate([each.value[:, 0, 0] for each in trees])
    node = first[:, None]
    features, thresholds = [], []
    for _ in range(_DEPTH):
        ends = left[node] < 0
        features.append(np.where(ends, 0, feature[node]))
        thresholds.append(np.where(ends, np.finfo(np.float64).max, threshold[node]))
        below = [np.where(ends, node, child[node] + moved[node]) for child in (left, right)]
        node = np.stack(below, axis=-1).reshape(len(trees), -1)
    return np.concatenate(features, axis=1), np.concatenate(thresholds, axis=1), _RATE * value[node]


@dataclass(frozen=True)
class BoostedTrees:
    """The boosted trees of all columns that have some.

    Attributes:
        columns: by the number of the column.
    """

    version: ClassVar[int] = 1

    columns: Mapping[int, BoostedColumn]

    @classmethod
    def fitted(cls, x: Array, targets: Array, columns: Sequence[int], rng: np.random.Generator) -> BoostedTrees:
        """Return the trees of these columns, see :meth:`BoostedColumn.fitted`; ``targets`` is bool (n, d), data."""
        return cls({column: BoostedColumn.fitted(x, targets[:, column], column, rng) for column in columns})

    @property
    def reads(self) -> int:
        """How many columns a table must have."""
        return 1 + max((int(max(each.inputs.max(), each.output[0])) for each in self.columns.values()), default=-1)

    def arrays(self) -> dict[str, Array]:
        """Return everything as plain arrays."""
        found: dict[str, Array] = {}
        for column, trees in self.columns.items():
            found |= prefixed(f"{column}", trees.arrays())
        return found

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> BoostedTrees:
        """Return what :meth:`arrays` wrote; errors as :meth:`BoostedColumn.from_arrays`."""
        numbers = dict.fromkeys(name.split(".")[0] for name in arrays)
        trees = [BoostedColumn.from_arrays(of_prefix(number, arrays)) for number in numbers]
        return cls({int(each.output[0]): each for each in trees})
