"""The contract of a mechanism: the log-odds that each cell goes missing, up to one intercept."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, ClassVar

import numpy as np


@dataclass(frozen=True)
class Proposal:
    """What a mechanism says about one table: P(cell goes missing) = sigmoid(logit + b) on the eligible cells.

    The intercept b belongs to the calibration, which finds it from the rate that the user asked for.

    Attributes:
        eligible: bool (n_rows, n_columns), the cells that may go missing; cells without a value are ignored.
        logits: float64 (n_rows, n_columns), finite on the eligible cells.
        intercept_per_column: True gives every column its own intercept, hence the same rate; False gives one
            intercept to the table.
        notes: what a reader of the result should know (columns that stay observed, columns left out).
        limit: for the refusal of a rate out of reach: why not every cell is eligible ("" when every cell is).
        remedy: for the same refusal: what, besides a smaller rate, helps ("" when nothing does).
        rate_of: what the rate refers to, where the mechanism leaves no choice ("": what the user asked for).
    """

    eligible: np.ndarray
    logits: np.ndarray
    intercept_per_column: bool
    notes: tuple[str, ...] = ()
    limit: str = ""
    remedy: str = ""
    rate_of: str = ""


@dataclass
class Mechanism(ABC):
    """A missingness mechanism; subclasses add their parameters as typed fields. Construction only stores.

    Attributes:
        name: the label in rows, tables and folders.
        version: raised when the same parameters begin to hide other cells, so that older cells are told apart.
        added_fields: parameters that came after the first version; at their defaults they make no other cell.
    """

    version: ClassVar[int] = 1
    added_fields: ClassVar[tuple[str, ...]] = ()

    name: str

    def identity(self) -> dict[str, Any]:
        """Return what the hidden cells depend on besides table, rate and seed: class, version and parameters."""
        defaults = {field.name: field.default for field in fields(self) if field.default is not MISSING}
        found = {
            name: value
            for name, value in asdict(self).items()
            if name not in self.added_fields or value != defaults[name]
        }
        found["class"] = type(self).__name__
        return found if self.version == 1 else {**found, "version": self.version}

    def for_table(self, names: Sequence[str], values: np.ndarray) -> Mechanism:
        """Return the mechanism with the columns that it names by their numbers.

        Args:
            names: of the columns.
            values: float64 (n_rows, n_columns), any scale, NaN where the source has no value.

        Raises:
            UserError: the table has no column of that name, or it cannot be what the mechanism needs.
        """
        return self

    def check(self) -> None:  # noqa: B027 (most mechanisms have nothing to check)
        """Raise UserError when a parameter has no meaning; needs no data, so it can run before any is read."""

    @abstractmethod
    def propose(self, values: np.ndarray, rng: np.random.Generator, categorical: np.ndarray) -> Proposal:
        """Return which cells may go missing, and the log-odds that they do.

        Args:
            values: float64 (n_rows, n_columns), any scale, NaN where the source has no value; not modified.
            rng: the only source of randomness.
            categorical: bool (n_columns,), columns whose values are numbers of categories, of no order.

        Raises:
            UserError: this table leaves the mechanism nothing to depend on, so that it would be MCAR in disguise.
        """


def name_columns(columns: np.ndarray) -> str:
    """Return column numbers for a message, counted from 0 and cut after twelve.

    >>> name_columns(np.array([2, 5])), name_columns(np.arange(20))
    ('2, 5', '0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, ... (20 in all)')
    """
    shown = ", ".join(str(int(column)) for column in columns[:12])
    return shown if len(columns) <= 12 else f"{shown}, ... ({len(columns)} in all)"
