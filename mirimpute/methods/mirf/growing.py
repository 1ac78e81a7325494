"""How the trees whose leaves hold donors are grown: on which rows and columns, and how many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.methods.mirf.donors import SIZES, ColumnTrees
from mirimpute.types import Array

_FEATURES = 0.6
_LARGEST_TABLE = 20_000
_INPUTS = 40
_WORK = 2e7
_MOST_COLUMNS = 256
SHARED = 10
"""Chains that the trees of one serve before the last sweep."""


def affordable(observed: Array, n_columns: int, sets: int, sweeps: int) -> tuple[int, int]:
    """Return how many sets of trees, and sweeps that grow them, a table of this size can have; (0, 0): none.

    Rows x inputs x columns x trees of each are 2e7 at most, some ten seconds of one core; a single tree may have more.
    Beyond 256 columns there are none: a few trees of each draw worse than the flow, and take most of the time.

    Args:
        observed: int (columns,), observed entries of each column to be grown for.
        n_columns: of the table.
        sets, sweeps: wanted.
    """
    each = np.minimum(observed, _LARGEST_TABLE).sum() * float(min(n_columns - 1, _INPUTS))
    if not sets or not each or n_columns > _MOST_COLUMNS:
        return 0, 0
    sweeps = int(np.clip(_WORK / (2 * each), 1, sweeps))
    return int(np.clip(_WORK / (each * (1 + (sweeps - 1) / SHARED)), 1, sets)), sweeps


@dataclass(frozen=True)
class Sample:
    """What a tree of one column learns from.

    Attributes:
        inputs, outputs: see :class:`~mirimpute.methods.mirf.donors.ColumnTrees`.
        seen: float32 (m, k), the inputs.
        values: float64 (m, w), the outputs.
    """

    inputs: Array
    outputs: Array
    seen: Array
    values: Array

    @classmethod
    def of(cls, x: Array, observed: Array, outputs: Array, inputs: Array, rng: np.random.Generator) -> Sample:
        """Return the rows of ``x`` (n, d), completed, that observe the column: 20,000 random ones at most.

        Args:
            x: float64 (n, d), completed.
            observed: bool (n,), rows whose entries of the column are data.
            outputs, inputs: the columns.
            rng: of the choice.
        """
        rows = np.flatnonzero(observed)
        if len(rows) > _LARGEST_TABLE:
            rows = np.sort(rng.choice(rows, _LARGEST_TABLE, replace=False))
        seen = np.ascontiguousarray(x[np.ix_(rows, inputs)], dtype=np.float32)
        return cls(inputs, outputs, seen, x[np.ix_(rows, outputs)])


def grow(sample: Sample, rng: np.random.Generator) -> ColumnTrees:
    """Return a set of one tree.

    Args:
        sample: what it learns from.
        rng: of the tree.
    """
    from sklearn.tree import DecisionTreeRegressor

    seed = int(rng.integers(2**31))
    model = DecisionTreeRegressor(max_features=_FEATURES, min_samples_leaf=SIZES[0], random_state=seed)
    tree = model.fit(sample.seen, sample.values, check_input=False).tree_
    leaf = tree.apply(sample.seen)
    order = np.argsort(leaf, kind="stable")  # nodes are numbered as they are met going down, left first
    return ColumnTrees(
        inputs=sample.inputs,
        outputs=sample.outputs,
        roots=np.zeros(1, dtype=np.int32),
        left=tree.children_left.astype(np.int32),
        right=tree.children_right.astype(np.int32),
        feature=tree.feature.astype(np.int32),
        threshold=tree.threshold,
        count=tree.n_node_samples.astype(np.int32),
        start=np.searchsorted(leaf[order], np.arange(tree.node_count)).astype(np.int32),
        values=sample.values[order],
    )


def inputs_of(x: Array, outputs: Array, most: int = _INPUTS) -> Array:
    """Return the columns that the trees of ``outputs`` see, int (k,): those most correlated with them, 40 at most.

    Args:
        x: (n, d), completed.
        outputs: the columns of one block.
        most: how many.
    """
    others = np.setdiff1d(np.arange(x.shape[1]), outputs)
    if len(others) <= most:
        return others
    part = x[:: max(1, len(x) // 5000)]
    centred = part - part.mean(axis=0)
    centred /= np.maximum(centred.std(axis=0), 1e-12)
    correlation = np.abs(centred[:, outputs].T @ centred).max(axis=0)[others]
    return np.sort(others[np.argpartition(-correlation, most)[:most]])
