"""`FilledTable`: everything that the page says, as plain values."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import numpy as np

from mirimpute.diagnostics.completions import Completions
from mirimpute.diagnostics.convergence import Convergence
from mirimpute.diagnostics.holes import Holes
from mirimpute.diagnostics.overimputation import Overimputation
from mirimpute.table.columns import Kind


@dataclass(frozen=True)
class FilledTable:
    """A table, its holes, its completions, and how they were made.

    Attributes:
        name: of the table, such as the file's.
        holes: of all columns, those of text among them.
        completions: of the columns that were imputed.
        made_by: what to know to make it again: method, version, seed, seconds, ... in the order of the page.
        warnings: sentences that the reader should see, with column and rows.
        notes: what the method says of itself.
        rounds: mean and spread by round, where the method has rounds.
        trace: one dict per round, shown where there are no ``rounds``.
        overimputation: hidden cells and what was drawn for them, or why there are none.
    """

    name: str
    holes: Holes
    completions: Completions
    made_by: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    rounds: Convergence | None = None
    trace: tuple[dict[str, Any], ...] = ()
    overimputation: Overimputation | str = "no cells were hidden"

    @property
    def numbers(self) -> np.ndarray:
        """The columns of numbers before, float64 (n_rows, k), which Little's test is on; wild cells at the fence."""
        columns = self.completions.columns
        tame = self.completions.tame(self.completions.before)
        return tame[:, [c.kind not in (Kind.CATEGORICAL, Kind.ORDINAL) for c in columns]]

    @property
    def n_categories(self) -> np.ndarray:
        """Int (n_columns,), 0 for a column of numbers."""
        columns = self.completions.columns
        return np.array([len(c.categories) if c.kind is Kind.CATEGORICAL else 0 for c in columns])


def versions() -> dict[str, str]:
    """Return the versions of this package and of what it computes with."""
    names = ("mirimpute", "numpy", "pandas", "scikit-learn", "torch")
    return {"python": platform.python_version(), **{name: version(name) for name in names}}
