"""`Comparison`: the truth and one completed table side by side, and what several metrics share about them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from mirimpute.seeding import generator

T = TypeVar("T")


class Undefined(ValueError):  # noqa: N818 - an outcome that the evaluation reports, not a mistake of the caller
    """A metric has no value on this comparison, for a reason that does not depend on the method."""


@dataclass(frozen=True)
class Comparison:
    """A true and a completed table, checked.

    A cell that the source never had (NaN in ``x_true``) is never compared: metrics over cells use the scored
    cells, metrics per column leave the unknown cells out of both tables, and metrics over rows leave out every
    row that holds one, because no distance to such a row is known.

    Rows of numbers and categories are compared as points (:attr:`points_true`): a categorical column is an indicator
    of each of its k categories, divided by ``category_spread``. By sqrt(1 - sum_k p_k^2), with p the observed
    frequencies, two random rows then differ in it by 2 in the mean of squares, as they
    do in a standardised column of numbers.

    Attributes:
        x_true: float64 (n_rows, n_columns), standardised scale, or the number of a category; NaN where the source
            itself has no value.
        x_imputed: float64 (n_rows, n_columns), same scale, finite everywhere.
        scored: bool (n_rows, n_columns), True = hidden on purpose; at least one cell, all of them known.
        max_rows: the most rows that row-capped metrics use.
        rng_seed: chooses the subsample; must not depend on the method, so that all methods share their rows.
        target: (n_rows,) of numbers or objects, what a model would predict from the table; never seen by a method.
        n_categories: int (n_columns,), 0 for a column of numbers (default: all are).
        category_spread: (n_columns,), of no meaning for numbers (default: the root of 2, so that a wrong category is at
            distance 1).

    Raises:
        ValueError: an invariant of the harness is broken (shapes, types, infinite values, nothing scored).
    """

    x_true: np.ndarray
    x_imputed: np.ndarray
    scored: np.ndarray
    max_rows: int
    rng_seed: int
    target: np.ndarray | None = None
    n_categories: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=int))
    category_spread: np.ndarray = field(default_factory=lambda: np.zeros(0))
    _memo: dict[Callable[..., Any], Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.n_categories.size:
            object.__setattr__(self, "n_categories", np.zeros(self.x_true.shape[-1], dtype=int))
        if not self.category_spread.size:
            object.__setattr__(self, "category_spread", np.full(len(self.n_categories), 2**0.5))
        _check_table("x_true", self.x_true)
        _check_table("x_imputed", self.x_imputed)
        if self.scored.dtype != np.bool_:
            raise ValueError(f"scored must be bool, got {self.scored.dtype}")
        if not self.x_true.shape == self.x_imputed.shape == self.scored.shape:
            shapes = f"{self.x_true.shape}, {self.x_imputed.shape}, {self.scored.shape}"
            raise ValueError(f"x_true, x_imputed and scored must have one shape, got {shapes}")
        if not np.isfinite(self.x_imputed).all():
            raise ValueError(f"x_imputed holds {np.sum(~np.isfinite(self.x_imputed))} cell(s) that are NaN or infinite")
        if np.isinf(self.x_true).any():
            raise ValueError(f"x_true holds {np.sum(np.isinf(self.x_true))} infinite cell(s)")
        if not self.scored.any():
            raise ValueError("no cell is scored: there is nothing to evaluate")
        if (self.scored & ~self.known).any():
            raise ValueError(f"{np.sum(self.scored & ~self.known)} scored cell(s) have no true value")
        if self.target is not None and self.target.shape != self.x_true.shape[:1]:
            raise ValueError(f"target {self.target.shape} does not fit {self.x_true.shape[0]} rows")
        if self.max_rows < 1:
            raise ValueError(f"max_rows must be at least 1, got {self.max_rows}")
        for name in ("x_true", "x_imputed", "scored", "target", "n_categories", "category_spread"):
            if getattr(self, name) is not None:  # what one metric wrote, the next one would compare
                object.__setattr__(self, name, _read_only(getattr(self, name)))

    @cached_property
    def is_categorical(self) -> np.ndarray:
        """Bool (n_columns,)."""
        return self.n_categories > 0

    @cached_property
    def points_true(self) -> np.ndarray:
        """Float64 (n_rows, D): the true rows as points of a Euclidean space; ``x_true`` itself without categories."""
        return self._points(self.x_true)

    @cached_property
    def points_imputed(self) -> np.ndarray:
        """Float64 (n_rows, D): the completed rows likewise."""
        return self._points(self.x_imputed)

    def _points(self, x: np.ndarray) -> np.ndarray:
        if not self.is_categorical.any():
            return x
        parts = [
            indicators(x[:, j], int(count)) / self.category_spread[j] if count else x[:, [j]]
            for j, count in enumerate(self.n_categories)
        ]
        return np.hstack(parts)

    @cached_property
    def known(self) -> np.ndarray:
        """Bool (n_rows, n_columns): cells for which the source has a value."""
        return ~np.isnan(self.x_true)

    @cached_property
    def eligible_rows(self) -> np.ndarray:
        """Int (k,): indices of the rows with at least one scored and no unknown cell, increasing.

        Raises:
            Undefined: there is no such row.
        """
        eligible = np.flatnonzero(self.scored.any(axis=1) & self.known.all(axis=1))
        if eligible.size == 0:
            raise Undefined("every row with a scored cell also has a cell that the source never had")
        return eligible

    @cached_property
    def rows(self) -> np.ndarray:
        """Int (min(k, max_rows),): the rows of the row-capped metrics, a fixed subsample of ``eligible_rows``.

        It depends on ``eligible_rows``, ``max_rows`` and ``rng_seed`` only, never on ``x_imputed``.
        """
        eligible = self.eligible_rows
        if eligible.size <= self.max_rows:
            return eligible
        rng = generator(self.rng_seed, "metrics", "rows")
        return np.sort(rng.choice(eligible, size=self.max_rows, replace=False))

    def once(self, function: Callable[[Comparison], T]) -> T:
        """Return ``function`` of this comparison, computed once: how metrics share distances or plans."""
        if function not in self._memo:
            self._memo[function] = function(self)
        return self._memo[function]


def indicators(codes: np.ndarray, count: int) -> np.ndarray:
    """Return an indicator of each of ``count`` categories, (n, count); NaN where there is no category."""
    found = (codes[:, None] == np.arange(count)).astype(float)
    found[np.isnan(codes)] = np.nan
    return found


def _read_only(x: np.ndarray) -> np.ndarray:
    view = x.view()
    view.flags.writeable = False
    return view


def _check_table(name: str, values: np.ndarray) -> None:
    if values.ndim != 2 or values.dtype != np.float64:
        raise ValueError(f"{name} must be a float64 matrix, got {values.dtype} of shape {values.shape}")
