"""What MIRF has learnt, apart from the table: a flow, and a stack over it. It completes any rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from mirimpute.methods.columnwise.classifier import Corners
from mirimpute.methods.device import threads_for
from mirimpute.methods.mirf.flow_model import FlowModel
from mirimpute.methods.mirf.pattern.resampling import Balance
from mirimpute.methods.mirf.self_masking import tilted
from mirimpute.methods.mirf.stack import Stack, sharpness
from mirimpute.numerics.row_noise import RowNoise
from mirimpute.types import Array

_SMALL_TABLE = 500_000
_POOL = 40
_POOL_CELLS = 2e7


@dataclass(frozen=True)
class Support:
    """Where completed values may lie, column by column.

    Attributes:
        lowest, highest: (d,), the observed range.
        values: for each column its observed values, sorted, if they repeat (at most half as many as observed cells: an
            integer or a code), else None.
        categorical: see :class:`mirimpute.methods.base.Problem`; of the indicators of a column one is on.
        offset: (d,), added to the share of an indicator before the largest is taken, see
            :class:`mirimpute.methods.mirf.calibrate.Choices`.
    """

    lowest: Array
    highest: Array
    values: tuple[Array | None, ...]
    categorical: tuple[Array, ...]
    offset: Array

    @classmethod
    def of(cls, x_incomplete: Array, categorical: tuple[Array, ...], offset: Array) -> Support:
        """Return the support of the observed cells."""
        found: list[Array | None] = []
        for column in x_incomplete.T:
            observed = column[~np.isnan(column)]
            distinct = np.unique(observed)
            found.append(distinct if 2 * len(distinct) <= len(observed) else None)
        return cls(np.nanmin(x_incomplete, axis=0), np.nanmax(x_incomplete, axis=0), tuple(found), categorical, offset)

    def room(self) -> Array:
        """Return where completed values may be anywhere between, (2, d): the same number twice where they repeat."""
        repeat = np.array([values is not None for values in self.values])
        repeat[[column for block in self.categorical for column in block]] = True
        return np.stack([self.lowest, np.where(repeat, self.lowest, self.highest)])

    def nearest(self, x: Array) -> Array:
        """Return ``x`` (..., d) inside the observed range, and on the nearest observed value where these repeat.

        Of the indicators of a category the largest, on its way from off to on, is on.
        """
        result = np.clip(x, self.lowest, self.highest)
        for block in self.categorical:
            corners = Corners(self.lowest[block], self.highest[block])
            result[..., block] = corners.mixed(np.eye(corners.count)[corners.labels(x[..., block], self.offset[block])])
        for j, values in enumerate(self.values):
            if values is not None:
                middle = (values[1:] + values[:-1]) / 2
                result[..., j] = values[np.searchsorted(middle, result[..., j])]
        return result


@dataclass(frozen=True)
class MirfModel:
    """Point estimates and draws for rows of the columns that it was fitted on, in the standardised scale.

    What a row gets depends on the row, the seed and its number among equal rows, on nothing else in the call: its noise
    is its own (:mod:`mirimpute.numerics.row_noise`), and every step works row by row.

    Attributes:
        flow: the rectified flow over its Gaussian base.
        stack: of base, flow and trees, for the point estimate.
        shift, spread: of the draws, see :class:`mirimpute.methods.mirf.calibrate.Choices`.
        support: of the draws.
        outlier: (2, d), the range of the point estimate.
        slopes: (d,), of the log-odds that a value is missing in the value itself (0: missing at random), see
            :mod:`mirimpute.methods.mirf.self_masking`.
        balance: chooses the draws among more of them where no value hides itself; None: all are returned.
    """

    flow: FlowModel
    stack: Stack
    shift: float
    spread: Array
    support: Support
    outlier: Array
    slopes: Array
    balance: Balance | None = None

    def complete(self, x_incomplete: Array, n_draws: int, seed: int) -> tuple[Array, Array]:
        """Return point (n, d) and draws (n_draws, n, d); observed entries are the input's own bits.

        A draw is one of the flow, its deviation from the flow's mean scaled by ``spread`` and moved by ``shift``
        of the way to the point; of several such candidates the balance chooses. Where values hide themselves, observed
        ones are no measure for hidden ones: point and draws are tilted instead. Draws are made so many at a time
        whatever is asked for, so that the first of twenty are the same as of five.

        Args:
            x_incomplete: (n, d), NaN where missing.
            n_draws: how many.
            seed: of the noise of the rows.
        """
        n, d = x_incomplete.shape
        made, returned = self._at_once(n_draws)
        at_once = max(1, int(_POOL_CELLS / (made * d)))
        point, draws = np.empty((n, d)), np.empty((n_draws, n, d))
        with threads_for(x_incomplete.size > _SMALL_TABLE):
            noise = RowNoise.of(x_incomplete, seed)
            for start in range(0, n, at_once):
                part = slice(start, start + at_once)
                drawer = _Drawer(self, x_incomplete[part], noise[part])
                point[part] = drawer.point
                for first in range(0, n_draws, returned):
                    found = drawer.draws(first // returned, made, returned)
                    draws[first : first + returned, part] = found[: n_draws - first]
        return point, draws

    def _at_once(self, n_draws: int) -> tuple[int, int]:
        """Return how many candidates of each row are made at a time, and how many draws they make."""
        if self.slopes.any():
            return _POOL, _POOL
        if self.balance is None:
            return max(n_draws, 1), max(n_draws, 1)
        return self.balance.candidates * self.balance.together, self.balance.together

    def candidates(self, x_incomplete: Array, count: int, seed: int) -> Array:
        """Return draws (count, n, d) as they are before balance and tilt."""
        drawn = _Drawer(self, x_incomplete, RowNoise.of(x_incomplete, seed)).drawn(0, count)
        return np.where(np.isnan(x_incomplete), self.support.nearest(drawn), x_incomplete)


class _Drawer:
    """Point estimate and draws of some rows."""

    def __init__(self, model: MirfModel, x_incomplete: Array, noise: RowNoise) -> None:
        self._model, self._x, self._noise = model, x_incomplete, noise
        self._missing = np.isnan(x_incomplete)
        self._rows = model.flow.rows(x_incomplete, self._missing)
        base, self._flow_mean = model.flow.means(self._rows)
        self._kind = sharpness(self._rows.spread.double().cpu().numpy(), model.support.categorical)
        self._stacked = model.stack.point(base, self._flow_mean, x_incomplete, self._missing, self._kind)

    @property
    def point(self) -> Array:
        """The point estimate (n, d)."""
        model, point = self._model, self._possible(self._stacked[None])[0]
        if model.slopes.any():
            point = point + self._first_tilted[0]
        return np.where(self._missing, np.clip(point, *model.outlier), self._x)

    def draws(self, number: int, made: int, returned: int) -> Array:
        """Return the draws (returned, n, d) of the candidates with this number, ``made`` of each row."""
        model = self._model
        if model.slopes.any():
            drawn = self._tilted(number, made)[1] if number else self._first_tilted[1]
            return np.where(self._missing, model.support.nearest(drawn), self._x)
        draws = np.where(self._missing, model.support.nearest(self.drawn(number * made, made)), self._x)
        if model.balance is None:
            return draws
        return model.balance.choose(draws, self._missing, self._noise.uniform(number, returned + 1))

    @cached_property
    def _first_tilted(self) -> tuple[Array, Array]:
        return self._tilted(0, _POOL)

    def _tilted(self, number: int, made: int) -> tuple[Array, Array]:
        model = self._model
        drawn = np.clip(self.drawn(number * made, made), model.support.lowest, model.support.highest)
        return tilted(drawn, model.slopes)

    def drawn(self, first: int, count: int) -> Array:
        """Return draws of the flow (count, n, d), anywhere, from the one numbered ``first``."""
        model, mean = self._model, self._flow_mean
        noise = torch.as_tensor(self._noise.normal(first, count, mean.shape[1]))
        centre = mean + model.shift * (self._stacked - mean)
        spread = model.spread[self._kind, np.arange(mean.shape[1])]
        return self._possible(centre + spread * (model.flow.drawn(self._rows, noise) - mean))

    def _possible(self, answers: Array) -> Array:
        return self._model.flow.possible(self._rows, answers)
