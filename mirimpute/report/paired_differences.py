"""Differences of methods in pairs, on the masks that both have; a failure loses to whoever did not fail."""

from __future__ import annotations

import math
from itertools import combinations, product

import numpy as np

from mirimpute.report.measure_table import Entry, MeasureTable
from mirimpute.report.statistics import mean_interval


def pairs(table: MeasureTable, failed: np.ndarray) -> np.ndarray:
    """Return the differences of row - column on each case, (n_cases, k, k), turned so that lower is better.

    Means over the seeds that both have, so that no difference is one of masks; NaN where a seed of one of the two
    failed, or they share none.
    """
    sign = -1.0 if table.measure.higher_is_better else 1.0
    k = len(table.ranked)
    found = np.full((len(table.cases), k, k), np.nan)
    for at, case in enumerate(table.cases):
        entries = [table.entries[method, case] for method in table.ranked]
        for i, j in product(np.flatnonzero(~failed[at]), repeat=2):
            found[at, i, j] = sign * _difference(entries[i], entries[j])
    return found


def _difference(one: Entry, other: Entry) -> float:
    """Return the mean difference over common seeds, NaN without one."""
    if one.seeds == other.seeds:
        return (one.mean or 0.0) - (other.mean or 0.0)
    theirs = dict(zip(other.seeds, other.values, strict=True))
    each = [value - theirs[seed] for seed, value in zip(one.seeds, one.values, strict=True) if seed in theirs]
    return math.fsum(each) / len(each) if each else math.nan


def with_failures(differences: np.ndarray, failed: np.ndarray) -> np.ndarray:
    """Return differences (n, k, k) in which who failed, (n, k), loses to who did not, and two failures are a tie."""
    mine, rivals = failed[:, :, None], failed[:, None, :]
    found = np.where(mine & ~rivals, np.inf, np.where(rivals & ~mine, -np.inf, differences))
    return np.where(mine & rivals, 0.0, found)


def intervals(differences: np.ndarray) -> np.ndarray:
    """Return mean and ends of the interval of differences (n_datasets, k, k) over datasets, (3, k, k)."""
    k = differences.shape[1]
    found = np.zeros((3, k, k))
    for i, j in combinations(range(k), 2):
        each = differences[:, i, j]
        mean, low, high = mean_interval(each[np.isfinite(each)])
        found[:, i, j], found[:, j, i] = (mean, low, high), (-mean, -high, -low)
    return found


def mean_by_dataset(values: np.ndarray, table: MeasureTable) -> np.ndarray:
    """Return means of what is not NaN over the cases of each dataset, (n_datasets, ...), NaN where there is nothing."""
    names = np.array([case.dataset for case in table.cases], dtype=object)
    parts = [values[names == dataset] for dataset in table.datasets]
    counts = np.stack([np.isfinite(part).sum(axis=0) for part in parts])
    sums = np.stack([np.nansum(part, axis=0) for part in parts])
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
