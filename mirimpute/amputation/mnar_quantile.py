"""Missing not at random: only extreme values go missing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.amputation.base import Mechanism, Proposal, name_columns
from mirimpute.amputation.predictors import in_random_order
from mirimpute.errors import UserError

MIN_CONTRAST = 0.1
"""A column whose distinct values are in the outer region about equally often, to within this, is left out."""


@dataclass
class MnarQuantile(Mechanism):
    """Cells in the outer quantiles of their column go missing with one probability, the others never.

    P(x_ij missing) = p if x_ij is among the k lowest or the k highest of its column, else 0, with
    k = ⌊q (n_j − 1)⌋ + 1 of the n_j observed values: x_ij ≤ Q_j(q) or x_ij ≥ Q_j(1 − q). Where equal values lie
    across a border, a random part of them completes the k, so that columns with few distinct values do not fall
    into the region as a whole. A column in which every value is then in the region about equally often (a constant,
    or two values that are equally frequent) would be MCAR in disguise and stays observed; see :data:`MIN_CONTRAST`.
    Categories have no order: the columns of them get a random one.

    Attributes:
        quantile: q, the fraction of a column on *each* side, in (0, 0.5).

    Reference: Muzellec et al. (2020), "Missing data imputation using optimal transport", ICML (MNAR on quantiles).
    """

    quantile: float = 0.25

    def check(self) -> None:
        """Raise UserError unless ``quantile`` is in (0, 0.5)."""
        if not 0 < self.quantile < 0.5:
            raise UserError(
                f"quantile={self.quantile} is outside (0, 0.5): it is taken on each side, and from 0.5 on the two "
                "sides are the whole column, which is MCAR; give a fraction such as 0.25"
            )

    def propose(self, values: np.ndarray, rng: np.random.Generator, categorical: np.ndarray) -> Proposal:
        """Return the outer region of each column.

        Raises:
            UserError: every column would be MCAR in disguise.
        """
        n_columns = values.shape[1]
        eligible = np.zeros(values.shape, dtype=bool)
        left_out = []
        for column in range(n_columns):
            ordered = in_random_order(values[:, column], rng) if categorical[column] else values[:, column]
            region = outer_region(ordered, self.quantile, rng)
            if region.contrast < MIN_CONTRAST:
                left_out.append(column)
            else:
                eligible[:, column] = region.cells
        if len(left_out) == n_columns:
            raise UserError(
                f"mechanism {self.name!r} cannot depend on the values: with quantile={self.quantile:g} no column has "
                "values that are in its outer quantiles more often than others (too few distinct values), "
                "use mechanism=mcar or mechanism=mnar_self"
            )
        used = n_columns - len(left_out)
        names = name_columns(np.array(left_out))
        note = f"column(s) {names} stay observed: too few distinct values for outer quantiles"
        return Proposal(
            eligible=eligible,
            logits=np.broadcast_to(np.float64(0), values.shape),
            intercept_per_column=False,
            notes=(note,) if left_out else (),
            limit=f"only the outer {self.quantile:g}-quantiles of {used} of {n_columns} columns go missing",
            remedy=f"rate_of=eligible or a quantile larger than {self.quantile:g} (below 0.5)",
        )


@dataclass(frozen=True)
class OuterRegion:
    """The outer quantiles of one column.

    Attributes:
        cells: bool (n_rows,).
        contrast: how much more often the most affected value is in the region than the least affected one: 1 when
            some value is always in it and another never, 0 when all are equally often.
    """

    cells: np.ndarray
    contrast: float


def outer_region(column: np.ndarray, quantile: float, rng: np.random.Generator) -> OuterRegion:
    """Return the ⌊quantile · (n − 1)⌋ + 1 lowest and as many highest of the n observed values, border ties at random.

    Args:
        column: (n_rows,), any scale, NaN where there is no value.
        quantile: in (0, 0.5).
        rng: chooses among equal values at a border, and is not used without any.

    >>> rng = np.random.default_rng(0)
    >>> outer_region(np.array([5.0, 1.0, 2.0, np.nan, 3.0, 4.0]), 0.25, rng)
    OuterRegion(cells=array([ True,  True,  True, False, False,  True]), contrast=1.0)
    >>> outer_region(np.array([0.0, 1.0, 0.0, 1.0]), 0.25, rng).contrast
    0.0
    """
    present = column[~np.isnan(column)]
    if present.size < 2:  # a single value has no two sides
        return OuterRegion(np.zeros(column.shape, dtype=bool), 0.0)
    # The small term undoes the rounding of products such as 0.29 × 100.
    size = int(quantile * (present.size - 1) + 1e-9) + 1
    low, high = np.partition(present, (size - 1, present.size - size))[[size - 1, present.size - size]]
    below, above = column < low, column > high  # NaN compares False
    cells: np.ndarray = below | above
    between = int(present.size - below.sum() - above.sum())
    inclusions = [1.0] if cells.any() else []
    borders = [(low, 2 * size - int(cells.sum()))]
    if low < high:
        borders = [(low, size - int(below.sum())), (high, size - int(above.sum()))]
    for value, wanted in borders:
        tied = np.flatnonzero(column == value)
        cells[tied if wanted == tied.size else rng.choice(tied, wanted, replace=False)] = True
        inclusions.append(wanted / tied.size)
        between -= tied.size
    if between:
        inclusions.append(0.0)
    return OuterRegion(cells, max(inclusions) - min(inclusions))
