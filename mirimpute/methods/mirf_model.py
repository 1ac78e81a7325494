"""What MIRF has learnt, apart from the table: a flow, trees, and how they are weighed. It completes any rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from mirimpute.methods.device import threads_for
from mirimpute.methods.transports.flow import FlowModel
from mirimpute.methods.transports.prediction import bounds
from mirimpute.methods.transports.stack import stack_weights
from mirimpute.methods.transports.trees import TreeMeans

Array = np.ndarray

ALONE = np.array([0.0, 1.0, 0.0])
"""The weights of base, flow and trees where no held-out cell can choose: the flow, which contains the base."""

PRIOR = np.array([0.0, 0.5, 0.5])
"""The weights that few held-out cells are drawn towards."""

_PRIOR_CELLS = 40.0
_SMALL_TABLE = 500_000
_SPREAD_RANGE = (0.5, 1.2)


@dataclass(frozen=True)
class Support:
    """Where completed values may lie, column by column.

    Attributes:
        lowest, highest: (d,), the observed range.
        values: for each column its observed values, sorted, if they repeat (at most half as many as observed cells: an
            integer or a code), else None.
    """

    lowest: Array
    highest: Array
    values: tuple[Array | None, ...]

    @classmethod
    def of(cls, x_incomplete: Array) -> Support:
        """Return the support of the observed cells."""
        found: list[Array | None] = []
        for column in x_incomplete.T:
            observed = column[~np.isnan(column)]
            distinct = np.unique(observed)
            found.append(distinct if 2 * len(distinct) <= len(observed) else None)
        return cls(np.nanmin(x_incomplete, axis=0), np.nanmax(x_incomplete, axis=0), tuple(found))

    def nearest(self, x: Array) -> Array:
        """Return ``x`` (..., d) inside the observed range, and on the nearest observed value where these repeat."""
        result = np.clip(x, self.lowest, self.highest)
        for j, values in enumerate(self.values):
            if values is not None:
                middle = (values[1:] + values[:-1]) / 2
                result[..., j] = values[np.searchsorted(middle, result[..., j])]
        return result


@dataclass(frozen=True)
class MirfModel:
    """Point estimates and draws for rows of the columns that it was fitted on, in the standardised scale.

    Attributes:
        flow: the rectified flow over its Gaussian base.
        trees: one ensemble per column, on rows completed by the flow's mean.
        weights: (3,), weights of base, flow and trees in the point estimate.
        spread: (d,), what the flow's deviations from its mean are multiplied by in a draw: a better point leaves less.
        support: of the draws.
        outlier: (2, d), the range of the point estimate.
        tilt: (d,), times the base's variance: what hidden values lie above what the observed ones say (0: missing at
            random), see :mod:`mirimpute.methods.transports.selection`.
    """

    flow: FlowModel
    trees: TreeMeans
    weights: Array
    spread: Array
    support: Support
    outlier: Array
    tilt: Array

    def complete(self, x_incomplete: Array, n_draws: int, generator: torch.Generator) -> tuple[Array, Array]:
        """Return point (n, d) and draws (n_draws, n, d); observed entries are the input's own bits.

        A draw is the point plus the deviation of a draw of the flow from the flow's own mean, scaled by ``spread``.
        """
        with threads_for(x_incomplete.size > _SMALL_TABLE):
            return self._complete(x_incomplete, n_draws, generator)

    def _complete(self, x_incomplete: Array, n_draws: int, generator: torch.Generator) -> tuple[Array, Array]:
        missing = np.isnan(x_incomplete)
        rows = self.flow.rows(x_incomplete, missing)
        flow_mean = self.flow.mean(rows)
        base = rows.mean.double().cpu().numpy()
        estimates = three_estimates(base, flow_mean, self.trees, x_incomplete, missing)
        shift = self.tilt * rows.spread.double().cpu().numpy() ** 2
        point = np.clip(estimates @ self.weights + shift, *self.outlier)
        draws = np.repeat(x_incomplete[None], n_draws, axis=0)
        for number, drawn in enumerate(self.flow.draw(rows, n_draws, generator) if n_draws else ()):
            moved = self.support.nearest(point + self.spread * (drawn - flow_mean))
            draws[number][missing] = moved[missing]
        return np.where(missing, point, x_incomplete), draws


def three_estimates(base: Array, flow_mean: Array, trees: TreeMeans, x: Array, hidden: Array) -> Array:
    """Return what base, flow and trees say of the hidden entries, (n, d, 3); columns without trees repeat the flow."""
    completed = np.where(hidden, flow_mean, x)
    return np.stack([base, flow_mean, trees.predict(completed, hidden)], axis=-1)


def weigh(flow: FlowModel, trees: TreeMeans, x_incomplete: Array, held_out: Array) -> tuple[Array, Array, float]:
    """Return weights (3,), spread (d,) and the RMSE that they leave, from models that never saw the held-out cells.

    Args:
        flow, trees: fitted without the held-out cells as targets.
        x_incomplete: float64 (n, d).
        held_out: bool (n, d), observed cells.
    """
    d = x_incomplete.shape[1]
    which = np.flatnonzero(held_out.any(axis=1))
    x, cells = x_incomplete[which], held_out[which]
    hidden = np.isnan(x) | cells
    rows = flow.rows(x, hidden)
    base = rows.mean.double().cpu().numpy()
    estimates = three_estimates(base, flow.mean(rows), trees, x, hidden)[cells]
    truth, column = x[cells], np.nonzero(cells)[1]
    weights = stack_weights(estimates, truth, PRIOR if trees.trees else ALONE)
    stacked, alone = (truth - estimates @ weights) ** 2, (truth - estimates[:, 1]) ** 2
    left = np.bincount(column, stacked, d) + _PRIOR_CELLS * stacked.mean()
    of_flow = np.bincount(column, alone, d) + _PRIOR_CELLS * max(alone.mean(), 1e-12)
    return weights, np.clip(np.sqrt(left / of_flow), *_SPREAD_RANGE), float(np.sqrt(stacked.mean()))


def point_range(x_incomplete: Array) -> Array:
    """Return the lowest and highest point estimate of each column, (2, d)."""
    return np.stack(bounds(x_incomplete))
