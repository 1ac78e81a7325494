"""A rectified flow whose velocity is a set of regressions, one for each time and column."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from mirimpute.flow.path import interpolate, velocity
from mirimpute.flow.solver import integrate
from mirimpute.methods.column_limits import bounds
from mirimpute.methods.columnwise.regressor import NewRegressor, fitted
from mirimpute.methods.transport import Transport
from mirimpute.types import Array

_MOST_PAIRS = 5000


class VelocityTransport(Transport):
    """Draws of the block from a flow v = (E[x1 | x_tau, x_obs, m] - x_tau) / (1 - tau), with any regression for E.

    Given the pattern and the observed entries, KL(P_{X(g), M} || q x P_M) is, but for a constant, the mean of
    KL(g(x_block | rest) || q(x_block | rest)); the flow from N(0, I) along the conditional expectation of the
    velocity ends in q(x_block | rest) and makes it zero (Liu, Gong & Liu, ICLR 2023, theorem 3.3). What is approximated
    is the expectation, by the regression, and the integral, by as many steps as there are regressions. Pairs come from
    q x P_M: rows of the completed chains, under the patterns of other rows. At tau = 0 the prediction is the
    conditional mean. With trees for the regression this is the idea of Jolicoeur-Martineau, Fatras & Kachman,
    "Generating and Imputing Tabular Data via Diffusion and Flow-based Gradient-Boosted Trees", AISTATS 2024.

    Args:
        new_regressor: what makes an unfitted regressor.
        solver: see :data:`mirimpute.flow.solver.SOLVERS`.
        steps: of the solver, and times at which there is a regression.
    """

    def __init__(self, new_regressor: NewRegressor, solver: str, steps: int) -> None:
        self._new_regressor = new_regressor
        self._solver = solver
        self._steps = steps

    def fit(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> None:
        """Fit steps x len(block) regressions, each to the pairs that hide an observed entry of its column.

        The loss is their mean squared error.
        """
        self._range = bounds(np.where(missing, np.nan, x[0]))
        self._centre = np.array([x[0, ~missing[:, column], column].mean() for column in block])
        rows = np.flatnonzero((~missing[:, block]).any(axis=1))
        pairs = rng.permutation(len(x) * len(rows))[:_MOST_PAIRS]
        chain, row = pairs // len(rows), rows[pairs % len(rows)]
        target = x[chain, row]
        incomplete = np.flatnonzero(missing[:, block].any(axis=1))
        hidden = np.zeros(target.shape, dtype=bool)
        hidden[:, block] = missing[rng.choice(incomplete, size=len(row))][:, block]
        learnt = hidden & ~missing[row]
        self._models: list[list[Any]] = []
        for step in range(self._steps):
            source = rng.standard_normal(target.shape)
            time = torch.full((len(target), 1), step / self._steps, dtype=torch.float64)
            state = interpolate(torch.as_tensor(source), torch.as_tensor(target), time).numpy()
            features = _features(np.where(hidden, state, target), hidden, block, step)
            self._models.append(
                [
                    fitted(self._new_regressor(rng), features[use], target[use, column]) if use.any() else None
                    for column, use in ((column, learnt[:, column]) for column in block)
                ]
            )
            for column, model in zip(block, self._models[-1], strict=True):
                if model is not None:
                    use = learnt[:, column]
                    self.lose(np.square(target[use, column] - model.predict(features[use])).mean())

    def mean(self, x: Array, missing: Array, block: Array) -> Array:
        """Return the prediction at tau = 0, which does not depend on the noise."""
        values, hidden = _stacked(x, missing, block)
        return self._predict(values, hidden, block, 0)[:, block].reshape(*x.shape[:2], len(block))

    def draw(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> Array:
        """Return the flow's end for one N(0, I) source per chain, inside the bounds of each column."""
        values, hidden = _stacked(x, missing, block)

        def speed(state: Tensor, tau: float) -> Tensor:
            predicted = self._predict(state.numpy(), hidden, block, round(tau * self._steps))
            return velocity(torch.as_tensor(predicted), state, torch.tensor(tau))

        source = np.where(hidden, rng.standard_normal(values.shape), values)
        moved = integrate(speed, torch.as_tensor(source), self._steps, self._solver).numpy()
        return np.clip(moved, *self._range)[:, block].reshape(*x.shape[:2], len(block))

    def _predict(self, state: Array, hidden: Array, block: Array, step: int) -> Array:
        """Return ``state`` (rows, d) with its hidden entries replaced by what the regressions of a time predict."""
        features = _features(state, hidden, block, step)
        result = state.copy()
        for model, column, centre in zip(self._models[step], block, self._centre, strict=True):
            rows = hidden[:, column]
            if rows.any():
                result[rows, column] = centre if model is None else model.predict(features[rows])
        return result


def _features(state: Array, hidden: Array, block: Array, step: int) -> Array:
    """Return what a regression reads: the state, without the noise at tau = 0, and the pattern if there are several."""
    state = np.where(hidden, 0.0, state) if step == 0 else state
    return np.hstack([state, hidden[:, block]]) if len(block) > 1 else state


def _stacked(x: Array, missing: Array, block: Array) -> tuple[Array, Array]:
    """Return the rows of all chains one below the other, and which of their entries are hidden."""
    hidden = np.zeros(missing.shape, dtype=bool)
    hidden[:, block] = missing[:, block]
    return x.reshape(-1, x.shape[2]), np.tile(hidden, (len(x), 1))
