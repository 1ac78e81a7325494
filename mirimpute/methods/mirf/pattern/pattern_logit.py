"""t_j: what the value of one column adds to the log-odds that it is missing. Why: :mod:`.resampling`.

    log-odds(m_j = missing | x) = e_j(x_obs) + t_j(x)

e_j is what the observed entries of the row say of the pattern. t_j is a sum of two step functions: one of the value of
the column, one of its residual given the other columns. A marginal distribution that is not the column's shows in the
first, a dependence that is too loose in the second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mirimpute.methods.mirf.learnt_parts import checked
from mirimpute.numerics.binning import bin_edges
from mirimpute.numerics.residuals import residual_maker
from mirimpute.numerics.ridge_logit import Dense, TwoSteps, bound, ridge_logit
from mirimpute.numerics.thinning import evenly_spaced
from mirimpute.types import Array

_RIDGE, _NEWTON_STEPS = 3.0, 8
_FEWEST_BINS, _MOST_BINS = 4, 24
_EXACT = 0.01
_MOST_INPUTS = 40
_RIDGE_OF_REST, _STEPS_OF_REST = 5.0, 25


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
class PatternLogit:
    """t_j of one column.

    Attributes:
        block: the column, or the indicators of a category.
        of_value: of the value, or of the number of the category.
        of_residual: of the residual given the other columns; of a category, that of its own indicator.
    """

    block: Array
    of_value: Steps
    of_residual: Steps

    def log_odds(self, candidates: Array, residuals: Array, rows: Array) -> Array:
        """Return t_j (m, rows) of some rows of the candidates (m, n, d), whose residuals are (m, n, d)."""
        value, residual = value_and_residual(candidates, residuals, self.block, rows)
        return self.of_value.at(value) + self.of_residual.at(residual)

    def arrays(self) -> dict[str, Array]:
        """Return everything as plain arrays."""
        steps = {"value": self.of_value, "residual": self.of_residual}
        return {
            "block": self.block,
            **{f"{name}.edges": each.edges for name, each in steps.items()},
            **{f"{name}.heights": each.heights for name, each in steps.items()},
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> PatternLogit:
        """Return what :meth:`arrays` wrote.

        Raises:
            KeyError, ValueError: the arrays are not those of such a logit.
        """
        steps = []
        for name in ("value", "residual"):
            edges = checked(arrays[f"{name}.edges"], (arrays[f"{name}.edges"].size,))
            if not (np.diff(edges) > 0).all():
                raise ValueError("edges that are not in order")
            steps.append(Steps(edges, checked(arrays[f"{name}.heights"], (edges.size + 1,))))
        return cls(arrays["block"], *steps)


def fit_pattern_logit(
    block: Array, value: Array, residual: Array, missing: Array, by_rest: Array
) -> tuple[PatternLogit, float, float]:
    """Return t_j of a column, its log-likelihood gain, and the gain that is expected by chance.

    Both gains are in nats, over e_j and a constant. Chance is half of the degrees of freedom that the ridge leaves
    (Wilks 1938); it is less where several candidates of a row are averaged.

    Args:
        block: its column numbers.
        value, residual: (m, n), see :func:`value_and_residual`.
        missing: bool (n,).
        by_rest: e_j (n,), see :func:`log_odds_by_rest`.
    """
    bins = int(np.clip(round(0.8 * value.shape[1] ** (1 / 3)), _FEWEST_BINS, _MOST_BINS))
    edges = np.arange(1, len(block)) - 0.5 if len(block) > 1 else bin_edges(value.ravel(), bins)
    edges_of_residual = bin_edges(residual.ravel(), bins)
    of_value, of_residual, gain, chance = _fitted_steps(
        np.searchsorted(edges, value, side="right"),
        np.searchsorted(edges_of_residual, residual, side="right"),
        (len(edges) + 1, len(edges_of_residual) + 1),
        missing.astype(float),
        by_rest,
    )
    return PatternLogit(block, Steps(edges, of_value), Steps(edges_of_residual, of_residual)), gain, chance


def _fitted_steps(
    value: Array, residual: Array, shape: tuple[int, int], missing: Array, by_rest: Array
) -> tuple[Array, Array, float, float]:
    """Return the heights of both step functions by ridge logit beside e_j and a constant, then gain and chance.

    Args:
        value, residual: int (m, n), the bins.
        shape: their numbers.
        missing: (n,), 0 or 1.
        by_rest: e_j (n,).
    """
    from scipy.special import expit, log_expit

    first, total = shape[0], sum(shape)
    chance = missing.mean()
    level = np.log(chance / (1 - chance))
    for _ in range(_NEWTON_STEPS):
        chance_of = expit(by_rest + level)
        level -= (chance_of - missing).sum() / (chance_of * (1 - chance_of)).sum()
    inputs = TwoSteps(value * shape[1] + residual, shape)
    ridge = np.append(np.full(total, _RIDGE), 0.0)
    start = np.append(np.zeros(total), level)
    found = ridge_logit(inputs, missing, ridge, _NEWTON_STEPS, start=start, level=by_rest)
    sign = 2 * missing - 1
    with_steps = log_expit(sign * (inputs.log_odds(found.weights) + by_rest)).mean(axis=0)
    gain = with_steps - log_expit(sign * (by_rest + level))
    assert found.curvature is not None
    free = total - _RIDGE * np.diagonal(np.linalg.inv(found.curvature))[:total].sum()
    return found.weights[:first], found.weights[first:total], float(gain.sum()), float(free / 2)


def log_odds_by_rest(z: Array, missing: Array, blocks: Sequence[Array]) -> Array:
    """Return e_j, the log-odds that each block is missing by the other columns, (blocks, n), but for a constant.

    Linear in the other columns, in their squares (means where they are missing) and in whether they are missing.

    Args:
        z: (n, d), standardised; what is missing is not read.
        missing: bool (n, d).
        blocks: column numbers of each.
    """
    inputs = evenly_spaced(z.shape[1], _MOST_INPUTS)
    # With zeros where columns are missing and without their pattern, a column that is missing in the same rows would
    # tell it by its squares: e_j would fall with the size of the value where both are observed, and draws of both near
    # the mean would be preferred.
    absent = missing[:, inputs]
    x = np.stack([z[:, inputs], z[:, inputs] ** 2])
    observed = np.maximum((~absent).sum(axis=0), 1)
    x = np.where(absent, np.where(absent, 0.0, x).sum(axis=1, keepdims=True) / observed, x)
    x = np.hstack([*x, absent])
    x -= x.mean(axis=0)
    own = np.tile(np.stack([np.isin(inputs, block) for block in blocks]), 3)
    penalty = np.where(own, 1e9, _RIDGE_OF_REST)
    y = missing[:, [block[0] for block in blocks]].T.astype(float)
    level = np.log(y.mean(axis=1) / (1 - y.mean(axis=1)))[:, None]
    start, inverse = np.zeros(own.shape), bound(x, penalty)
    found = ridge_logit(Dense(x), y, penalty, _STEPS_OF_REST, start=start, level=level, inverse=inverse)
    return Dense(x).log_odds(found.weights)


def residuals_without_identities(z: Array, blocks: Sequence[Array]) -> Array:
    """Return the matrix (d, d) that makes the residual of each block (:func:`~mirimpute.numerics.residuals`).

    Columns that follow from the others to a hundredth of a deviation (copies, parts of a sum) get zeros: their residual
    is the rounding of draws on one side and the ridge on the other, and would prefer draws near the mean.

    Args:
        z: (n, d), standardised.
        blocks: column numbers of each; other columns of the result are 0.
    """
    result = residual_maker(z, blocks)
    exact = np.einsum("ij,ik,kj->j", result, z.T @ z / len(z), result, optimize=True) < _EXACT**2
    for block in blocks:
        result[:, block] *= not exact[block].all()
    return result


def value_and_residual(x: Array, residuals: Array, block: Array, rows: Array) -> tuple[Array, Array]:
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
