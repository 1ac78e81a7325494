"""The pool: how often a cell is drawn by the flow and by which donors, and how their means are weighed.

Held-out observed cells choose both. The distribution that is drawn from is F = sum_k w_k F_k; its score,

    sum_k w_k E d(X_k, y) - 1/2 sum_kl w_k w_l E d(X_k, X_l),

is the CRPS where d is the distance of numbers (Gneiting & Raftery 2007), half of Brier's where d tells whether two
categories differ. It is convex in w, and proper, so the weights that minimise it are those of the distribution that is
nearest to the truth. Weights of a column are drawn towards the table's, which are those of all cells, in standard
deviations: if each column had a unit of its own, one that hardly varies where it is held out would choose for all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from mirimpute.methods.mirf.donors import MEMBERS
from mirimpute.methods.mirf.learnt_parts import checked
from mirimpute.methods.mirf.weights import OF_COLUMN, OF_TABLE, least_score, of_means
from mirimpute.types import Array

SHARP = 0.1
"""Cells to which the base gives a standard deviation below this are a class of their own: where columns follow from
others, what is best depends on whether these are observed, and trees are not as sharp as a regression."""

FIXED = 0.02
"""Columns to which the base gives less than this, where all others are known, are in that class as well."""

_LEAST_WEIGHT = 0.02
_FLOW = np.eye(MEMBERS)[0]
_HALF = np.where(_FLOW > 0, 0.5, 0.5 / (MEMBERS - 1))
BEFORE = np.array([0.45, 0.45, 0.04, 0.03, 0.02, 0.01])
"""The weights of draws before there is evidence: wide leaves blur how columns hang together, which the score of single
cells hardly sees, so that they have to be much better there."""

BEFORE_INFERENCE = np.array([0.9, 0.06, 0.02, 0.01, 0.005, 0.005])
"""The same for draws from which estimates are pooled. Donors do not extrapolate and draw slopes towards 0: a bias that
the score of single cells hardly sees, and that coverage does not forgive."""


@dataclass(frozen=True)
class Pool:
    """Weights of the members, see :data:`mirimpute.methods.mirf.donors.MEMBERS`.

    Attributes:
        of_draws: (2, d, MEMBERS), how often a cell is drawn by each, by class (1: sharp) and column.
        of_means: (2, d, MEMBERS), of their means in the point estimate.
    """

    version: ClassVar[int] = 2

    of_draws: Array
    of_means: Array

    @classmethod
    def of_flow(cls, n_columns: int) -> Pool:
        """Return the pool in which the flow is alone."""
        alone = np.tile(_FLOW, (2, n_columns, 1))
        return cls(alone, alone)

    @classmethod
    def even(cls, n_columns: int) -> Pool:
        """Return the pool that is judged first: half of the flow, and the rest even."""
        return cls(np.tile(_HALF, (2, n_columns, 1)), np.tile(_FLOW, (2, n_columns, 1)))

    def members(self, column: int, kind: Array, chance: Array) -> Array:
        """Return which member draws each cell, int (chains, m).

        Args:
            column: of the problem.
            kind: int (m,), the class of each cell.
            chance: (chains, m), in [0, 1): one for all cells of a row, so that rows stay whole where they can.
        """
        passed = np.cumsum(self.of_draws[kind, column], axis=1)
        member = np.zeros(chance.shape, dtype=np.int64)
        for each in range(MEMBERS - 1):
            member += chance >= passed[:, each]
        return np.where(self.of_draws[kind[None], column, member] > 0, member, 0)

    def arrays(self) -> dict[str, Array]:
        """Return everything as plain arrays."""
        return {"of_draws": self.of_draws, "of_means": self.of_means}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Pool:
        """Return what :meth:`arrays` wrote; ValueError: the arrays are not those of weights."""
        shape = (2, arrays["of_draws"].shape[1], MEMBERS)
        return cls(checked(arrays["of_draws"], shape), checked(arrays["of_means"], shape))


@dataclass(frozen=True)
class Evidence:
    """What the members say of the held-out cells of one column.

    Attributes:
        outputs: the columns, int (w,).
        sharp: bool (m,), the class of each cell.
        truth: (m, w).
        draws: (MEMBERS, s, m, w), of chains that follow one another, several times.
        chains: how many.
        means: (MEMBERS, m, w).
    """

    outputs: Array
    sharp: Array
    truth: Array
    draws: Array
    chains: int
    means: Array

    def scores(self, categorical: bool) -> tuple[Array, Array]:
        """Return E d(X_k, y), (MEMBERS, m), and E d(X_k, X_l) / 2, (MEMBERS, MEMBERS, m)."""

        def distance(a: Array, b: Array) -> Array:
            apart = np.abs(a - b).max(axis=-1)
            return (apart > 1e-6).astype(float) if categorical else apart

        to_truth = distance(self.draws, self.truth).mean(axis=1)
        between = np.empty((MEMBERS, *to_truth.shape))
        others = [np.roll(self.draws, shift, axis=1) for shift in range(1, self.chains)]
        for member in range(MEMBERS):
            between[member] = np.mean([distance(self.draws[member], other).mean(axis=1) for other in others], axis=0)
        return to_truth, (between + between.swapaxes(0, 1)) / 4


def joined(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Return all that is known of each column in one; of a column without a held-out cell nothing is."""
    of_column: dict[int, list[Evidence]] = {}
    for each in (each for each in evidence if each.truth.size):
        of_column.setdefault(int(each.outputs[0]), []).append(each)
    return [
        replace(
            parts[0],
            sharp=np.concatenate([each.sharp for each in parts]),
            truth=np.concatenate([each.truth for each in parts]),
            draws=np.concatenate([each.draws for each in parts], axis=2),
            means=np.concatenate([each.means for each in parts], axis=1),
        )
        for parts in of_column.values()
    ]


