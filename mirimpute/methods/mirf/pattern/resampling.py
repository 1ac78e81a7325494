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
distribution that is not the column's shows in the first, a dependence that is too loose in the second. Nearly
dependent columns in which there is too much to be told for a choice are moved before, see :mod:`.moves`.

What it cannot do. It takes the values for missing at random: where they hide themselves, observed ones are no measure.
e_j is linear in values and squares; of a pattern that depends on them otherwise, some is taken for t_j, and right draws
move by a tenth of a residual deviation or so. The residual of an entry whose neighbours are drawn as well is a residual
from their errors too: of a dependence that is wrong among columns that are missing together little is mended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mirimpute.methods.mirf.pattern.residual_transport import Move, arrays_of, checked, moved, moves_from, standardised
from mirimpute.types import Array

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
        moves: of candidates, in this order, before they are weighted.
        together: draws that are chosen together, among the candidates of all of them.
    """

    candidates: int
    centre: Array
    spread: Array
    to_residuals: Array
    gauges: tuple[Gauge, ...]
    moves: tuple[Move, ...] = ()
    together: int = 5

    def log_weights(self, pool: Array, missing: Array) -> Array:
        """Return the logarithm of the weight of each candidate, moved already, (m, n), but for a constant of its row.

        Errors of many t_j add up. Where a row's weights would leave fewer than a third of its candidates (effectively:
        Kong 1992), they are brought nearer to each other until they leave as many.

        Args:
            pool: (m, n, d), completed rows.
            missing: bool (n, d).
        """
        residuals = standardised(pool, self.centre, self.spread) @ self.to_residuals
        result = np.zeros(pool.shape[:2])
        for gauge in self.gauges:
            rows = np.flatnonzero(missing[:, gauge.block[0]])
            value, residual = readings(pool, residuals, gauge.block, rows)
            result[:, rows] -= gauge.of_value.at(value) + gauge.of_residual.at(residual)
        return result * _tempered(result)

    def choose(self, pool: Array, missing: Array, uniform: Array) -> Array:
        """Move the candidates; return some of those of each row, (count, n, d), as often as their weights say.

        The choice is systematic: a candidate is taken as often as expected, give or take one. It depends on the row and
        on its random numbers alone.

        Args:
            pool: (m, n, d), completed rows.
            missing: bool (n, d).
            uniform: (count + 1, n), random numbers in [0, 1), of which the choice is a function.
        """
        count = len(uniform) - 1
        pool = moved(self.moves, pool, missing, self.centre, self.spread)
        weights = self.log_weights(pool, missing)
        weights = np.exp(weights - weights.max(axis=0))
        passed = np.cumsum(weights, axis=0)
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
            "together": np.array([self.together]),
            "centre": self.centre,
            "spread": self.spread,
            "to_residuals": self.to_residuals,
            **{f"moves.{name}": array for name, array in arrays_of(self.moves).items()},
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
            categorical: see :class:`mirimpute.methods.base.Problem`.
            n_columns: of the table that it is for.

        Raises:
            KeyError, ValueError: the arrays are not those of a balance of such a table.
        """
        d = n_columns
        shapes = {"candidates": (1,), "together": (1,), "centre": (d,), "spread": (d,), "to_residuals": (d, d)}
        candidates, together, centre, spread, maker = (checked(arrays[name], shape) for name, shape in shapes.items())
        counts = min(candidates[0], together[0]), max(candidates[0], together[0])
        if not (spread > 0).all() or counts[0] < 1 or counts[1] > _MOST_CANDIDATES:
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
                edges = checked(edges, (edges.size,))
                heights = checked(arrays[f"{column}.{name}.heights"], (edges.size + 1,))
                if not (np.diff(edges) > 0).all():
                    raise ValueError(f"the edges of column {column} are not in order")
                steps.append(Steps(edges, heights))
            gauges.append(Gauge(blocks.get(column, np.array([column])), *steps))
        moves = moves_from({name[6:]: each for name, each in arrays.items() if name.startswith("moves.")}, d)
        if inside.intersection(move.column for move in moves) or blocks.keys() & {move.column for move in moves}:
            raise ValueError("a category is moved")
        return cls(int(candidates[0]), centre, spread, maker, tuple(gauges), moves, int(together[0]))


def readings(x: Array, residuals: Array, block: Array, rows: Array) -> tuple[Array, Array]:
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
    # row by row in memory: how a sum is rounded then does not depend on the number of rows
    below = np.ascontiguousarray((log_weights - log_weights.max(axis=0)).T)
    wanted = len(log_weights) * _LEAST_LEFT

    def left(power: Array) -> Array:
        weights = np.exp(power[:, None] * below)
        return weights.sum(axis=1) ** 2 / (weights**2).sum(axis=1)

    low, high = np.zeros(len(below)), np.ones(len(below))
    enough = left(high) >= wanted
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        good = left(middle) >= wanted
        low, high = np.where(good, middle, low), np.where(good, high, middle)
    return np.where(enough, 1.0, low)
