"""`Problem` and `Imputation`: what a method gets and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:  # pandas takes longer to import than the command line may take to start
    from mirimpute.table.columns import Column

Progress = Callable[[str, int, int], None]
"""``progress(stage, done, total)``: called by long work as often as it likes; drawing is somebody else's job."""


def no_progress(stage: str, done: int, total: int) -> None:
    """Ignore progress."""


@dataclass(frozen=True)
class Problem:
    """An incomplete table: everything that a method may know. The truth is not in it.

    Attributes:
        x_incomplete: float64 (n_rows, n_columns), standardised scale, NaN where missing.
        columns: name and kind of each column, the schema of the source (kinds are read off the complete table).
        seed: the only source of a method's randomness.
        device: torch device for methods that use one ("cpu", "cuda", "cuda:0").
        categorical: for each categorical column of the source the numbers of the columns that are its indicators
            (:mod:`mirimpute.table.encoding`): all observed or all missing in a row, and one of them on, or of a single
            one perhaps none. A method that treats them as numbers gives probabilities, decoded to the largest.
        lowest, highest: (n_columns,), what the columns can have (:mod:`mirimpute.table.ranges`), infinite where
            nothing is known of it and for indicators; None: nothing is known of any.
        wild: bool (n_rows, n_columns), missing cells that have a value in the source, but a wild one
            (:mod:`mirimpute.table.wild`), so that their completion is not used; None: there are none.
    """

    x_incomplete: np.ndarray
    columns: tuple[Column, ...]
    seed: int
    device: str = "cpu"
    categorical: tuple[np.ndarray, ...] = ()
    lowest: np.ndarray | None = None
    highest: np.ndarray | None = None
    wild: np.ndarray | None = None

    @property
    def missing(self) -> np.ndarray:
        """Bool (n_rows, n_columns), True = missing."""
        return np.isnan(self.x_incomplete)

    @property
    def wanted(self) -> np.ndarray:
        """Bool (n_rows, n_columns), the missing cells whose completion is used."""
        return self.missing if self.wild is None else self.missing & ~self.wild


@dataclass(frozen=True)
class Imputation:
    """What a method returns.

    Attributes:
        point: float64 (n_rows, n_columns): the estimate of the conditional mean (or the method's only answer).
        draws: float64 (m, n_rows, n_columns): samples from the conditional distribution; ``point[None]`` for a
            deterministic method.
        trace: one dict of plain numbers per round (``round``, ``change``, ``loss``, ...).
        notes: what a reader of the result should know, such as a part of the method that was not used.
        history: the missing entries of the first chain after each round (n_missing,), row by row, as (round, entries);
            round 0 is the first fill. Empty where the method keeps none.
    """

    point: np.ndarray
    draws: np.ndarray
    trace: list[dict[str, Any]] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    history: tuple[tuple[int, np.ndarray], ...] = ()