def fit_pool(evidence: Sequence[Evidence], blocks: Sequence[Array], n_columns: int, before: Array = BEFORE) -> Pool:
    """Return the pool of least score on the held-out cells.

    Args:
        evidence: of each column with trees.
        blocks: the categorical columns, see :class:`mirimpute.methods.base.Problem`.
        n_columns: of the problem.
        before: (MEMBERS,), the weights of draws before there is evidence.
    """
    pool = Pool.of_flow(n_columns)
    if not evidence:
        return pool
    draws, points = pool.of_draws.copy(), pool.of_means.copy()
    indicators = {int(column) for block in blocks for column in block}
    is_category = np.array([int(each.outputs[0]) in indicators for each in evidence])
    scored = [each.scores(categorical) for each, categorical in zip(evidence, is_category, strict=True)]
    for kind in (0, 1):
        own = [each.sharp == bool(kind) for each in evidence]
        parts = [(to[:, cells], between[..., cells]) for (to, between), cells in zip(scored, own, strict=True)]
        means = [each.means[:, cells].reshape(MEMBERS, -1) for each, cells in zip(evidence, own, strict=True)]
        truth = [each.truth[cells].ravel() for each, cells in zip(evidence, own, strict=True)]
        prior, worth = (_FLOW, OF_COLUMN) if kind else (before, OF_TABLE)
        to_all = np.concatenate([to for to, _ in parts], axis=1)
        between_all = np.concatenate([between for _, between in parts], axis=2)
        draws_of_table = _mixtures([(to_all, between_all)], prior[None], worth)[0]
        prior = (_FLOW + draws_of_table) / 2
        means_of_table = of_means([np.concatenate(means, axis=1)], [np.concatenate(truth)], prior[None], OF_COLUMN)[0]
        priors = np.tile(draws_of_table, (len(evidence), 1))
        if not kind:
            priors[is_category, 0] = 0  # a rounded draw has another share of each category
        of_draws = _kept(_mixtures(parts, priors / priors.sum(axis=1, keepdims=True), OF_COLUMN))
        of_points = _kept(of_means(means, truth, np.tile(means_of_table, (len(means), 1)), OF_COLUMN))
        for each, of_draw, of_point in zip(evidence, of_draws, of_points, strict=True):
            draws[kind, each.outputs], points[kind, each.outputs] = of_draw, of_point
    return Pool(draws, points)


def _mixtures(parts: Sequence[tuple[Array, Array]], prior: Array, prior_cells: float) -> Array:
    """Return the weights of least score, (parts, MEMBERS), from what :meth:`Evidence.scores` returns of each."""
    cells = np.array([to.shape[1] for to, _ in parts])
    many = np.maximum(cells, 1)
    linear = np.stack([to.sum(axis=1) for to, _ in parts]) / many[:, None]
    quadratic = -np.stack([between.sum(axis=2) for _, between in parts]) / many[:, None, None]
    return least_score(linear, quadratic, cells, prior, prior_cells)


def _kept(weights: Array) -> Array:
    """Return the weights (columns, MEMBERS) without those below 2 %, whose nodes need not be found."""
    kept = np.where(weights < _LEAST_WEIGHT, 0, weights)
    return kept / kept.sum(axis=1, keepdims=True)
