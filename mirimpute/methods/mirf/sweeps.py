"""Sweeps over the columns: cells of a draw get a donor's answer, given the others; and trees are grown on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mirimpute.methods.mirf.donors import MEMBERS, ColumnTrees, DonorTrees, mean_of_copies
from mirimpute.methods.mirf.growing import SHARED, Sample, grow, inputs_of
from mirimpute.methods.mirf.pool import Evidence, Pool
from mirimpute.types import Array


@dataclass(frozen=True)
class Chains:
    """Completed copies of some rows, whose hidden entries are moved in place.

    Attributes:
        x: float64 (chains, n, d), at first as the flow drew it; the entries that it keeps stay.
        hidden: bool (n, d).
        kind: int (n, d), the class of each cell, see :data:`mirimpute.methods.mirf.pool.SHARP`.
        chance: (chains, n), in [0, 1), of the members.
    """

    x: Array
    hidden: Array
    kind: Array
    chance: Array

    def move(self, trees: ColumnTrees, pool: Pool, chance: Array) -> None:
        """Give the hidden cells of a column that donors draw an answer.

        Args:
            trees: of the column.
            pool: of the table.
            chance: (chains, n), in [0, 1), which donor.
        """
        column = int(trees.outputs[0])
        rows = np.flatnonzero(self.hidden[:, column])
        member = pool.members(column, self.kind[rows, column], self.chance[:, rows])
        chain, place = np.nonzero(member)
        if not chain.size:
            return
        row = rows[place]
        seen = self.x[chain[:, None], row[:, None], trees.inputs]
        answer = trees.drawn(seen, chain % len(trees.roots), member[chain, place], chance[chain, row])
        self.x[chain[:, None], row[:, None], trees.outputs] = answer

    def means(self, trees: ColumnTrees, pool: Pool, flow_mean: Array) -> tuple[Array, Array]:
        """Return the rows that miss a column, int (m,), and the weighted mean of its members there, (m, w).

        Args:
            trees: of the column.
            pool: of the table.
            flow_mean: (n, d).
        """
        column = int(trees.outputs[0])
        rows = np.flatnonzero(self.hidden[:, column])
        weights = pool.of_means[self.kind[rows, column], column]
        seen, sets = trees.seen(self.x, rows)
        point = weights[:, :1] * flow_mean[np.ix_(rows, trees.outputs)]
        for member in 1 + np.flatnonzero(weights.any(axis=0)[1:]):
            point += weights[:, member, None] * mean_of_copies(trees.mean(seen, sets, int(member)), len(self.x))
        return rows, point


def grown(
    chains: Chains,
    targets: Array,
    blocks: Sequence[Array],
    pool: Pool,
    sweeps: int,
    rng: np.random.Generator,
    report: Callable[[int, int], None],
    judged: Callable[[ColumnTrees, Chains], None] | None = None,
) -> DonorTrees:
    """Return trees, a set for each chain, grown on chains that are moved by them; those of the last sweep.

    Trees of sweeps before the last, which only move the chains, are grown on every tenth of these.

    Args:
        chains: of the rows to learn from.
        targets: bool (n, d), entries that are data.
        blocks: the columns to grow for, in order.
        pool: of the table.
        sweeps: how many; columns without a hidden entry are grown for in the last.
        rng: of the trees and of what they donate.
        report: called with columns done and their number.
        judged: called with the last trees of each column, before they move it.
    """
    last: list[ColumnTrees] = []
    inputs = {int(block[0]): inputs_of(chains.x[0], block) for block in blocks}
    for number in range(sweeps):
        last = []
        for done, block in enumerate(blocks):
            report(number * len(blocks) + done, sweeps * len(blocks))
            column = int(block[0])
            if number < sweeps - 1 and not chains.hidden[:, column].any():
                continue
            learnt_from = chains.x if number == sweeps - 1 else chains.x[::SHARED]
            samples = [Sample.of(x, targets[:, column], block, inputs[column], rng) for x in learnt_from]
            trees = ColumnTrees.joined([grow(each, rng) for each in samples])
            if judged is not None and number == sweeps - 1:
                judged(trees, chains)
            chains.move(trees, pool, rng.random(chains.chance.shape))
            last.append(trees)
    return DonorTrees(tuple(last), sweeps)


def evidence_of(
    trees: ColumnTrees,
    chains: Chains,
    cells: Array,
    truth: Array,
    drawn: Array,
    asked: Array,
    flow_mean: Array,
    rng: np.random.Generator,
) -> Evidence:
    """Return what all members say of the held-out cells of a column, given the other columns of the chains.

    Args:
        trees: of the column, a set for each chain.
        chains: all rows.
        cells: bool (n, d), the held-out cells.
        truth: (n, d).
        drawn: (s, k, d), draws of the flow, a multiple of the chains, of rows with a held-out cell.
        asked: int (k,), which rows these are, in order.
        flow_mean: (n, d).
        rng: chooses donors.
    """
    column, outputs = int(trees.outputs[0]), trees.outputs
    rows = np.flatnonzero(cells[:, column])
    seen, sets = trees.seen(chains.x, rows)
    count, m = len(chains.x), len(rows)
    draws = np.empty((MEMBERS, len(drawn), m, len(outputs)))
    means = np.empty((MEMBERS, m, len(outputs)))
    draws[0], means[0] = drawn[:, np.searchsorted(asked, rows)[:, None], outputs], flow_mean[np.ix_(rows, outputs)]
    repeats = len(drawn) // count
    for member in range(1, MEMBERS):
        asked = np.tile(sets, repeats)
        found = trees.drawn(np.tile(seen, (repeats, 1)), asked, np.full(len(asked), member), rng.random(len(asked)))
        draws[member] = found.reshape(len(drawn), m, len(outputs))
        means[member] = mean_of_copies(trees.mean(seen, sets, member), count)
    return Evidence(outputs, chains.kind[rows, column] > 0, truth[np.ix_(rows, outputs)], draws, count, means)
