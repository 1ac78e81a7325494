"""The one way in which the benchmark hides cells: for the rows of a cell, and for a search of parameters."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mirimpute.amputation.amputate import Amputation, amputate
from mirimpute.amputation.base import Mechanism
from mirimpute.bench.config import CellConfig
from mirimpute.errors import UserError
from mirimpute.methods.base import Problem
from mirimpute.methods.holding_out import choose_observed
from mirimpute.seeding import generator, integer_seed
from mirimpute.table.encoding import Encoding
from mirimpute.table.table import Table

HELD_OUT = 0.1
"""Fraction of the observed cells that a search of parameters does not see and is judged on."""


@dataclass(frozen=True)
class Hidden:
    """A table from which cells were hidden on purpose.

    Attributes:
        amputation: which cells, and at which rates.
        x_incomplete: float64 (n_rows, n_columns), original units, NaN where hidden or never known.
        method_seed: of the method that completes it, independent of the hidden cells.
    """

    amputation: Amputation
    x_incomplete: np.ndarray
    method_seed: int

    def facts(self, table: Table) -> dict[str, Any]:
        """Return the fields of a row that say what was hidden of which table."""
        found = self.amputation
        by_column = found.realised_rate_by_column
        return {
            "n_rows": table.values.shape[0],
            "n_columns": table.values.shape[1],
            "realised_rate": found.realised_rate,
            "realised_rate_min_column": float(np.nanmin(by_column)),
            "realised_rate_max_column": float(np.nanmax(by_column)),
            "scored_cells": int(found.scored.sum()),
            "scored_categories": int(found.scored[:, Encoding(table.columns).is_categorical].sum()),
            "data_sha256": table.sha256,
            "mask_sha256": hashlib.sha256(np.packbits(np.isnan(self.x_incomplete)).tobytes()).hexdigest(),
        }


def hide(
    table: Table, dataset: str, mechanism: Mechanism, missing_rate: float, seed: int, rate_of: str = "overall"
) -> Hidden:
    """Hide cells of a complete table; the same arguments hide the same cells, whatever the method.

    Args:
        table: the table.
        dataset: its label, which the random numbers depend on.
        mechanism: which cells go missing.
        missing_rate: fraction to hide, in (0, 1).
        seed: of the cell.
        rate_of: what the rate is a fraction of, see :func:`mirimpute.amputation.amputate.amputate`.

    Raises:
        UserError: as :func:`mirimpute.amputation.amputate.amputate`.
    """
    rng = generator(seed, "missing cells", dataset, mechanism.name)
    categorical = Encoding(table.columns).is_categorical
    mechanism = mechanism.for_table([column.name for column in table.columns], table.values)
    amputation = amputate(table.values, mechanism, missing_rate, rate_of, rng, categorical)
    x_incomplete = np.where(amputation.scored, np.nan, table.values)
    return Hidden(amputation, x_incomplete, integer_seed(seed, "method", dataset) % 2**31)


def check_hiding(config: CellConfig, table: Table) -> None:
    """Refuse what :func:`hide` refuses of a cell, without running it; errors as there."""
    hide(
        table, config.dataset.name, config.mechanism, config.missing_rate, config.seed, rate_of=config.protocol.rate_of
    )


def hold_out(problem: Problem, fraction: float = HELD_OUT) -> tuple[Problem, np.ndarray]:
    """Return the problem with some observed cells hidden, and which, bool (n_rows, n_columns).

    The cells depend on the problem's seed alone; see :func:`mirimpute.methods.holding_out.choose_observed`.

    Raises:
        UserError: no cell can be hidden.
    """
    observed = ~problem.missing
    chosen = choose_observed(observed, problem.categorical, fraction, generator(problem.seed, "tuning"))
    if not chosen.any():
        raise UserError(f"the table has {observed.sum()} observed cells, too few to hide any: tune on a larger table")
    return replace(problem, x_incomplete=np.where(chosen, np.nan, problem.x_incomplete)), chosen
