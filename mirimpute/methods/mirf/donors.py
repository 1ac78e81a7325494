"""Donors: values of rows that share a leaf with the row that misses one. Trees draw the line, one set after the other.

For each column a tree is grown on the rows that observe it, with the completed rest as inputs (``cart`` of R's mice;
Doove, van Buuren & Dusseldorp, "Recursive partitioning for missing data imputation in the presence of interaction
effects", CSDA 2014). The trees are randomised (Geurts et al. 2006 call it perturb and combine) and grown until two rows
are left in a leaf; where to stop is decided when a donor is drawn, at the last node on the way down that has as many
rows as are asked for. So one tree serves all sizes of leaves.

Drawn column after column, given the others, donors keep the fixed point of the loop: a sweep of draws from the
conditionals of a distribution leaves the distribution as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from mirimpute.methods.mirf.learnt_parts import of_prefix, prefixed
from mirimpute.types import Array

SIZES = (2, 5, 10, 20, 50)
MEMBERS = 1 + len(SIZES)
"""Ways to draw a cell: 0 is the flow's, then donors by size of the leaf."""

MAX_SWEEPS = 10_000
"""More in a saved file would never end."""

_NODE = ("left", "right", "feature", "threshold", "count", "start")


@dataclass(frozen=True)
class ColumnTrees:
    """The trees of one column (all indicators of a category are one), several sets behind one another.

    Attributes:
        inputs: int (k,), the columns that the trees see.
        outputs: int (w,), the columns that a donor gives.
        roots: int (sets,), the first node of each set.
        left, right: int (nodes,), -1 in a leaf.
        feature, threshold: (nodes,), a row goes left where its input is at most the threshold.
        count, start: int (nodes,), the donors of a node are ``count`` rows from ``start`` on.
        values: (donors, w), standardised.
    """

    inputs: Array
    outputs: Array
    roots: Array
    left: Array
    right: Array
    feature: Array
    threshold: Array
    count: Array
    start: Array
    values: Array

    @classmethod
    def joined(cls, parts: Sequence[ColumnTrees]) -> ColumnTrees:
        """Return the sets of all parts."""
        nodes = np.cumsum([0, *(len(part.left) for part in parts)])
        donors = np.cumsum([0, *(len(part.values) for part in parts)])
        found: dict[str, list[Array]] = {}
        for part, node, donor in zip(parts, nodes, donors, strict=False):
            moved = {"left": node, "right": node, "roots": node, "start": donor}
            for name in (*_NODE, "roots", "values"):
                array = getattr(part, name)
                shift = moved.get(name, 0)
                found.setdefault(name, []).append(np.where(array < 0, array, array + shift) if shift else array)
        return cls(parts[0].inputs, parts[0].outputs, **{name: np.concatenate(each) for name, each in found.items()})

    def reach(self, seen: Array, sets: Array, size: Array) -> Array:
        """Return for each row the last node on its way down that has ``size`` donors at least, int (m,).

        Args:
            seen: (m, k), the inputs, completed.
            sets: int (m,), which set.
            size: int (m,).
        """
        single = np.ascontiguousarray(seen, dtype=np.float32)
        node = self.roots[sets]
        moving = np.arange(len(seen))
        while moving.size:
            here = node[moving]
            moving = moving[self.left[here] >= 0]
            here = node[moving]
            below = np.where(
                single[moving, self.feature[here]] <= self.threshold[here], self.left[here], self.right[here]
            )
            enough = self.count[below] >= size[moving]
            moving, below = moving[enough], below[enough]
            node[moving] = below
        return node

    def drawn(self, seen: Array, sets: Array, member: Array, chance: Array) -> Array:
        """Return a donor's answer for each row, (m, w).

        Args:
            seen, sets: see :meth:`reach`.
            member: int (m,), 1 to :data:`MEMBERS` - 1.
            chance: (m,), in [0, 1), which of the donors.
        """
        node = self.reach(seen, sets, _SIZE_OF_MEMBER[member])
        donor = self.start[node] + np.minimum((chance * self.count[node]).astype(np.int64), self.count[node] - 1)
        return self.values[donor]

    def mean(self, seen: Array, sets: Array, member: int) -> Array:
        """Return the mean of what :meth:`drawn` may return, (m, w)."""
        node = self.reach(seen, sets, np.full(len(seen), _SIZE_OF_MEMBER[member]))
        first, last = self.start[node], self.start[node] + self.count[node]
        return (self._sums[last] - self._sums[first]) / self.count[node][:, None]

    def seen(self, state: Array, rows: Array) -> tuple[Array, Array]:
        """Return the inputs of these rows in each chain, (chains x m, k), and the sets that are theirs, (chains x m,).

        Args:
            state: (chains, n, d), completed.
            rows: int (m,).
        """
        sets = np.repeat(np.arange(len(state)) % len(self.roots), len(rows))
        return state[:, rows[:, None], self.inputs].reshape(len(sets), len(self.inputs)), sets

    @cached_property
    def _sums(self) -> Array:
        return np.concatenate([np.zeros((1, self.values.shape[1])), np.cumsum(self.values, axis=0)])

    def arrays(self) -> dict[str, Array]:
        """Return everything as plain arrays."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> ColumnTrees:
        """Return what :meth:`arrays` wrote.

        Raises:
            ValueError: nodes or donors that are not there.
        """
        trees = cls(**arrays)
        nodes, leaf = np.arange(len(trees.left)), trees.left < 0
        below = (trees.left > nodes) & (trees.right > nodes) & (trees.right < len(nodes)) & (trees.left < len(nodes))
        inside = (trees.start >= 0) & (trees.count > 0) & (trees.start + trees.count <= len(trees.values))
        seen = (trees.feature >= 0) & (trees.feature < len(trees.inputs))
        rooted = (trees.roots >= 0) & (trees.roots < len(nodes))
        whole = trees.values.shape[1:] == trees.outputs.shape
        if not ((leaf | (below & seen)) & inside).all() or not rooted.all() or not whole:
            raise ValueError("trees whose nodes point outside: the file is damaged; fit again")
        return trees


_SIZE_OF_MEMBER = np.array([0, *SIZES], dtype=np.int64)


@dataclass(frozen=True)
class DonorTrees:
    """The trees of all columns.

    Attributes:
        columns: in the order of a sweep: fewest missing entries first. Columns that never vary have none.
        sweeps: how often the cells of a draw are moved.
    """

    version: ClassVar[int] = 2

    columns: tuple[ColumnTrees, ...] = ()
    sweeps: int = 0

    @property
    def reads(self) -> int:
        """How many columns a table must have."""
        return 1 + max((int(np.concatenate([each.inputs, each.outputs]).max()) for each in self.columns), default=-1)

    @property
    def sets(self) -> int:
        """How many trees each column has; 0: none at all."""
        return len(self.columns[0].roots) if self.columns else 0

    def arrays(self) -> dict[str, Array]:
        """Return everything as plain arrays."""
        found = {"sweeps": np.array([self.sweeps])}
        for number, trees in enumerate(self.columns):
            found |= prefixed(f"{number}", trees.arrays())
        return found

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> DonorTrees:
        """Return what :meth:`arrays` wrote; errors as :meth:`ColumnTrees.from_arrays`."""
        count = len({name.split(".")[0] for name in arrays}) - 1
        trees = (ColumnTrees.from_arrays(of_prefix(f"{number}", arrays)) for number in range(count))
        sweeps = int(arrays["sweeps"][0])
        if not 0 <= sweeps <= MAX_SWEEPS:
            raise ValueError(f"{sweeps} sweeps: at most {MAX_SWEEPS} can be")
        return cls(tuple(trees), sweeps)


def mean_of_copies(values: Array, copies: int) -> Array:
    """Return the mean of ``copies`` arrays behind one another, (copies x m, w), as (m, w).

    Added one after the other: the order in which ``mean`` adds, and so the last bits, depends on m.
    """
    apart = values.reshape(copies, len(values) // copies, values.shape[-1])
    return np.cumsum(apart, axis=0)[-1] / copies
