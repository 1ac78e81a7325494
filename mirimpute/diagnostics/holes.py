"""Which cells of a table are missing: shares, patterns, and who is missing with whom."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from mirimpute.errors import UserError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Holes:
    """The missing cells of a table.

    Attributes:
        names: of the columns.
        missing: bool (n_rows, n_columns), True = missing.
    """

    names: tuple[str, ...]
    missing: np.ndarray

    @property
    def shares(self) -> np.ndarray:
        """Share of missing cells by column, float64 (n_columns,)."""
        return self.missing.mean(axis=0)

    @cached_property
    def patterns(self) -> tuple[np.ndarray, np.ndarray]:
        """The patterns, bool (patterns, n_columns), and how many rows have each, the most frequent first.

        >>> Holes(("a", "b"), np.array([[False, True], [False, False], [False, True]])).patterns[1].tolist()
        [2, 1]
        """
        packed = np.packbits(self.missing, axis=1)
        distinct, counts = np.unique(packed, axis=0, return_counts=True)
        order = np.argsort(-counts, kind="stable")
        unpacked = np.unpackbits(distinct[order], axis=1, count=self.missing.shape[1]).astype(bool)
        return unpacked, counts[order]


def holes_of(frame: Any) -> Holes:
    """Return the missing cells of a DataFrame, columns of text among them.

    Raises:
        UserError: it is no DataFrame, or has no row or column.
    """
    from mirimpute.table.column_storage import missing_in

    if not hasattr(frame, "iloc") or not hasattr(frame, "columns"):
        raise UserError(f"the table is a {type(frame).__name__}: give a pandas DataFrame")
    if not frame.shape[0] or not frame.shape[1]:
        raise UserError(f"the table has shape {frame.shape}: give one with rows and columns")
    cells = [np.asarray(missing_in(frame.iloc[:, j]), dtype=bool) for j in range(frame.shape[1])]
    return Holes(tuple(map(str, frame.columns)), np.column_stack(cells))


def flux(holes: Holes) -> pd.DataFrame:
    """Return how well each column connects with the others (van Buuren 2018, section 4.1.3; ``flux`` of R's mice).

    The influx of a column is the share of pairs (cell of the column missing, cell of another observed) among the
    observed cells of the table: 0 for a complete column. The outflux is the share of pairs (cell of the column
    observed, cell of another missing) among the missing cells: 1 for a complete column, 0 for one that is never there
    when it is needed. Columns low in both are of little use to the imputation.

    Returns:
        Columns ``column``, ``observed`` (share), ``influx`` and ``outflux``; outflux is NaN where nothing is missing.
    """
    import pandas as pd

    missing, observed = holes.missing.astype(float), (~holes.missing).astype(float)
    in_pairs, out_pairs = missing.T @ observed, observed.T @ missing
    with np.errstate(invalid="ignore"):
        influx = in_pairs.sum(axis=1) / observed.sum()
        outflux = out_pairs.sum(axis=1) / missing.sum()
    return pd.DataFrame({"column": holes.names, "observed": 1 - holes.shares, "influx": influx, "outflux": outflux})
