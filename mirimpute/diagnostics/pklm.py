"""A test of missing completely at random by classification: can trees tell the patterns of some columns from others?

After Spohn, Näf, Michel & Meinshausen, "PKLM: a flexible MCAR test using classification" (Psychometrika 2025). A
projection takes some columns A and looks at the rows that observe all of them; it takes two other columns B, and asks
how well the values in A tell the patterns of B. The statistic is the mean, over projections and patterns, of the
difference between the log-odds of rows that have the pattern and of rows that do not. Its distribution under the
hypothesis comes from permutations of the rows' patterns.

Cheaper than the paper's forests: the splits of the trees do not read the patterns (Geurts et al. 2006), so that one
forest serves all permutations, and a row's own pattern is left out of its leaf. The price is power.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mirimpute.errors import UserError
from mirimpute.numerics.thinning import evenly_spaced
from mirimpute.seeding import generator

CAVEAT = (
    "A cheap version whose trees do not read the pattern: it sees more than means, misses weak differences, and p is "
    "no smaller than 1 / (permutations + 1). A large p does not speak for missing completely at random."
)
MOST_ROWS = 1_000
_RESPONSES = 2
_LEAST_ROWS = 20
_LEAST_CLASS = 5
_CLIP = 0.01


@dataclass(frozen=True)
class PklmTest:
    """The test's answer.

    Attributes:
        statistic: mean difference of log-odds; about 0 under the hypothesis.
        p: share of permutations, and the table itself, with a statistic as large.
        permutations: how many.
        projections: how many could be used.
        rows: used.
    """

    statistic: float
    p: float
    permutations: int
    projections: int
    rows: int


def pklm_test(
    x: np.ndarray,
    n_categories: np.ndarray | None = None,
    *,
    projections: int = 30,
    permutations: int = 99,
    trees: int = 30,
    seed: int = 0,
) -> PklmTest | str:
    """Return the test, or why there is none.

    Args:
        x: float64 (n_rows, n_columns), numbers and numbers of categories, NaN where missing.
        n_categories: int (n_columns,), 0 for a column of numbers (default: all are).
        projections: choices of A and B; those whose rows are too few are left out.
        permutations: of the patterns; p is a multiple of 1 / (permutations + 1).
        trees: of each forest.
        seed: of everything that is random.

    Raises:
        UserError: a count below 1.
    """
    for name, count in (("projections", projections), ("permutations", permutations), ("trees", trees)):
        if count < 1:
            raise UserError(f"{name}={count} is no count: give 1 or more")
    rng = generator(seed, "pklm")
    x = x[~np.isnan(x).all(axis=1)]
    x = x[evenly_spaced(len(x), MOST_ROWS)]
    missing = np.isnan(x)
    if x.shape[1] < 2 or not missing.any():
        return "it takes two columns, and missing cells"
    sizes = np.zeros(x.shape[1], dtype=int) if n_categories is None else n_categories
    orders = np.stack([np.arange(len(x)), *(rng.permutation(len(x)) for _ in range(permutations))])
    found = [
        each for _ in range(projections) if (each := _projection(x, missing, sizes, orders, trees, rng)) is not None
    ]
    if not found:
        return "too few rows are observed together"
    statistics = np.mean(found, axis=0)
    p = float((statistics >= statistics[0]).mean())
    return PklmTest(float(statistics[0]), p, permutations, len(found), len(x))


def _projection(
    x: np.ndarray, missing: np.ndarray, sizes: np.ndarray, orders: np.ndarray, trees: int, rng: np.random.Generator
) -> np.ndarray | None:
    """Return the statistic of one choice of columns under each order of the rows (permutations + 1,)."""
    from sklearn.ensemble import RandomTreesEmbedding

    columns = rng.permutation(x.shape[1])
    read = int(rng.integers(1, x.shape[1]))
    inputs, responses = columns[:read], columns[read : read + _RESPONSES]
    rows = np.asarray(~missing[:, inputs].any(axis=1))
    labels = _labels(missing[rows][:, responses])
    if rows.sum() < _LEAST_ROWS or labels is None:
        return None
    forest = RandomTreesEmbedding(
        n_estimators=trees, max_depth=6, min_samples_leaf=_LEAST_CLASS, random_state=int(rng.integers(2**31 - 1))
    )
    leaves = forest.fit_transform(_encoded(x[rows][:, inputs], sizes[inputs]))
    places = np.stack([_induced(order, rows) for order in orders])
    return np.mean([_difference(leaves, each[places].T, trees) for each in labels], axis=0)


def _labels(missing: np.ndarray) -> list[np.ndarray] | None:
    """Return for each pattern of the rows (n, columns) which rows have it; None: there are not two frequent ones."""
    codes = missing @ (1 << np.arange(missing.shape[1]))
    patterns, counts = np.unique(codes, return_counts=True)
    frequent = patterns[(counts >= _LEAST_CLASS) & (counts <= len(codes) - _LEAST_CLASS)]
    return [(codes == pattern).astype(float) for pattern in frequent] if frequent.size else None


def _encoded(x: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return columns (n, k), categories as indicators."""
    parts = [x[:, [j]] if not size else x[:, [j]] == np.arange(size) for j, size in enumerate(sizes)]
    return np.concatenate(parts, axis=1).astype(float)


def _induced(order: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the permutation of the chosen rows that one of all rows leaves: where it first comes back to them.

    So the permutations of all projections are one, as nearly as they can be, and their statistics depend on one another
    as the table's own do.

    >>> _induced(np.array([1, 2, 3, 0]), np.array([True, False, True, False]))
    array([1, 0])
    """
    target = order[rows]
    while not rows[target].all():
        target = np.where(rows[target], target, order[target])
    return (np.cumsum(rows) - 1)[target]


def _difference(leaves: Any, labels: np.ndarray, trees: int) -> np.ndarray:
    """Return the difference of mean log-odds between rows with a label and rows without.

    Args:
        leaves: sparse (n, leaves of all trees), 1 where the row lies in the leaf.
        labels: (n, orders), 0 and 1.
        trees: how many.
    """
    size = np.asarray(leaves.sum(axis=0)).ravel()
    others = np.maximum(size - 1, 1)
    scaled = leaves.multiply(1 / others).tocsr()
    chance = (scaled @ (leaves.T @ labels) - np.asarray(scaled.sum(axis=1)) * labels) / trees
    log_odds = np.log(np.clip(chance, _CLIP, 1 - _CLIP) / (1 - np.clip(chance, _CLIP, 1 - _CLIP)))
    having = labels.sum(axis=0)
    return (log_odds * labels).sum(axis=0) / having - (log_odds * (1 - labels)).sum(axis=0) / (len(labels) - having)
