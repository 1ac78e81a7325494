"""A test of missing completely at random: can a classifier tell the patterns of some columns from the others?

After Spohn, Näf, Michel & Meinshausen, "PKLM: a flexible MCAR test using classification" (Psychometrika 2025). A
projection takes some columns A and looks at the rows that observe all of them; it takes two other columns B, and asks
how well the values in A tell the patterns of B. The statistic is the mean, over projections and patterns, of the
difference between the log-odds of rows that have the pattern and of rows that do not, each projection in units of its
own spread. Its distribution under the hypothesis comes from permutations of the rows' patterns.

Cheaper than the paper's forests: random ferns, whose cuts do not read the patterns (Özuysal et al. 2010), so that the
same ferns serve all permutations, and a row's own pattern is left out of its leaf. The price is power.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import rankdata

from mirimpute.errors import UserError
from mirimpute.numerics.thinning import evenly_spaced
from mirimpute.seeding import generator

CAVEAT = (
    "A cheap version whose splits do not read the pattern: it sees more than means, misses weak differences, and p is "
    "no smaller than 1 / (permutations + 1). A large p does not speak for missing completely at random."
)
MOST_ROWS = 1_000
_INPUTS, _RESPONSES = 3, 2
"""Columns that a projection reads at most, so that random cuts meet those that matter, and whose pattern it tells."""
_LEAST_ROWS = 20
_LEAST_CLASS = 5
_LEAF_ROWS, _MOST_CUTS = 20, 5
"""Rows that a leaf has on average, and cuts of a fern at most."""
_CLIP = 0.01


@dataclass(frozen=True)
class PklmTest:
    """The test's answer.

    Attributes:
        statistic: mean, over projections, of the difference of log-odds in standard deviations of its permutations.
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
    projections: int = 100,
    permutations: int = 99,
    ferns: int = 50,
    seed: int = 0,
) -> PklmTest | str:
    """Return the test, or why there is none.

    Args:
        x: float64 (n_rows, n_columns), numbers and numbers of categories, NaN where missing.
        n_categories: int (n_columns,), 0 for a column of numbers (default: all are).
        projections: choices of A and B; those whose rows are too few are left out.
        permutations: of the patterns; p is a multiple of 1 / (permutations + 1).
        ferns: of each projection.
        seed: of everything that is random.

    Raises:
        UserError: a count below 1.
    """
    for name, count in (("projections", projections), ("permutations", permutations), ("ferns", ferns)):
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
        each for _ in range(projections) if (each := _projection(x, missing, sizes, orders, ferns, rng)) is not None
    ]
    if not found:
        return "too few rows are observed together"
    statistics = np.mean(found, axis=0)
    p = float((statistics >= statistics[0]).mean())
    return PklmTest(float(statistics[0]), p, permutations, len(found), len(x))


def _projection(
    x: np.ndarray, missing: np.ndarray, sizes: np.ndarray, orders: np.ndarray, ferns: int, rng: np.random.Generator
) -> np.ndarray | None:
    """Return the statistic of one choice of columns under each order of the rows (permutations + 1,)."""
    columns = rng.permutation(x.shape[1])
    read = int(rng.integers(1, min(x.shape[1], _INPUTS + 1)))
    inputs, responses = columns[:read], columns[read : read + _RESPONSES]
    rows = np.asarray(~missing[:, inputs].any(axis=1))
    labels = _labels(missing[rows][:, responses])
    if rows.sum() < _LEAST_ROWS or labels is None:
        return None
    leaves = _leaves(_encoded(x[rows][:, inputs], sizes[inputs]), ferns, rng)
    places = np.stack([_induced(order, rows) for order in orders])
    found = np.mean([_difference(leaves, each[places].T) for each in labels], axis=0)
    return (found - found.mean()) / (found.std() or 1.0)


def _leaves(x: np.ndarray, ferns: int, rng: np.random.Generator) -> Any:
    """Return which leaf of each fern a row lies in, sparse (n, leaves of all ferns): random cuts of random columns."""
    from scipy import sparse

    n = len(x)
    cuts = int(np.clip(np.log2(n / _LEAF_ROWS), 1, _MOST_CUTS))
    column = rng.integers(x.shape[1], size=(ferns, cuts))
    above = x[:, column] > x[rng.integers(n, size=(ferns, cuts)), column]
    code = above @ (1 << np.arange(cuts)) + (np.arange(ferns) << cuts)
    start = np.arange(0, n * ferns + 1, ferns)
    return sparse.csr_matrix((np.ones(n * ferns), code.ravel(), start), shape=(n, ferns << cuts))


def _labels(missing: np.ndarray) -> list[np.ndarray] | None:
    """Return for each pattern of the rows (n, columns) which rows have it; None: there are not two frequent ones."""
    codes = missing @ (1 << np.arange(missing.shape[1]))
    patterns, counts = np.unique(codes, return_counts=True)
    frequent = patterns[(counts >= _LEAST_CLASS) & (counts <= len(codes) - _LEAST_CLASS)]
    return [(codes == pattern).astype(float) for pattern in frequent] if frequent.size else None


def _encoded(x: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return columns (n, k): ranks of numbers, so that splits at random part the rows, and indicators of categories."""
    parts = [x[:, [j]] == np.arange(size) if size else rankdata(x[:, [j]], axis=0) for j, size in enumerate(sizes)]
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


def _difference(leaves: Any, labels: np.ndarray) -> np.ndarray:
    """Return the difference of mean log-odds between rows with a label and rows without.

    Args:
        leaves: sparse (n, leaves of all ferns), 1 where the row lies in the leaf.
        labels: (n, orders), 0 and 1.
    """
    ferns = leaves.getnnz(axis=1)[:, None]
    others = leaves @ np.asarray(leaves.sum(axis=0)).ravel()[:, None] - ferns
    chance = (leaves @ (leaves.T @ labels) - ferns * labels) / np.maximum(others, 1)
    chance = np.clip(chance, _CLIP, 1 - _CLIP)
    log_odds = np.log(chance / (1 - chance))
    having = labels.sum(axis=0)
    return (log_odds * labels).sum(axis=0) / having - (log_odds * (1 - labels)).sum(axis=0) / (len(labels) - having)
