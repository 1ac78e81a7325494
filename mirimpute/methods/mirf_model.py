"""What MIRF has learnt, apart from the table: a flow, and a stack over it. It completes any rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from mirimpute.methods.device import threads_for
from mirimpute.methods.transports.balance import Balance
from mirimpute.methods.transports.classifier import Corners
from mirimpute.methods.transports.flow_model import FlowModel
from mirimpute.methods.transports.selection import tilted
from mirimpute.methods.transports.stack import Stack

Array = np.ndarray

_SMALL_TABLE = 500_000
_POOL = 40
_LEAST_CANDIDATES = 25
_POOL_CELLS = 2e7


@dataclass(frozen=True)
class Support:
    """Where completed values may lie, column by column.

    Attributes:
        lowest, highest: (d,), the observed range.
        values: for each column its observed values, sorted, if they repeat (at most half as many as observed cells: an
            integer or a code), else None.
        categorical: see :class:`mirimpute.problem.Problem`; of the indicators of a column one is on.
        offset: (d,), added to the share of an indicator before the largest is taken, see
            :class:`mirimpute.methods.mirf_choices.Choices`.
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

    Attributes:
        flow: the rectified flow over its Gaussian base.
        stack: of base, flow and trees, for the point estimate.
        shift, spread: of the draws, see `mirimpute.methods.mirf_choices.Choices`; a better point leaves less spread.
        support: of the draws.
        outlier: (2, d), the range of the point estimate.
        slopes: (d,), of the log-odds that a value is missing in the value itself (0: missing at random), see
            :mod:`mirimpute.methods.transports.selection`.
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

    def complete(self, x_incomplete: Array, n_draws: int, generator: torch.Generator) -> tuple[Array, Array]:
        """Return point (n, d) and draws (n_draws, n, d); observed entries are the input's own bits.

        A draw is one of the flow, its deviation from the flow's mean scaled by ``spread`` and moved by ``shift``
        of the way to the point; of several such candidates the balance chooses. Where values hide themselves, observed
        ones are no measure for hidden ones: point and draws are tilted instead.
        """
        with threads_for(x_incomplete.size > _SMALL_TABLE):
            made = self._made(n_draws, x_incomplete.size)
            at_once = max(1, int(_POOL_CELLS / (max(made, 1) * x_incomplete.shape[1])))
            starts = range(0, max(len(x_incomplete), 1), at_once)
            parts = [self._complete(x_incomplete[i : i + at_once], n_draws, made, generator) for i in starts]
            return np.concatenate([point for point, _ in parts]), np.concatenate([draws for _, draws in parts], axis=1)

    def _made(self, n_draws: int, n_cells: int) -> int:
        """Return how many candidates are made of each row."""
        if self.slopes.any():
            return max(_POOL, n_draws)
        if self.balance is None or n_draws == 0:
            return n_draws
        return max(n_draws * self.balance.candidates, _LEAST_CANDIDATES if n_cells <= _SMALL_TABLE else 0)

    def _complete(
        self, x_incomplete: Array, n_draws: int, made: int, generator: torch.Generator
    ) -> tuple[Array, Array]:
        missing = np.isnan(x_incomplete)
        point, drawn = self._drawn(x_incomplete, made, generator)
        if self.slopes.any():
            shift, drawn = tilted(np.clip(drawn, self.support.lowest, self.support.highest), self.slopes)
            point, drawn = point + shift, drawn[:n_draws]
        draws = np.where(missing, self.support.nearest(drawn), x_incomplete)
        if self.balance and n_draws and not self.slopes.any():
            draws = self.balance.choose(draws, missing, n_draws, generator)
        return np.where(missing, np.clip(point, *self.outlier), x_incomplete), draws

    def candidates(self, x_incomplete: Array, count: int, generator: torch.Generator) -> Array:
        """Return draws (count, n, d) as they are before balance and tilt."""
        _, drawn = self._drawn(x_incomplete, count, generator)
        return np.where(np.isnan(x_incomplete), self.support.nearest(drawn), x_incomplete)

    def _drawn(self, x_incomplete: Array, count: int, generator: torch.Generator) -> tuple[Array, Array]:
        """Return the stack's estimate (n, d) and draws of the flow (count, n, d), both anywhere."""
        missing = np.isnan(x_incomplete)
        rows = self.flow.rows(x_incomplete, missing)
        base, flow_mean = self.flow.means(rows)
        point = self.stack.point(base, flow_mean, x_incomplete, missing)
        if count == 0:
            return point, np.empty((0, *x_incomplete.shape))
        centre = flow_mean + self.shift * (point - flow_mean)
        return point, centre + self.spread * (self.flow.draw(rows, count, generator) - flow_mean)
