"""Resampling by the pattern: of several draws of a row, those that do not betray which entries were drawn.

A round minimises KL(P_{X(g), M} || q x P_M), of which I(X; M) is a part: what a completed row says of its own pattern.
The flow lowers it as far as it has learnt the conditional distribution. A classifier shows what is left, which can be
lowered without learning more. Let

    log-odds(m_j = missing | x) = e_j(x_obs) + t_j(x),

e_j for what the observed entries of the row say of the pattern, which is all under MAR, and t_j for what the value of
column j and its completion add (:mod:`.pattern_logit`). For a single missing column exp(-t_j) is, by Bayes' rule, the
ratio of the density of its entries where they are observed to that where they are drawn, at equal e_j. Candidates of a
row, weighted by

    exp(-sum over the missing j of t_j(x)),

are drawn again (sampling importance resampling, Rubin 1987), whole rows of them, so that the dependence among the
entries of a row stays. It is one step of iterative raking (Deville & Saerndal 1992) of the draws to the data. Nearly
dependent columns of which too few candidates are right are transported before, see :mod:`.residual_transport`.

The limits. It assumes values are missing at random: where they hide themselves, observed ones are no measure. e_j is
linear in values and squares; of a pattern that depends on them otherwise, some is taken for t_j, and right draws move
by a tenth of a residual deviation or so. The residual of an entry whose neighbours are drawn as well is a residual from
their errors too: of a dependence that is wrong among columns that are missing together little is mended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mirimpute.methods.mirf.learnt_parts import checked, of_prefix, prefixed
from mirimpute.methods.mirf.pattern.pattern_logit import (
    PatternLogit,
    fit_pattern_logit,
    log_odds_by_rest,
    residuals_without_identities,
    value_and_residual,
)
from mirimpute.methods.mirf.pattern.residual_transport import (
    ResidualTransport,
    arrays_of,
    fit_residual_transports,
    standardised,
    transported,
    transports_from,
)
from mirimpute.types import Array

MOST_COLUMNS = 256
_LEAST = 10
_LEAST_LEFT, _HALVINGS = 1 / 3, 12
_MOST_CANDIDATES = 1_000


@dataclass(frozen=True)
class Resampling:
    """Chooses draws among candidates.

    Attributes:
        candidates: for each draw.
        centre, spread: (d,), of the columns.
        to_residuals: (d, d), makes the residuals of standardised rows.
        logits: t_j of the columns whose pattern could be learnt.
        transports: of candidates, in this order, before they are weighted.
        together: draws that are chosen together, among the candidates of all of them.
    """

    version: ClassVar[int] = 1

    candidates: int
    centre: Array
    spread: Array
    to_residuals: Array
    logits: tuple[PatternLogit, ...]
    transports: tuple[ResidualTransport, ...] = ()
    together: int = 5

    def log_weights(self, candidates: Array, missing: Array) -> Array:
        """Return the logarithm of the weight of each candidate, transported already, but for a constant of its row.

        Errors of many t_j add up. Where a row's weights would leave fewer than a third of its candidates (effectively:
        Kong 1992), they are brought nearer to each other until they leave as many.

        Args:
            candidates: (m, n, d), completed rows.
            missing: bool (n, d).

        Returns:
            (m, n).
        """
        residuals = standardised(candidates, self.centre, self.spread) @ self.to_residuals
        result = np.zeros(candidates.shape[:2])
        for logit in self.logits:
            rows = np.flatnonzero(missing[:, logit.block[0]])
            result[:, rows] -= logit.log_odds(candidates, residuals, rows)
        return result * _tempered(result)

    def resampled(self, candidates: Array, missing: Array, uniform: Array) -> Array:
        """Transport the candidates; return some of those of each row, (count, n, d), as often as their weights say.

        The resampling is systematic: a candidate is taken as often as expected, give or take one. It depends on the row
        and on its random numbers alone.

        Args:
            candidates: (m, n, d), completed rows.
            missing: bool (n, d).
            uniform: (count + 1, n), random numbers in [0, 1), which decide.
        """
        count = len(uniform) - 1
        candidates = transported(self.transports, candidates, missing, self.centre, self.spread)
        weights = self.log_weights(candidates, missing)
        weights = np.exp(weights - weights.max(axis=0))
        passed = np.cumsum(weights, axis=0)
        order = np.argsort(uniform[1:], axis=0)  # else the first draw would come from the first candidates
        chosen = np.empty((count, candidates.shape[1]), dtype=int)
        for number in range(count):
            reached = (number + uniform[0]) / count * passed[-1]
            chosen[number] = np.minimum((passed <= reached).sum(axis=0), len(candidates) - 1)
        chosen = np.take_along_axis(chosen, order, axis=0)
        return np.take_along_axis(candidates, chosen[:, :, None], axis=0)

    def arrays(self) -> dict[str, Array]:
        """Return everything as plain arrays."""
        found = {
            "counts": np.array([self.candidates, self.together]),
            "centre": self.centre,
            "spread": self.spread,
            "to_residuals": self.to_residuals,
            **prefixed("transports", arrays_of(self.transports)),
        }
        for number, logit in enumerate(self.logits):
            found.update(prefixed(f"logits.{number}", logit.arrays()))
        return found

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Resampling:
        """Return what :meth:`arrays` wrote.

        Raises:
            KeyError, ValueError: the arrays are not those of such a part.
        """
        d = len(arrays["centre"])
        shapes = {"counts": (2,), "centre": (d,), "spread": (d,), "to_residuals": (d, d)}
        counts, centre, spread, maker = (checked(arrays[name], shape) for name, shape in shapes.items())
        if not (spread > 0).all() or counts.min() < 1 or counts.max() > _MOST_CANDIDATES:
            raise ValueError("a spread that is not positive, or no number of candidates")
        stored = of_prefix("logits", arrays)
        numbers = range(len({name.split(".")[0] for name in stored}))
        logits = tuple(PatternLogit.from_arrays(of_prefix(str(number), stored)) for number in numbers)
        columns = np.concatenate([np.arange(0), *(logit.block for logit in logits)])
        if columns.dtype.kind not in "iu" or len(set(columns)) < len(columns) or not set(columns) <= set(range(d)):
            raise ValueError("columns that are not there, or that are there twice")
        transports = transports_from(of_prefix("transports", arrays), d)
        categories = {column for logit in logits if len(logit.block) > 1 for column in logit.block}
        if categories & {transport.column for transport in transports}:
            raise ValueError("a category is transported")
        return cls(int(counts[0]), centre, spread, maker, logits, transports, int(counts[1]))


def fit_resampling(
    candidates: Array,
    missing: Array,
    blocks: Sequence[Array],
    per_draw: int,
    room: Array | None = None,
    together: int = 5,
) -> Resampling | None:
    """Learn from draws that are not weighted yet; None if there is nothing to learn from.

    A column needs ten missing and ten observed entries. Logistic regressions with a ridge: e_j first, then t_j beside
    it, in bins of equal counts, more of them where rows are more. Between the two, residuals of nearly dependent
    columns are transported, see :mod:`.residual_transport`.

    Args:
        candidates: (m, n, d), completed rows; of the draws of a row, each counts 1 / m.
        missing: bool (n, d).
        blocks: column numbers of each column of the source.
        per_draw: candidates for each draw.
        room: (2, d), between which the entries of a column may be moved, if they are not the same (default: the range
            of its observed entries).
        together: draws that are chosen together.
    """
    _, n, d = candidates.shape
    count = missing.sum(axis=0)
    blocks = [block for block in blocks if min(count[block[0]], n - count[block[0]]) >= _LEAST]
    if d > MOST_COLUMNS or d < 2 or not blocks:
        return None
    rows = candidates.reshape(-1, d)
    centre, spread = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-9)
    by_rest = log_odds_by_rest(standardised(candidates[0], centre, spread), missing, blocks)
    if room is None:
        room = np.stack([each(np.where(missing, np.nan, candidates[0]), axis=0) for each in (np.nanmin, np.nanmax)])
    transports = fit_residual_transports(candidates, missing, blocks, by_rest, centre, spread, room)
    candidates = transported(transports, candidates, missing, centre, spread)
    z = standardised(candidates, centre, spread)
    to_residuals = residuals_without_identities(z.reshape(-1, d), blocks)
    residuals, all_rows = z @ to_residuals, np.arange(n)
    logits = tuple(
        fit_pattern_logit(
            block, *value_and_residual(candidates, residuals, block, all_rows), missing[:, block[0]], of_column
        )[0]
        for block, of_column in zip(blocks, by_rest, strict=True)
    )
    return Resampling(per_draw, centre, spread, to_residuals, logits, transports, together)


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
