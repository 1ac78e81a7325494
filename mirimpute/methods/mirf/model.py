"""What MIRF has learnt, apart from the table: a flow, donors and how both are pooled. It completes any rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch

from mirimpute.methods.device import threads_for
from mirimpute.methods.mirf.donors import DonorTrees
from mirimpute.methods.mirf.flow_model import FlowModel
from mirimpute.methods.mirf.learnt_parts import Part
from mirimpute.methods.mirf.pool import Pool
from mirimpute.methods.mirf.pool_transport import kind_of
from mirimpute.methods.mirf.self_masking import SelfMasking
from mirimpute.methods.mirf.support import Support
from mirimpute.methods.mirf.sweeps import Chains
from mirimpute.numerics.row_noise import RowNoise
from mirimpute.types import Array, Progress, no_progress

_SMALL_TABLE = 500_000
_LEAST_TOGETHER = 5
_TILTED_TOGETHER = 40
_CELLS_AT_ONCE = 1e7
_TURNS = 3

PARTS: dict[str, Any] = {
    "flow": FlowModel,
    "donors": DonorTrees,
    "pool": Pool,
    "support": Support,
    "self_masking": SelfMasking,
}
"""The learnt parts, by the fields of :class:`MirfModel`; files hold the version and the arrays of each."""


@dataclass(frozen=True)
class MirfModel:
    """Point estimates and draws for rows of the columns that it was fitted on, in the standardised scale.

    What a row gets depends on the row, the seed and its number among equal rows, on nothing else in the call: its noise
    is its own (:mod:`mirimpute.numerics.row_noise`), and every step works row by row.

    Attributes:
        flow: the rectified flow over its Gaussian base.
        donors: trees, of none where the flow is alone.
        pool: which cells are drawn by the flow and which by donors, and the weights of the point estimate.
        support: of points and draws.
        self_masking: tilts where a value hides itself.
    """

    flow: FlowModel
    donors: DonorTrees
    pool: Pool
    support: Support
    self_masking: SelfMasking

    def parts(self) -> dict[str, Part]:
        """Return the learnt parts, by their names in :data:`PARTS`."""
        return {name: getattr(self, name) for name in PARTS}

    @classmethod
    def from_arrays(cls, parts: Mapping[str, Mapping[str, Array]]) -> MirfModel:
        """Return the model whose parts have these arrays.

        Raises:
            KeyError, TypeError, ValueError: the arrays are not those of the parts of one model.
        """
        model = cls(**{name: PARTS[name].from_arrays(arrays) for name, arrays in parts.items()})
        d = len(model.support.lowest)
        if {model.pool.of_draws.shape[1], len(model.flow.base.mean)} != {d} or model.donors.reads > d:
            raise ValueError("parts of tables with different columns")
        return model

    def complete(
        self, x_incomplete: Array, n_draws: int, seed: int, progress: Progress = no_progress
    ) -> tuple[Array, Array]:
        """Return point (n, d) and draws (n_draws, n, d); observed entries are the input's own bits.

        Draws are made so many at a time whatever is asked for, so that the first of twenty are the same as of five. The
        point is the mean of what the members expect, over the first of them. Where values hide themselves, observed
        ones are no measure for hidden ones: point and draws are tilted.

        Args:
            x_incomplete: (n, d), NaN where missing.
            n_draws: how many.
            seed: of the noise of the rows.
            progress: told of rows.
        """
        n, d = x_incomplete.shape
        made = self._at_once(n_draws)
        at_once = max(1, int(_CELLS_AT_ONCE / (made * d)))
        point, draws = np.empty((n, d)), np.empty((n_draws, n, d))
        with threads_for(x_incomplete.size > _SMALL_TABLE):
            noise = RowNoise.of(x_incomplete, seed)
            for start in range(0, n, at_once):
                progress("draws", start, n)
                part = slice(start, start + at_once)
                drawer = _Drawer(self, x_incomplete[part], noise[part])
                if not n_draws:
                    point[part] = drawer.point(made)
                for first in range(0, n_draws, made):
                    found = drawer.completed(first, made)
                    if not first:
                        point[part] = found[0]
                    draws[first : first + made, part] = found[1][: n_draws - first]
        return point, draws

    def _at_once(self, n_draws: int) -> int:
        """Return how many draws of each row are made at a time."""
        if self.self_masking.found:
            return _TILTED_TOGETHER
        sets = self.donors.sets
        return sets * -(-_LEAST_TOGETHER // sets) if sets else max(n_draws, 1)


class _Drawer:
    """Point estimate and draws of some rows."""

    def __init__(self, model: MirfModel, x_incomplete: Array, noise: RowNoise) -> None:
        self._model, self._x, self._noise = model, x_incomplete, noise
        self._missing = np.isnan(x_incomplete)
        self._rows = model.flow.rows(x_incomplete, self._missing)
        self._mean = model.flow.mean(self._rows)

    @cached_property
    def _kind(self) -> Array:
        """The class of each cell, int (n, d), which only donors ask for."""
        return kind_of(self._model.flow, self._rows, self._model.support.categorical)

    def point(self, count: int) -> Array:
        """Return the point (n, d), from the first ``count`` draws, which are not finished where it can be without."""
        if self._model.self_masking.found:
            return self.completed(0, count)[0]
        pooled = self._pooled(0, count)[0] if self._model.donors.columns else self._mean
        return self._shifted(pooled, np.zeros(1))

    def completed(self, first: int, count: int) -> tuple[Array, Array]:
        """Return the point (n, d) and the draws (count, n, d) from the one numbered ``first``."""
        model, shift = self._model, np.zeros(1)
        point, draws = self._pooled(first, count)
        draws = self._nearest(draws)
        if model.self_masking.found:
            shift, draws = model.self_masking.tilted(draws)
            draws = model.support.nearest(draws)
        return self._shifted(point, shift), np.where(self._missing, draws, self._x)

    def _shifted(self, point: Array, shift: Array) -> Array:
        """Return the point (n, d), possible, moved, and in the range of points."""
        possible = self._model.flow.possible(self._rows, point[None])[0]
        return np.where(self._missing, np.clip(possible + shift, *self._model.support.of_points), self._x)

    def _pooled(self, first: int, count: int) -> tuple[Array, Array]:
        """Return the point (n, d), and draws (count, n, d) that may lie where no value is."""
        model, point = self._model, self._mean.copy()
        noise = torch.as_tensor(self._noise.normal(first, count, point.shape[1]))
        trees = model.donors.columns
        drawn = model.flow.drawn(self._rows, noise)
        if not trees:
            return point, drawn
        drawn = self._nearest(drawn)
        sweeps = model.donors.sweeps
        chance = np.stack([self._noise.uniform(first + k, 1 + sweeps * len(trees)) for k in range(count)], axis=1)
        chains = Chains(np.where(self._missing, drawn, self._x), self._missing, self._kind, chance[0])
        for number in range(sweeps):
            for place, each in enumerate(trees):
                if number == sweeps - 1:
                    rows, mean = chains.means(each, model.pool, self._mean)
                    point[np.ix_(rows, each.outputs)] = mean
                chains.move(each, model.pool, chance[1 + number * len(trees) + place])
        return point, chains.x

    def _nearest(self, answers: Array) -> Array:
        """Return answers that are possible and in the range of their columns, or nearly: at its ends, by turns."""
        support = self._model.support

        def ranged(some: Array) -> Array:
            return np.clip(some, support.lowest, support.highest)

        return support.nearest(self._model.flow.possible(self._rows, answers, _TURNS, ranged))
