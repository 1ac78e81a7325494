"""`amputate`: hide cells of a table by a mechanism, at an exact rate."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mirimpute.amputation.base import Mechanism, Proposal
from mirimpute.amputation.rate_calibration import first_cells, loss_order
from mirimpute.amputation.repair import protected_cells
from mirimpute.errors import UserError, unknown

RATES_OF = ("overall", "eligible")
"""What a missing rate can refer to: all cells that the source observes, or those that the mechanism may hide."""


@dataclass(frozen=True)
class Amputation:
    """Which cells were hidden.

    Attributes:
        scored: bool (n_rows, n_columns), cells hidden on purpose; never one that the source itself lacks.
        eligible: bool (n_rows, n_columns), observed cells that the mechanism may hide, before the repair rules.
        realised_rate: scored cells over all cells that the source observes.
        realised_rate_by_column: float64 (n_columns,), the same per column; NaN for a column without any value.
        nominal_rate: the rate that was asked for.
        repaired_cells: cells that the mechanism would have hidden and a repair rule kept.
        notes: what a reader should know (columns that stay observed, columns left out), one sentence each.
    """

    scored: np.ndarray
    eligible: np.ndarray
    realised_rate: float
    realised_rate_by_column: np.ndarray
    nominal_rate: float
    repaired_cells: int
    notes: tuple[str, ...]


def check_missing_rate(missing_rate: float) -> None:
    """Raise UserError unless ``missing_rate`` is a number in (0, 1); needs no data, so it can run first."""
    number = isinstance(missing_rate, (int, float, np.number)) and not isinstance(missing_rate, bool)
    if not number or not 0 < missing_rate < 1:
        raise UserError(f"missing_rate={missing_rate} is outside (0, 1): give a fraction such as 0.3")


def amputate(
    values: np.ndarray,
    mechanism: Mechanism,
    missing_rate: float,
    rate_of: str,
    rng: np.random.Generator,
    categorical: np.ndarray | None = None,
) -> Amputation:
    """Hide cells of ``values`` by ``mechanism``, so that the realised rate is ``missing_rate`` to within one cell.

    The incomplete table is ``np.where(amputation.scored, nan, values)``. The result depends on the arguments only.
    With the same generator state, the cells hidden at one rate are among those hidden at every larger rate.

    Two repair rules keep every row and column usable; the rate is exact with the repaired cells counted as kept:

    - a row never loses its last observed cell: it keeps the eligible one that would go missing last;
    - a column keeps two observed values, and two distinct ones where it has them: again those that would go last.

    The second rule is the only way in which an MCAR or MAR mask can depend on a hidden value, and it acts only where
    a column would otherwise lose all its information (a column with one rare value, a very small table).

    "Last" is the largest uniform under MCAR, and otherwise the largest intercept at which the cell goes missing
    (:mod:`mirimpute.amputation.rate_calibration`). Where the intercepts are per column, every column has the same
    rate of its eligible cells; repairs in one column are then made up for by all columns together.

    Args:
        values: float64 (n_rows, n_columns), any scale, NaN where the source has no value; not modified.
        mechanism: one of :data:`mirimpute.amputation.MECHANISMS`.
        missing_rate: in (0, 1).
        rate_of: "overall", a fraction of the cells that the source observes, or "eligible", a fraction of those
            that the mechanism may hide; `copy` and `fitted` know the second alone.
        rng: the only source of randomness.
        categorical: bool (n_columns,), columns whose values are numbers of categories (default: none).

    Raises:
        UserError: a parameter is out of range, the table has one column or infinite values, the rate hides no cell
            or is out of reach (the message gives the largest one), or the mechanism would be MCAR in disguise.

    >>> from mirimpute.amputation import Mcar
    >>> rng = np.random.default_rng(0)
    >>> amputate(rng.normal(size=(50, 4)), Mcar(name="mcar"), 0.3, "overall", rng).realised_rate
    0.3
    """
    check_missing_rate(missing_rate)
    if rate_of not in RATES_OF:
        raise unknown("rate_of", rate_of, RATES_OF)
    mechanism.check()
    _check_values(values)
    observed = ~np.isnan(values)
    proposal = mechanism.propose(values, rng, np.zeros(values.shape[1], bool) if categorical is None else categorical)
    rate_of = proposal.rate_of or rate_of
    eligible = proposal.eligible & observed
    order = loss_order(proposal.logits, eligible, proposal.intercept_per_column, rng)
    protected = protected_cells(order, values)
    kept_back = order[protected]
    order[protected] = np.inf

    base = int(observed.sum() if rate_of == "overall" else eligible.sum())
    available = int(eligible.sum()) - kept_back.size
    count = _cells_to_hide(missing_rate, rate_of, base, available, mechanism, proposal)
    scored = first_cells(order, count)
    with np.errstate(invalid="ignore"):  # a column without any value has no rate
        by_column = scored.sum(axis=0) / observed.sum(axis=0)
    return Amputation(
        scored=scored,
        eligible=eligible,
        realised_rate=count / int(observed.sum()),
        realised_rate_by_column=by_column,
        nominal_rate=float(missing_rate),
        repaired_cells=int((kept_back < order[scored].max()).sum()),
        notes=proposal.notes,
    )


def _check_values(values: np.ndarray) -> None:
    """Raise UserError for a table in which no cell can be hidden or whose values cannot be ordered."""
    if values.ndim != 2:
        raise UserError(f"values have shape {values.shape}: give a table of rows and columns")
    if values.shape[1] < 2:
        raise UserError(
            f"the table has {values.shape[1]} column(s), so that hiding a cell would empty its row: "
            "give a table with at least 2"
        )
    if np.isinf(values).any():
        raise UserError("the table holds infinite values: replace them by empty cells or drop them")


def _cells_to_hide(
    missing_rate: float, rate_of: str, base: int, available: int, mechanism: Mechanism, proposal: Proposal
) -> int:
    """Return how many cells ``missing_rate`` of ``base`` cells is, at most ``available``, or refuse.

    A target that rounding puts one cell out of reach is met to within that cell.
    """
    exact = missing_rate * base
    count = math.floor(exact + 0.5)
    if available < 1:
        reason = proposal.limit or "the table is too small"
        raise UserError(
            f"mechanism {mechanism.name!r} can hide no cell of this table ({reason}; a row keeps one observed cell, "
            "a column two): give a larger table or another mechanism"
        )
    if count < 1:
        raise UserError(
            f"missing_rate={missing_rate} hides none of the {base} {_CELLS[rate_of]} cells: "
            f"give at least {_rounded(0.5 / base, up=True)}"
        )
    if exact > available + 1:
        reasons = [proposal.limit] if proposal.limit else []
        reasons.append("a row keeps one observed cell, a column two")
        remedy = proposal.remedy if rate_of == "overall" else ""
        raise UserError(
            f"missing_rate={missing_rate} of the {_CELLS[rate_of]} cells (rate_of={rate_of}) is out of reach for "
            f"mechanism {mechanism.name!r} ({'; '.join(reasons)}): give at most {_rounded(available / base, up=False)}"
            + (f"{', ' if ' or ' in remedy else ' or '}{remedy}" if remedy else "")
        )
    return min(count, available)


_CELLS = {"overall": "observed", "eligible": "eligible"}


def _rounded(rate: float, up: bool) -> str:
    """Return ``rate`` with three significant digits, rounded to the side on which it is valid.

    >>> _rounded(0.69967, up=False), _rounded(1 / 300, up=True)
    ('0.699', '0.00334')
    """
    unit = 10.0 ** (math.floor(math.log10(rate)) - 2)
    steps = math.ceil(rate / unit - 1e-9) if up else math.floor(rate / unit + 1e-9)
    return f"{steps * unit:.3g}"
