"""The table's own missing cells as patterns for more: which columns go missing together, and in which order."""

from __future__ import annotations

import numpy as np

from mirimpute.amputation.base import Proposal, name_columns
from mirimpute.amputation.rate_calibration import in_turns, loss_order
from mirimpute.errors import UserError


def incomplete_columns(missing: np.ndarray, mechanism_name: str) -> np.ndarray:
    """Return the numbers of the columns that miss a cell.

    Raises:
        UserError: the table misses none.
    """
    columns = np.flatnonzero(missing.any(axis=0))
    if columns.size == 0:
        raise UserError(
            f"mechanism {mechanism_name!r} hides cells as the table's own rows lack them, and no row lacks one: use "
            "mechanism=mcar or mar"
        )
    return columns


def like_own_holes(missing: np.ndarray, log_odds: np.ndarray, rng: np.random.Generator) -> Proposal:
    """Return a proposal in which each incomplete column loses cells by its log-odds, and takes others along.

    Row i is reached by column j at the intercept logit(u_ij) - log_odds_ij, taken as a rank. It then gets the pattern
    of a random row that lacks j: all columns that this row lacks go with it. A cell goes missing when the first of the
    columns that take it along reaches its row. A pattern of k columns can be reached by each of them, so it is drawn
    with weight 1/k: where all columns miss equally many cells, incomplete rows are copied about equally often. Columns
    that are always missing together stay so, whatever the rate.

    Args:
        missing: bool (n_rows, n_columns), at least one True.
        log_odds: float64 (n_rows, n_columns), of each cell up to an intercept per column; 0 depends on nothing.
        rng: draws the order of the rows and their patterns.
    """
    columns = np.flatnonzero(missing.any(axis=0))
    reached = loss_order(log_odds, np.broadcast_to(missing.any(axis=0), missing.shape), True, rng)
    turns = np.full(missing.shape, np.inf)
    for column in columns:
        rows = np.flatnonzero(missing[:, column])
        weights = 1.0 / missing[rows].sum(axis=1)
        pattern = missing[rng.choice(rows, size=len(missing), p=weights / weights.sum())]
        np.minimum(turns, np.where(pattern, reached[:, [column]], np.inf), out=turns)
    complete = np.flatnonzero(~missing.any(axis=0))
    stay = f"{complete.size} of {missing.shape[1]} columns miss nothing in the table and stay observed"
    return Proposal(
        eligible=np.broadcast_to(missing.any(axis=0), missing.shape),
        logits=in_turns(turns),
        intercept_per_column=True,
        notes=(f"complete column(s) {name_columns(complete)} stay observed",) if complete.size else (),
        limit=stay if complete.size else "",
        rate_of="eligible",
    )
