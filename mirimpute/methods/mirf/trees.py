"""E[x_j | the rest] by extremely randomised trees, one ensemble for each column, kept as plain arrays.

The indicators of a category are the outputs of one ensemble, whose squared error is then Gini's impurity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mirimpute.types import Array

LEAST_TREES = 8
"""An ensemble of fewer is noise: where the budget allows no more, there are no trees at all."""
_WORTH_THREADS = 3e6
"""Rows x inputs x trees of an ensemble that threads grow faster; handing trees to them costs 20 ms."""


@dataclass(frozen=True)
class TreeSettings:
    """Sizes of the ensembles.

    Attributes:
        trees: trees per column, at most.
        leaf: rows in a leaf, at least.
        inputs: columns that an ensemble sees, at most: those most correlated with its own.
        rows: rows that an ensemble learns from, at most.
        work: rows x inputs x trees, summed over the columns, at most; beyond it there are fewer trees.
    """

    trees: int
    leaf: int
    inputs: int
    rows: int
    work: float

    def affordable(self, n_targets: Array, n_columns: int) -> int:
        """Return the number of trees per column within the budget, 0 if it is below :data:`LEAST_TREES`.

        >>> TreeSettings(50, 2, 40, 20_000, 2e8).affordable(np.array([1000, 1000]), 11)
        50
        """
        each = np.minimum(n_targets, self.rows).sum() * float(min(n_columns - 1, self.inputs))
        count = int(min(self.trees, self.work / max(each, 1.0)))
        return count if count >= LEAST_TREES else 0


@dataclass(frozen=True)
class TreeMeans:
    """The trees of all columns.

    Attributes:
        inputs: column -> the columns that its trees see, int (k,).
        trees: column -> its fitted trees (``sklearn.tree._tree.Tree``).
        outputs: column -> the columns that its trees predict, itself first, where they are more than one.
    """

    inputs: dict[int, Array]
    trees: dict[int, list[Any]]
    outputs: dict[int, Array] = field(default_factory=dict)

    def predict(self, x: Array, wanted: Array) -> Array:
        """Return ``x`` (n, d), completed, with the wanted entries (bool (n, d)) replaced by their predictions.

        Entries of columns without trees stay. All predictions see ``x`` as it is, not each other.
        """
        result = x.copy()
        single = np.ascontiguousarray(x, dtype=np.float32)
        for column, trees in self.trees.items():
            rows = np.flatnonzero(wanted[:, column])
            if rows.size == 0:
                continue
            seen = np.ascontiguousarray(single[rows][:, self.inputs[column]])
            outputs = self.outputs.get(column, np.array([column]))
            total = np.zeros((rows.size, len(outputs)))
            for tree in trees:  # one after the other: sums in the order of finished threads are other bits
                total += tree.predict(seen).reshape(total.shape)
            result[np.ix_(rows, outputs)] = total / len(trees)
        return result

    def arrays(self) -> dict[str, Array]:
        """Return everything as plain arrays, for files without pickle; :meth:`from_arrays` reads them."""
        found: dict[str, Array] = {}
        for column, trees in self.trees.items():
            nodes = [tree.__getstate__()["nodes"] for tree in trees]
            found[f"{column}.inputs"] = self.inputs[column]
            found[f"{column}.counts"] = np.array([len(part) for part in nodes])
            found[f"{column}.depths"] = np.array([tree.max_depth for tree in trees])
            found[f"{column}.values"] = np.concatenate([tree.value[:, :, 0] for tree in trees])
            if column in self.outputs:
                found[f"{column}.outputs"] = self.outputs[column]
            joined = np.concatenate(nodes)
            for name in joined.dtype.names or ():
                found[f"{column}.node.{name}"] = np.ascontiguousarray(joined[name])
        return found

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> TreeMeans:
        """Return the trees that :meth:`arrays` wrote.

        Raises:
            ValueError: the arrays describe no trees of this version of scikit-learn.
        """
        columns = sorted(int(name.split(".")[0]) for name in arrays if name.endswith(".inputs"))
        inputs = {column: arrays[f"{column}.inputs"] for column in columns}
        outputs = {column: arrays[f"{column}.outputs"] for column in columns if f"{column}.outputs" in arrays}
        trees = {
            column: _trees(arrays, column, len(inputs[column]), len(outputs[column]) if column in outputs else 1)
            for column in columns
        }
        return cls(inputs, trees, outputs)


def fit_trees(
    x: Array,
    targets: Array,
    settings: TreeSettings,
    rng: np.random.Generator,
    report: Callable[[int, int], None] = lambda done, total: None,
    categorical: Sequence[Array] = (),
) -> TreeMeans:
    """Grow an ensemble for each column with targets, from the completed rows.

    Geurts, Ernst & Wehenkel, "Extremely randomized trees", Machine Learning 2006: every input is tried at each split,
    with a random cut. A column whose targets are all equal has no trees.

    Args:
        x: float64 (n, d), completed.
        targets: bool (n, d), entries that are data and may be learnt from; a column without any gets no trees.
        settings: sizes.
        rng: of the rows and the trees.
        report: called with columns done and their number.
        categorical: columns that are the indicators of one category, each an int array.
    """
    from sklearn.ensemble import ExtraTreesRegressor

    others = np.concatenate([*(block[1:] for block in categorical), np.arange(0)]).astype(int)
    count = settings.affordable(np.delete(targets.sum(axis=0), others), x.shape[1])
    together = {int(block[0]): block for block in categorical}
    own = [together.get(j, np.array([j])) for j in range(x.shape[1])]
    columns = [
        int(j)
        for j in np.setdiff1d(np.flatnonzero(targets.any(axis=0)), others)
        if np.ptp(x[np.ix_(targets[:, j], own[j])], axis=0).any()
    ]
    inputs: dict[int, Array] = {}
    trees: dict[int, list[Any]] = {}
    outputs: dict[int, Array] = {}
    if count == 0 or x.shape[1] < 2:
        return TreeMeans(inputs, trees)
    closest = _most_correlated(x, settings.inputs, own)
    single = x.astype(np.float32)
    for done, column in enumerate(columns):
        rows = np.flatnonzero(targets[:, column])
        if len(rows) > settings.rows:
            rows = np.sort(rng.choice(rows, settings.rows, replace=False))
        forest = ExtraTreesRegressor(
            n_estimators=count,
            max_features=1.0,
            min_samples_leaf=settings.leaf,
            n_jobs=-1 if len(rows) * len(closest[column]) * count > _WORTH_THREADS else None,
            random_state=int(rng.integers(2**31)),
        )
        inputs[column] = closest[column]
        if len(own[column]) > 1:
            outputs[column] = own[column]
        forest.fit(
            single[rows][:, inputs[column]], x[rows, column] if len(own[column]) == 1 else x[rows][:, own[column]]
        )
        trees[column] = [estimator.tree_ for estimator in forest.estimators_]
        report(done + 1, len(columns))
    return TreeMeans(inputs, trees, outputs)


def _most_correlated(x: Array, count: int, own: Sequence[Array]) -> list[Array]:
    """Return for each column the others, at most ``count``, with the largest absolute correlation, in order.

    Args:
        x: (n, d), completed.
        count: at most.
        own: of each column, the columns that it is predicted with, which are not among the others.
    """
    n, d = x.shape
    if d - 1 <= count:
        return [np.delete(np.arange(d), own[column]) for column in range(d)]
    part = x[:: max(1, n // 5000)]
    centred = part - part.mean(axis=0)
    centred /= np.maximum(centred.std(axis=0), 1e-12)
    correlation = np.abs(centred.T @ centred)
    for column, block in enumerate(own):
        correlation[column] = correlation[block].max(axis=0)
        correlation[column, block] = -1.0
    found = [np.sort(np.argpartition(-row, count)[:count]) for row in correlation]
    return [np.setdiff1d(each, block) for each, block in zip(found, own, strict=True)]


def _trees(arrays: Mapping[str, Array], column: int, n_inputs: int, n_outputs: int) -> list[Any]:
    from sklearn.tree._tree import NODE_DTYPE, Tree

    counts = arrays[f"{column}.counts"]
    nodes = np.zeros(int(counts.sum()), dtype=NODE_DTYPE)
    for name in nodes.dtype.names or ():
        key = f"{column}.node.{name}"
        if key not in arrays:
            raise ValueError(f"trees of another scikit-learn: {name!r} of the nodes is not there; fit again")
        nodes[name] = arrays[key]
    leaf = nodes["left_child"] == -1
    ends = np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(counts, counts)
    start = ends - np.repeat(counts, counts)
    inside = (
        (start + nodes["left_child"] < ends) & (start + nodes["right_child"] < ends) & (nodes["right_child"] > 0)
    ) & (nodes["left_child"] > 0)
    if not (leaf | (inside & (nodes["feature"] >= 0) & (nodes["feature"] < n_inputs))).all():
        raise ValueError("trees whose nodes point outside: the file is damaged; fit again")
    values = arrays[f"{column}.values"].reshape(-1, n_outputs, 1)
    found, first = [], 0
    for count, depth in zip(counts, arrays[f"{column}.depths"], strict=True):
        tree = Tree(n_inputs, np.ones(n_outputs, dtype=np.intp), n_outputs)
        last = first + int(count)
        tree.__setstate__(
            {
                "max_depth": int(depth),
                "node_count": int(count),
                "nodes": np.ascontiguousarray(nodes[first:last]),
                "values": np.ascontiguousarray(values[first:last]),
            }
        )
        found.append(tree)
        first = last
    return found
