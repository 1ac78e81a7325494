"""What MIRF has learnt, apart from the table: a flow, and a stack over it. It completes any rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch

from mirimpute.methods.device import threads_for
from mirimpute.methods.mirf.calibration import Calibration
from mirimpute.methods.mirf.flow_model import FlowModel
from mirimpute.methods.mirf.learnt_parts import Part
from mirimpute.methods.mirf.pattern.resampling import Resampling
from mirimpute.methods.mirf.self_masking import SelfMasking
from mirimpute.methods.mirf.stack import Stack, sharpness
from mirimpute.methods.mirf.support import Support
from mirimpute.numerics.row_noise import RowNoise
from mirimpute.types import Array

_SMALL_TABLE = 500_000
_TILTED_TOGETHER = 40
_CELLS_AT_ONCE = 2e7

PARTS: dict[str, Any] = {
    "flow": FlowModel,
    "stack": Stack,
    "calibration": Calibration,
    "support": Support,
    "self_masking": SelfMasking,
    "resampling": Resampling,
}
"""The learnt parts, by the fields of :class:`MirfModel`; files hold the version and the arrays of each."""


@dataclass(frozen=True)
class MirfModel:
    """Point estimates and draws for rows of the columns that it was fitted on, in the standardised scale.

    What a row gets depends on the row, the seed and its number among equal rows, on nothing else in the call: its noise
    is its own (:mod:`mirimpute.numerics.row_noise`), and every step works row by row.

    Attributes:
        flow: the rectified flow over its Gaussian base.
        stack: of base, flow and trees, for the point estimate.
        calibration: of the draws.
        support: of points and draws.
        self_masking: tilts where a value hides itself.
        resampling: chooses the draws among candidates where no value hides itself; None: all are returned.
    """

    flow: FlowModel
    stack: Stack
    calibration: Calibration
    support: Support
    self_masking: SelfMasking
    resampling: Resampling | None = None

    def parts(self) -> dict[str, Part]:
        """Return the learnt parts that are there, by their names in :data:`PARTS`."""
        return {name: getattr(self, name) for name in PARTS if getattr(self, name) is not None}

    @classmethod
    def from_arrays(cls, parts: Mapping[str, Mapping[str, Array]]) -> MirfModel:
        """Return the model whose parts have these arrays.

        Raises:
            KeyError, TypeError, ValueError: the arrays are not those of the parts of one model.
        """
        model = cls(**{name: PARTS[name].from_arrays(arrays) for name, arrays in parts.items()})
        shape = model.support.lowest.shape
        if model.resampling is not None and model.resampling.centre.shape != shape:
            raise ValueError("parts of tables with different columns")
        return model

    def complete(self, x_incomplete: Array, n_draws: int, seed: int) -> tuple[Array, Array]:
        """Return point (n, d) and draws (n_draws, n, d); observed entries are the input's own bits.

        A draw is one of the flow, calibrated, and resampled from several such candidates. Where values hide themselves,
        observed ones are no measure for hidden ones: point and draws are tilted instead. Draws are made so many at a
        time whatever is asked for, so that the first of twenty are the same as of five.

        Args:
            x_incomplete: (n, d), NaN where missing.
            n_draws: how many.
            seed: of the noise of the rows.
        """
        n, d = x_incomplete.shape
        made, returned = self._at_once(n_draws)
        at_once = max(1, int(_CELLS_AT_ONCE / (made * d)))
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
        if self.self_masking.found:
            return _TILTED_TOGETHER, _TILTED_TOGETHER
        if self.resampling is None:
            return max(n_draws, 1), max(n_draws, 1)
        return self.resampling.candidates * self.resampling.together, self.resampling.together

    def candidates(self, x_incomplete: Array, count: int, seed: int) -> Array:
        """Return draws (count, n, d) as they are before resampling and tilt."""
        drawn = _Drawer(self, x_incomplete, RowNoise.of(x_incomplete, seed)).drawn(0, count)
        return np.where(np.isnan(x_incomplete), self.support.nearest(drawn, self.calibration.offset), x_incomplete)


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
        if model.self_masking.found:
            point = point + self._first_tilted[0]
        return np.where(self._missing, np.clip(point, *model.support.of_points), self._x)

    def draws(self, number: int, made: int, returned: int) -> Array:
        """Return the draws (returned, n, d) of the candidates with this number, ``made`` of each row."""
        model = self._model
        if model.self_masking.found:
            drawn = self._tilted(number, made)[1] if number else self._first_tilted[1]
            return np.where(self._missing, self._nearest(drawn), self._x)
        draws = np.where(self._missing, self._nearest(self.drawn(number * made, made)), self._x)
        if model.resampling is None:
            return draws
        return model.resampling.resampled(draws, self._missing, self._noise.uniform(number, returned + 1))

    @cached_property
    def _first_tilted(self) -> tuple[Array, Array]:
        return self._tilted(0, _TILTED_TOGETHER)

    def _tilted(self, number: int, made: int) -> tuple[Array, Array]:
        model = self._model
        drawn = np.clip(self.drawn(number * made, made), model.support.lowest, model.support.highest)
        return model.self_masking.tilted(drawn)

    def drawn(self, first: int, count: int) -> Array:
        """Return draws of the flow (count, n, d), anywhere, from the one numbered ``first``."""
        model, mean = self._model, self._flow_mean
        noise = torch.as_tensor(self._noise.normal(first, count, mean.shape[1]))
        drawn = model.flow.drawn(self._rows, noise)
        return self._possible(model.calibration.applied(drawn, mean, self._stacked, self._kind))

    def _nearest(self, drawn: Array) -> Array:
        return self._model.support.nearest(drawn, self._model.calibration.offset)

    def _possible(self, answers: Array) -> Array:
        return self._model.flow.possible(self._rows, answers)
