"""The last step of the outer loop: of several draws of a row, those that do not betray which entries were drawn.

A round minimises KL(P_{X(g), M} || q x P_M), of which I(X; M) is a part: what a completed row says of its own pattern.
The flow lowers it as far as it has learnt the conditional distribution. What is left can be told by a classifier, and
lowered without learning more. Let

    log-odds(m_j = missing | x) = e_j(x_obs) + t_j(x),

e_j for what the observed entries of the row say of the pattern, which is all there is to say under MAR, and t_j for
what the value of column j and its completion add. For a single missing column exp(-t_j) is, by Bayes' rule, the ratio
of the density of its entries where they are observed to that where they are drawn, at equal e_j. Candidates of a row,
weighted by

    exp(-sum over the missing j of t_j(x)),

are drawn again (sampling importance resampling, Rubin 1987), whole rows of them, so that the dependence among the
entries of a row stays. It is one step of iterative raking (Deville & Saerndal 1992) of the draws to the data.

t_j is a sum of two step functions: of the value of the column, and of its residual given the other columns. A marginal
distribution that is not the column's shows in the first, a dependence that is too loose in the second.

What it cannot do. It takes the values for missing at random: where they hide themselves, observed ones are no measure.
e_j is linear in values and squares; of a pattern that depends on them otherwise, some is taken for t_j, and right draws
move by a tenth of a residual deviation or so. The residual of an entry whose neighbours are drawn as well is a residual
from their errors too: of a dependence that is wrong among columns that are missing together little is mended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from mirimpute.binning import bin_edges

Array = np.ndarray

MOST_COLUMNS = 256
_LEAST = 10
_MOST_INPUTS = 40
_CLIP = 4.0
_RIDGE, _RIDGE_OF_REST = 3.0, 5.0
_NEWTON_STEPS, _STEPS_OF_REST = 8, 25
_FEWEST_BINS, _MOST_BINS = 4, 24
_LEAST_LEFT, _HALVINGS = 1 / 3, 12
_MOST_CANDIDATES = 1_000


@dataclass(frozen=True)
class Steps:
    """A step function.

    Attributes:
        edges: (k - 1,), in order.
        heights: (k,).
    """

    edges: Array
    heights: Array

    def at(self, x: Array) -> Array:
        """Return its value at each of ``x``."""
        return self.heights[np.searchsorted(self.edges, x, side="right")]


@dataclass(frozen=True)
class Gauge:
    """What the value of one column adds to the log-odds that it is missing.

    Attributes:
        block: the column, or the indicators of a category.
        of_value: of the value, or of the number of the category.
        of_residual: of the residual given the other columns; of a category, that of its own indicator.
    """

    block: Array
    of_value: Steps
    of_residual: Steps


@dataclass(frozen=True)
class Balance:
    """Chooses among candidates, see this module.

    Attributes:
        candidates: for each draw.
        centre, spread: (d,), of the columns.
        to_residuals: (d, d), makes the residuals of standardised rows.
        gauges: of the columns whose pattern could be learnt.
    """

    candidates: int
    centre: Array
    spread: Array
    to_residuals: Array
    gauges: tuple[Gauge, ...]

    def log_weights(self, pool: Array, missing: Array) -> Array:
        """Return the logarithm of the weight of each candidate, (m, n), but for a constant of its row.

        Errors of many t_j add up. Where a row's weights would leave fewer than a third of its candidates (effectively:
        Kong 1992), they are brought nearer to each other until they leave as many.

        Args:
            pool: (m, n, d), completed rows.
            missing: bool (n, d).
        """
        residuals = _standardised(pool, self.centre, self.spread) @ self.to_residuals
        result = np.zeros(pool.shape[:2])
        for gauge in self.gauges:
            rows = np.flatnonzero(missing[:, gauge.block[0]])
            value, residual = _readings(pool, residuals, gauge.block, rows)
            result[:, rows] -= gauge.of_value.at(value) + gauge.of_residual.at(residual)
        return result * _tempered(result)

    def choose(self, pool: Array, missing: Array, count: int, generator: torch.Generator) -> Array:
        """Return ``count`` of the candidates of each row, (count, n, d), as often as their weights say.

        Args:
            pool, missing: see :meth:`log_weights`.
            count: draws wanted.
            generator: of the choice, which is systematic: a candidate is taken as often as expected, give or take one.
        """
        weights = self.log_weights(pool, missing)
        weights = np.exp(weights - weights.max(axis=0))
        passed = np.cumsum(weights, axis=0)
        uniform = torch.rand((count + 1, pool.shape[1]), generator=generator, device=generator.device).cpu().numpy()
        order = np.argsort(uniform[1:], axis=0)  # else the first draw would come from the first candidates
        chosen = np.empty((count, pool.shape[1]), dtype=int)
        for number in range(count):
            reached = (number + uniform[0]) / count * passed[-1]
            chosen[number] = np.minimum((passed <= reached).sum(axis=0), len(pool) - 1)
        chosen = np.take_along_axis(chosen, order, axis=0)
        return np.take_along_axis(pool, chosen[:, :, None], axis=0)

    def arrays(self) -> dict[str, Array]:
        """Return everything as plain arrays, for files without pickle; :meth:`from_arrays` reads them."""
        found = {
            "candidates": np.array([self.candidates]),
            "centre": self.centre,
            "spread": self.spread,
            "to_residuals": self.to_residuals,
        }
        for gauge in self.gauges:
            for name, steps in (("value", gauge.of_value), ("residual", gauge.of_residual)):
                found[f"{gauge.block[0]}.{name}.edges"] = steps.edges
                found[f"{gauge.block[0]}.{name}.heights"] = steps.heights
        return found

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], categorical: Sequence[Array], n_columns: int) -> Balance:
        """Return what :meth:`arrays` wrote.

        Args:
            arrays: by name.
            categorical: see :class:`mirimpute.problem.Problem`.
            n_columns: of the table that it is for.

        Raises:
            KeyError, ValueError: the arrays are not those of a balance of such a table.
        """
        d = n_columns
        candidates, centre, spread, maker = (
            _checked(arrays[name], shape)
            for name, shape in (("candidates", (1,)), ("centre", (d,)), ("spread", (d,)), ("to_residuals", (d, d)))
        )
        if not (spread > 0).all() or not 1 <= candidates[0] <= _MOST_CANDIDATES:
            raise ValueError("a spread that is not positive, or no number of candidates")
        blocks = {int(block[0]): block for block in categorical}
        inside = {int(column) for block in categorical for column in block[1:]}
        gauges = []
        for column in sorted({int(name.split(".")[0]) for name in arrays if name.endswith(".edges")}):
            if not 0 <= column < d or column in inside:
                raise ValueError(f"column {column} is not the first of one of the table")
            steps = []
            for name in ("value", "residual"):
                edges = arrays[f"{column}.{name}.edges"]
                edges = _checked(edges, (edges.size,))
                heights = _checked(arrays[f"{column}.{name}.heights"], (edges.size + 1,))
                if not (np.diff(edges) > 0).all():
                    raise ValueError(f"the edges of column {column} are not in order")
                steps.append(Steps(edges, heights))
            gauges.append(Gauge(blocks.get(column, np.array([column])), *steps))
        return cls(int(candidates[0]), centre, spread, maker, tuple(gauges))


def fit_balance(pool: Array, missing: Array, blocks: Sequence[Array], candidates: int) -> Balance | None:
    """Return the balance of draws that are not weighted yet, None if there is nothing to learn it from.

    A column needs ten missing and ten observed entries. Logistic regressions with a ridge: e_j first, linear in the
    other columns and their squares (40 columns at most; 0 where missing), then t_j beside it, in bins of equal counts,
    more of them where rows are more.

    Args:
        pool: (m, n, d), completed rows; of the draws of a row, each counts 1 / m.
        missing: bool (n, d).
        blocks: column numbers of each column of the source.
        candidates: for each draw.
    """
    _, n, d = pool.shape
    count = missing.sum(axis=0)
    blocks = [block for block in blocks if min(count[block[0]], n - count[block[0]]) >= _LEAST]
    if d > MOST_COLUMNS or d < 2 or not blocks:
        return None
    rows = pool.reshape(-1, d)
    centre, spread = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-9)
    z = _standardised(pool, centre, spread)
    to_residuals = _residual_maker(z.reshape(-1, d), blocks)
    residuals = z @ to_residuals
    told = _told_by_the_rest(np.where(missing, 0.0, z[0]), missing, blocks)
    bins = int(np.clip(round(0.8 * n ** (1 / 3)), _FEWEST_BINS, _MOST_BINS))
    gauges = []
    for number, block in enumerate(blocks):
        value, residual = _readings(pool, residuals, block, np.arange(n))
        edges = np.arange(1, len(block)) - 0.5 if len(block) > 1 else bin_edges(value.ravel(), bins)
        edges_of_residual = bin_edges(residual.ravel(), bins)
        of_value, of_residual = _fitted_steps(
            np.searchsorted(edges, value, side="right"),
            np.searchsorted(edges_of_residual, residual, side="right"),
            (len(edges) + 1, len(edges_of_residual) + 1),
            missing[:, block[0]].astype(float),
            told[number],
        )
        gauges.append(Gauge(block, Steps(edges, of_value), Steps(edges_of_residual, of_residual)))
    return Balance(candidates, centre, spread, to_residuals, tuple(gauges))


def _checked(array: Array, shape: tuple[int, ...]) -> Array:
    """Return ``array`` if it has the shape and finite numbers.

    Raises:
        ValueError: it has not.
    """
    if array.shape != shape or array.dtype.kind not in "iuf" or not np.isfinite(array).all():
        raise ValueError(f"an array of shape {array.shape} and type {array.dtype} where finite {shape} belong")
    return array


def _standardised(x: Array, centre: Array, spread: Array) -> Array:
    return np.clip((x - centre) / spread, -_CLIP, _CLIP)


def _readings(x: Array, residuals: Array, block: Array, rows: Array) -> tuple[Array, Array]:
    """Return value and residual of a column in some rows, from ``x`` (m, n, d) and all residuals (m, n, d).

    Residuals are rounded: where columns hold few values they lie on the edges of bins, and the last bits of a product
    of matrices depend on its size.
    """
    where = np.ix_(np.arange(len(x)), rows, block)
    values, residual = x[where], residuals[where].round(9)
    if len(block) == 1:
        return values[:, :, 0], residual[:, :, 0]
    label = values.argmax(axis=2)
    return label, np.take_along_axis(residual, label[:, :, None], axis=2)[:, :, 0]


def _tempered(log_weights: Array) -> Array:
    """Return for each row the largest power of its weights, at most 1, that leaves a third of its candidates, (n,)."""
    wanted = len(log_weights) * _LEAST_LEFT

    def left(power: Array) -> Array:
        weights = np.exp(power * (log_weights - log_weights.max(axis=0)))
        return weights.sum(axis=0) ** 2 / (weights**2).sum(axis=0)

    low, high = np.zeros(log_weights.shape[1]), np.ones(log_weights.shape[1])
    enough = left(high) >= wanted
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        good = left(middle) >= wanted
        low, high = np.where(good, middle, low), np.where(good, high, middle)
    return np.where(enough, 1.0, low)


def _residual_maker(z: Array, blocks: Sequence[Array]) -> Array:
    """Return the matrix that makes the residual of each block given the other columns, P_.B P_BB^-1, P the precision.

    Args:
        z: (n, d), standardised.
        blocks: column numbers of each; other columns of the result are 0.
    """
    d = z.shape[1]
    precision = np.linalg.inv(z.T @ z / len(z) + 1e-3 * np.eye(d))
    result = np.zeros((d, d))
    for block in blocks:
        result[:, block] = np.linalg.solve(precision[np.ix_(block, block)], precision[block]).T
    return result


def _told_by_the_rest(z: Array, missing: Array, blocks: Sequence[Array]) -> Array:
    """Return e_j, the log-odds that each block is missing by the other columns, (blocks, n), but for a constant.

    All blocks at once, by Newton's steps with the curvature at its upper bound, 1/4 for each row (Boehning 1992).

    Args:
        z: (n, d), standardised, 0 where missing.
        missing: bool (n, d).
        blocks: column numbers of each.
    """
    from scipy.special import expit

    d = z.shape[1]
    inputs = np.arange(d) if d <= _MOST_INPUTS else np.linspace(0, d - 1, _MOST_INPUTS).round().astype(int)
    x = np.hstack([z[:, inputs], z[:, inputs] ** 2])
    x -= x.mean(axis=0)
    own = np.tile(np.stack([np.isin(inputs, block) for block in blocks]), 2)
    penalty = np.where(own, 1e9, _RIDGE_OF_REST)
    y = missing[:, [block[0] for block in blocks]].T.astype(float)
    inverse = np.linalg.inv(x.T @ x / 4 + penalty[:, :, None] * np.eye(x.shape[1]))
    weights, level = np.zeros(own.shape), np.log(y.mean(axis=1) / (1 - y.mean(axis=1)))
    for _ in range(_STEPS_OF_REST):
        error = expit(weights @ x.T + level[:, None]) - y
        weights -= (inverse @ (error @ x + penalty * weights)[:, :, None])[:, :, 0]
        level -= 4 * error.mean(axis=1)
    return weights @ x.T


def _fitted_steps(
    value: Array, residual: Array, shape: tuple[int, int], missing: Array, told: Array
) -> tuple[Array, Array]:
    """Return the heights of both step functions, by ridge logistic regression beside ``told`` and a constant.

    Args:
        value, residual: int (m, n), the bins.
        shape: their numbers.
        missing: (n,), 0 or 1.
        told: (n,), the log-odds by the rest of the row.
    """
    from scipy.special import expit

    cell = value * shape[1] + residual
    flat, first, total = cell.ravel(), shape[0], sum(shape)
    chance = missing.mean()
    heights = np.append(np.zeros(total), np.log(chance / (1 - chance)))
    ridge = np.append(np.full(total, _RIDGE), 0.0)

    def by_cell(quantity: Array) -> Array:
        return np.bincount(flat, quantity.ravel() / len(cell), shape[0] * shape[1]).reshape(shape)

    for _ in range(_NEWTON_STEPS):
        of_cell = heights[:first, None] + heights[first:total] + heights[total]
        chance_of = expit(of_cell.ravel()[cell] + told)
        error, curvature = by_cell(chance_of - missing), by_cell(chance_of * (1 - chance_of))
        gradient = np.concatenate([error.sum(axis=1), error.sum(axis=0), [error.sum()]]) + ridge * heights
        rows, columns = curvature.sum(axis=1), curvature.sum(axis=0)
        hessian = np.diag(np.concatenate([rows, columns, [rows.sum()]]) + ridge)
        hessian[:first, first:total] = curvature
        hessian[:total, total] = np.concatenate([rows, columns])
        hessian = np.triu(hessian) + np.triu(hessian, 1).T
        heights = heights - np.linalg.solve(hessian, gradient)
    return heights[:first], heights[first:total]
