"""The centre: what a cell is expected to be, by the flow and by a forest that sees rows completed with expectations.

Trees that see draws in place of what is missing see noise, and regress towards the mean by it; these do not. The flow's
draws are moved so that the centre is their mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from mirimpute.methods.mirf.donors import ColumnTrees, DonorTrees, mean_of_copies
from mirimpute.methods.mirf.growing import Sample, grow, inputs_of
from mirimpute.methods.mirf.learnt_parts import checked, of_prefix, prefixed
from mirimpute.methods.mirf.weights import OF_COLUMN, of_means
from mirimpute.types import Array

_MEMBERS = (1, 2, 4)
"""Leaves of 2, 5 and 20 rows."""
_PRIOR = np.array([0.5, 0.2, 0.2, 0.1])
_FLOW = np.array([1.0, 0.0, 0.0, 0.0])


@dataclass(frozen=True)
class Centre:
    """Weighted means of the flow and of trees.

    Attributes:
        trees: of each column that has some.
        weights: (2, d, 4), of flow and trees, by class of the cell (see :data:`.pool.SHARP`) and column.
    """

    version: ClassVar[int] = 1

    trees: DonorTrees
    weights: Array

    @classmethod
    def of_flow(cls, n_columns: int) -> Centre:
        """Return the centre that is the flow's mean."""
        return cls(DonorTrees(), np.tile(_FLOW, (2, n_columns, 1)))

    def of(self, flow_mean: Array, x: Array, hidden: Array, kind: Array) -> Array:
        """Return the centre of hidden entries, (n, d); others mean nothing.

        Rows without an observed entry have the flow's: its mean, which may lie where no row is, tells trees nothing.

        Args:
            flow_mean, x: (n, d).
            hidden: bool (n, d).
            kind: int (n, d), the class of each cell.
        """
        completed, result = np.where(hidden, flow_mean, x)[None], flow_mean.copy()
        told = hidden & ~hidden.all(axis=1, keepdims=True)
        for trees in self.trees.columns:
            column = int(trees.outputs[0])
            rows = np.flatnonzero(told[:, column])
            weights = self.weights[kind[rows, column], column][:, :, None]
            found = _means(trees, completed, rows, weights[:, :, 0].any(axis=0))
            found[0] = flow_mean[np.ix_(rows, trees.outputs)]
            result[np.ix_(rows, trees.outputs)] = np.cumsum(weights.swapaxes(0, 1) * found, axis=0)[-1]
        return result

    def arrays(self) -> dict[str, Array]:
        """Return everything as plain arrays."""
        return {**prefixed("trees", self.trees.arrays()), "weights": self.weights}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Centre:
        """Return what :meth:`arrays` wrote; errors as :meth:`DonorTrees.from_arrays`."""
        shape = (2, arrays["weights"].shape[1], len(_PRIOR))
        return cls(DonorTrees.from_arrays(of_prefix("trees", arrays)), checked(arrays["weights"], shape))

    def regrown(
        self,
        flow_mean: Array,
        x: Array,
        hidden: Array,
        blocks: Sequence[Array],
        sets: int,
        rng: np.random.Generator,
    ) -> Centre:
        """Return the same weights over trees of these blocks that learn from these rows."""
        return replace(self, trees=forest(np.where(hidden, flow_mean, x), ~hidden, blocks, sets, rng))


def forest(
    completed: Array, targets: Array, blocks: Sequence[Array], sets: int, rng: np.random.Generator
) -> DonorTrees:
    """Return extremely randomised trees (Geurts, Ernst & Wehenkel 2006) of each block, all sets on the same rows.

    Args:
        completed: (n, d).
        targets: bool (n, d), entries that are data.
        blocks: the columns to grow for.
        sets: trees of each.
        rng: of the trees.
    """
    found = []
    for block in blocks:
        inputs, own = inputs_of(completed, block), targets[:, block[0]]
        sample = Sample.of(completed, own, block, inputs, rng)
        found.append(ColumnTrees.joined([grow(sample, rng, mean_only=True, number=False) for _ in range(sets)]))
    return DonorTrees(tuple(found), 1)


@dataclass(frozen=True)
class CentreEvidence:
    """What flow and trees expect of the held-out cells of one column.

    Attributes:
        outputs: the columns, int (w,).
        kind: int (m,), the class of each cell.
        means: (4, m, w), of flow and trees.
        truth: (m, w).
    """

    outputs: Array
    kind: Array
    means: Array
    truth: Array


def centre_evidence(
    trees: ColumnTrees, flow_mean: Array, x: Array, hidden: Array, held_out: Array, kind: Array
) -> CentreEvidence:
    """Return what is known of a column.

    Args:
        trees: of the column.
        flow_mean, x, hidden, kind: see :meth:`Centre.of`.
        held_out: bool (n, d), observed cells that were hidden from flow and trees.
    """
    rows = np.flatnonzero(held_out[:, trees.outputs[0]])
    means = _means(trees, np.where(hidden, flow_mean, x)[None], rows, np.ones(len(_PRIOR), dtype=bool))
    means[0] = flow_mean[np.ix_(rows, trees.outputs)]
    return CentreEvidence(trees.outputs, kind[rows, trees.outputs[0]], means, x[np.ix_(rows, trees.outputs)])


def fit_centre(evidence: Sequence[CentreEvidence], n_columns: int) -> Centre:
    """Return the centre, still without trees, whose weights leave least error on the held-out cells.

    Args:
        evidence: of the columns, several times for some.
        n_columns: of the problem.
    """
    weights = np.tile(_FLOW, (2, n_columns, 1))
    for sharp in (0, 1) if evidence else ():
        by_block: dict[tuple[int, ...], list[tuple[Array, Array]]] = {}
        for each in evidence:
            own = each.means[:, each.kind == sharp].reshape(len(_PRIOR), -1), each.truth[each.kind == sharp].ravel()
            by_block.setdefault(tuple(each.outputs), []).append(own)
        prior = (_FLOW + _PRIOR / 100) / 1.01 if sharp else _PRIOR
        means, truth = (list(each) for each in zip(*map(_joined, by_block.values()), strict=True))
        of_table = of_means([np.concatenate(means, axis=1)], [np.concatenate(truth)], prior[None], OF_COLUMN)
        of_column = of_means(means, truth, np.repeat(of_table, len(means), axis=0), 2 * OF_COLUMN)
        for outputs, own_weights in zip(by_block, of_column, strict=True):
            weights[sharp, list(outputs)] = own_weights
    return Centre(DonorTrees(), weights)


def _joined(parts: Sequence[tuple[Array, Array]]) -> tuple[Array, Array]:
    return np.concatenate([means for means, _ in parts], axis=1), np.concatenate([truth for _, truth in parts])


def _means(trees: ColumnTrees, completed: Array, rows: Array, wanted: Array) -> Array:
    """Return the means of wanted members, (4, m, w), zero of others and of the flow.

    Args:
        trees: of a column.
        completed: (1, n, d).
        rows: int (m,).
        wanted: bool (4,).
    """
    count = len(trees.roots)
    found = np.zeros((len(_PRIOR), len(rows), len(trees.outputs)))
    seen, _ = trees.seen(completed, rows)
    sets = np.repeat(np.arange(count), len(rows))
    many = np.tile(seen, (count, 1))
    for place, member in enumerate(_MEMBERS, 1):
        if wanted[place]:
            found[place] = mean_of_copies(trees.mean(many, sets, member), count)
    return found
