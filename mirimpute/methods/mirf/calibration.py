"""The calibration of the draws on held-out cells: their centre, their width, and how often each category is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

from mirimpute.methods.columnwise.classifier import Corners
from mirimpute.methods.mirf.flow_model import FlowModel
from mirimpute.methods.mirf.learnt_parts import checked
from mirimpute.methods.mirf.stack import SHARPNESS, bounded, sharpness
from mirimpute.numerics.crps import crps
from mirimpute.types import Array

_CLASSES = len(SHARPNESS) + 1
_PRIOR_CELLS = 40.0
_SHIFTS = (0.0, 0.5, 1.0)
_DRAWS = 8
_SPREAD_RANGE = (0.5, 1.2)
_NARROWINGS = 1.15 ** -np.arange(26.0)  # from 1 to 0.03
_TOO_WIDE = 0.02
_OFFSET_STEPS, _OFFSET_RATE = 100, 0.2


@dataclass(frozen=True)
class Calibration:
    """Centre and width of the draws, and how often each category is drawn.

    Attributes:
        shift: in [0, 1], how far the draws are moved from around the flow's mean to around the point estimate.
        spread: (classes, d), of the draws, by class of the cell (:func:`mirimpute.methods.mirf.stack.sharpness`)
            and column: a better point leaves less spread. What held-out cells say where a copy of the column is
            observed says nothing of cells that are missing together with it.
        offset: (d,), of the shares of indicators. The argmax of noisy shares over-selects the majority category: with
            the offsets, categories are drawn as often as the point estimate says that they are.
    """

    version: ClassVar[int] = 1

    shift: float
    spread: Array
    offset: Array

    @classmethod
    def none(cls, d: int) -> Calibration:
        """Return the calibration by no cell, for ``d`` columns."""
        return cls(0.0, np.ones((_CLASSES, d)), np.zeros(d))

    def applied(self, drawn: Array, flow_mean: Array, stacked: Array, kind: Array) -> Array:
        """Return draws of the flow (count, n, d), moved and scaled; means and classes of cells are (n, d)."""
        centre = flow_mean + self.shift * (stacked - flow_mean)
        return centre + self.spread[kind, np.arange(flow_mean.shape[1])] * (drawn - flow_mean)

    def arrays(self) -> dict[str, Array]:
        """Return everything as plain arrays."""
        return {"shift": np.array([self.shift]), "spread": self.spread, "offset": self.offset}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Calibration:
        """Return what :meth:`arrays` wrote; ValueError: the arrays are not those of a calibration."""
        d = len(arrays["offset"])
        shapes = {"shift": (1,), "spread": (_CLASSES, d), "offset": (d,)}
        (shift,), spread, offset = (checked(arrays[name], shape) for name, shape in shapes.items())
        return cls(float(shift), spread, offset)


def calibrate(
    flow: FlowModel,
    stacked: Array,
    x_incomplete: Array,
    held_out: Array,
    generator: torch.Generator,
    categorical: tuple[Array, ...] = (),
) -> Calibration:
    """Return what the held-out cells choose, from a flow and a stack that never saw them as targets.

    The shift has the smallest CRPS of eight draws: where the conditional distribution has several modes, draws moved
    to a better mean can be worse draws. The draws of a column in a class of cells are narrowed to what gives these the
    smallest CRPS, if that is lower by 2 %: the flow was not sharp there. Values count up to three standard deviations:
    a few outliers would decide otherwise.

    Args:
        flow: fitted without the held-out cells as targets.
        stacked: (n, d), the point estimate of missing and held-out cells.
        x_incomplete: float64 (n, d).
        held_out: bool (n, d), observed cells.
        generator: of the draws.
        categorical: see :class:`mirimpute.methods.base.Problem`.
    """
    d = x_incomplete.shape[1]
    which = np.flatnonzero(held_out.any(axis=1))
    x, cells = x_incomplete[which], held_out[which]
    rows = flow.rows(x, np.isnan(x) | cells)
    kind = sharpness(rows.spread.double().cpu().numpy(), categorical)
    flow_mean = flow.mean(rows)
    truth, group = x[cells], (kind * d + np.arange(d))[cells]
    of_flow, of_stack = flow_mean[cells], stacked[which][cells]
    above, below = _of_groups(np.stack([(truth - of_stack) ** 2, (truth - of_flow) ** 2]), group, d)
    spread = np.clip(np.sqrt(above / np.maximum(below, 1e-12)), *_SPREAD_RANGE)
    drawn = flow.draw(rows, _DRAWS, generator)
    deviation = (drawn - flow_mean)[:, cells]

    def scores(shift: float, factor: Array) -> Array:
        centre = of_flow + shift * (of_stack - of_flow)
        return crps(bounded(centre + factor[group] * deviation), bounded(truth))

    candidates = {shift: scores(shift, 1 + shift * (spread - 1)).mean() for shift in _SHIFTS}
    shift = min(candidates, key=lambda each: candidates[each])
    chosen = 1 + shift * (spread - 1)
    # A flow that is not sharp yet, as with many nearly dependent columns, draws too widely.
    narrowed = np.stack([scores(shift, factor * chosen) for factor in _NARROWINGS])
    of_groups = _of_groups(narrowed, group, d).reshape(len(narrowed), _CLASSES, d)
    for block in categorical:
        of_groups[..., block] = of_groups[..., block].sum(axis=-1, keepdims=True)
    best = of_groups.argmin(axis=0)
    worth = of_groups.min(axis=0) < (1 - _TOO_WIDE) * of_groups[0]
    chosen = np.where(worth, _NARROWINGS[best], 1.0) * chosen.reshape(_CLASSES, d)
    offset, range_of = np.zeros(d), np.stack([np.nanmin(x_incomplete, axis=0), np.nanmax(x_incomplete, axis=0)])
    for block in categorical:
        of_block = np.flatnonzero(cells[:, block[0]])
        point = stacked[which][np.ix_(of_block, block)]
        mean = flow_mean[np.ix_(of_block, block)]
        width = chosen[kind[np.ix_(of_block, block)], block]
        final = mean + shift * (point - mean) + width * (drawn[:, of_block][..., block] - mean)
        offset[block] = _offset(Corners(*range_of[:, block]), final, point)
    return Calibration(shift, chosen, offset)


def _offset(corners: Corners, drawn: Array, point: Array) -> Array:
    """Return the offset of each indicator (k,) with which the draws have the categories that the point expects.

    Found by moving each category by what its share lacks, again and again; fewer cells count less.

    Args:
        corners: of the column.
        drawn: (draws, cells, k).
        point: (cells, k).
    """
    cells, k = point.shape
    if cells == 0:
        return np.zeros(k)
    wanted = _both(np.clip(corners.shares(point), 0.0, 1.0))
    wanted /= np.maximum(wanted.sum(axis=1, keepdims=True), 1e-12)
    shares, target = _both(corners.shares(drawn)), wanted.mean(axis=0)
    offset = np.zeros(corners.count)
    for _ in range(_OFFSET_STEPS):
        found = np.bincount((shares + offset).argmax(axis=-1).ravel(), minlength=corners.count) / shares[..., 0].size
        offset += _OFFSET_RATE * (target - found)
    offset *= cells / (cells + _PRIOR_CELLS)
    return offset if k > 1 else (offset[1:] - offset[:1]) / 2


def _both(shares: Array) -> Array:
    """Return the shares of all categories (..., categories), of two from the one indicator that they have."""
    return np.concatenate([1 - shares, shares], axis=-1) if shares.shape[-1] == 1 else shares


def _of_groups(scores: Array, group: Array, d: int) -> Array:
    """Return the sums of ``scores`` (k, cells) over the cells of each group, with those of others: (k, classes x d).

    Every group has 40 cells more, of the mean scores of its class, since its own may be few; every class 40 more of its
    mean first score, as the scores of all cells are to their first.

    Args:
        scores: (k, cells), positive.
        group: (cells,), class times d, plus column.
        d: columns.
    """
    relative = scores.mean(axis=1) / max(float(scores[0].mean()), 1e-12)
    found = np.empty((len(scores), _CLASSES, d))
    for kind in range(_CLASSES):
        own = group // d == kind
        few = scores[:, own]
        first = float(few[0].mean()) if own.any() else 1.0
        of_class = (few.sum(axis=1) + _PRIOR_CELLS * first * relative) / (own.sum() + _PRIOR_CELLS)
        for number, each in enumerate(few):
            found[number, kind] = np.bincount(group[own] % d, each, d) + _PRIOR_CELLS * of_class[number]
    return found.reshape(len(scores), -1)
