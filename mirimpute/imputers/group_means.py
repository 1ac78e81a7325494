"""Means of groups, such as hospitals, as further inputs of a method: what a random intercept would add, and no more.

For each column of numbers with missing cells, the observed values y of group g (n_g of them, mean y_g) give

    u_g = s_u / (s_u + s_e / n_g) (y_g - y),

the best linear prediction of a random intercept, with s_e the variance within groups and s_u, the variance of the
intercepts, by the method of moments (analysis of variance; Searle, Casella & McCulloch, Variance Components, 1992,
section 3.6):

    s_u = max(0, (sum_g n_g (y_g - y)^2 - (G - 1) s_e) / (N - sum_g n_g^2 / N)).

A group that the fit did not see, and a row without one, has u = 0. Slopes and variances that differ between groups are
not in it; nor is, in multiple imputation, the uncertainty of a u beyond what a sample of the rows shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from mirimpute.errors import UserError
from mirimpute.table.columns import Column, Kind
from mirimpute.types import Array


@dataclass(frozen=True)
class GroupMeans:
    """What the fit knows of groups.

    Attributes:
        levels: the groups (G,).
        effects: float64 (G, k), u of each of them and of some columns.
        columns: what these are.
    """

    levels: pd.Index
    effects: Array
    columns: tuple[Column, ...]

    @classmethod
    def of(cls, x: Array, columns: Sequence[Column], groups: Array, name: Any) -> GroupMeans:
        """Return the means of the rows of a table.

        Args:
            x: float64 (n, d), original units, NaN where missing.
            columns: of the same.
            groups: of each row (n,), dtype object.
            name: of the column of groups.

        Raises:
            UserError: fewer than two groups, or as many as rows.
        """
        codes, levels = pd.factorize(pd.Series(groups, dtype=object))
        if len(levels) < 2 or len(levels) >= (codes >= 0).sum():
            raise UserError(
                f"group {name!r} has {len(levels)} group(s) in {(codes >= 0).sum()} rows: give a column whose values "
                "repeat, of at least two groups"
            )
        number = np.array([column.kind in (Kind.CONTINUOUS, Kind.INTEGER) for column in columns], dtype=bool)
        some = np.flatnonzero(number & np.isnan(x).any(axis=0))
        effects = [_intercepts(x[:, j], codes, len(levels)) for j in some]
        kept = [k for k, each in enumerate(effects) if each.any()]
        made = tuple(Column(f"{columns[some[k]].name} by {name}", Kind.CONTINUOUS) for k in kept)
        found = np.array([effects[k] for k in kept]).reshape(len(kept), len(levels)).T
        return cls(pd.Index(levels, dtype=object), found, made)

    def again(self, x: Array, columns: Sequence[Column], groups: Array, name: Any) -> GroupMeans:
        """Return the effects of the same groups on the same columns as other rows tell them; arguments as :meth:`of`.

        A group without a value in these rows has none.
        """
        codes = self.levels.get_indexer(pd.Index(groups, dtype=object))
        place = {f"{column.name} by {name}": j for j, column in enumerate(columns)}
        effects = [_intercepts(x[:, place[made.name]], codes, len(self.levels)) for made in self.columns]
        return replace(self, effects=np.array(effects).reshape(len(effects), len(self.levels)).T)

    def added(self, x: Array, groups: Array) -> Array:
        """Return the rows ``x`` (n, d) with the effects of their groups behind them, (n, d + k)."""
        codes = self.levels.get_indexer(pd.Index(groups, dtype=object))
        effects = np.where((codes >= 0)[:, None], self.effects[codes], 0.0)
        return np.hstack([x, effects])


def _intercepts(values: Array, codes: Array, n_groups: int) -> Array:
    """Return u of each group (n_groups,), of one column (n,) with the groups of its rows (n,), -1 for none."""
    seen = ~np.isnan(values) & (codes >= 0)
    y, g = values[seen], codes[seen]
    counts = np.bincount(g, minlength=n_groups).astype(float)
    used = int((counts > 0).sum())
    total = len(y)
    if used < 2 or total <= used:
        return np.zeros(n_groups)
    means = np.bincount(g, weights=y, minlength=n_groups) / np.maximum(counts, 1.0)
    mean = y.mean()
    within = float(((y - means[g]) ** 2).sum() / (total - used))
    between = float((counts * (means - mean) ** 2).sum())
    moment = (between - (used - 1) * within) / (total - (counts**2).sum() / total)
    if moment <= 0:
        return np.zeros(n_groups)
    shrunk = moment / (moment + within / np.maximum(counts, 1.0))
    return np.where(counts > 0, shrunk * (means - mean), 0.0)
