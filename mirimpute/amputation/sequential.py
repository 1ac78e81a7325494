"""Sequences: cells go missing in runs down a column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.amputation.base import Mechanism, Proposal
from mirimpute.amputation.rate_calibration import in_turns
from mirimpute.errors import UserError

SHARE_OF_ROWS = 20
"""The length that is not given: so many fit into the rows."""


@dataclass
class Sequential(Mechanism):
    """Rows are in the order of time, and each column goes missing in runs of rows: a sensor fails for a while.

    Each column is cut into stretches of geometric length with mean L, and stretches go missing in random order. At rate
    p this is a Markov chain along the rows: with probability 1/L a cell's state is drawn anew (missing with probability
    p), else it is that of the row before. The states of two rows k apart have correlation (1 − 1/L)^k, and a run of
    missing cells has mean length L / (1 − p). Where runs go depends on no value.

    Attributes:
        stretch: L, at least 1 (where every cell goes by itself) and at most the number of rows (null: a twentieth of
            them, at least 2).

    Reference: Gilbert (1960), "Capacity of a burst-noise channel", Bell System Technical Journal 39.
    """

    stretch: float | None = None

    def check(self) -> None:
        """Raise UserError unless ``stretch`` is at least 1."""
        if self.stretch is not None and not self.stretch >= 1:
            raise UserError(f"stretch={self.stretch} is no mean number of rows: give 1 or more, or null")

    def propose(self, values: np.ndarray, rng: np.random.Generator, categorical: np.ndarray) -> Proposal:
        """Return the order of the stretches.

        Raises:
            UserError: a stretch is longer than the table.
        """
        n_rows = len(values)
        mean = max(n_rows / SHARE_OF_ROWS, 2.0) if self.stretch is None else self.stretch
        if mean > n_rows:
            raise UserError(
                f"mechanism.stretch={mean:g} is longer than the table of {n_rows} rows: give {n_rows} or less"
            )
        begins = rng.random(values.shape) < 1.0 / mean
        begins[0] = True
        number = np.cumsum(begins.T).reshape(values.shape[::-1]).T - 1  # column after column
        return Proposal(
            eligible=np.ones(values.shape, dtype=bool),
            logits=in_turns(rng.permutation(number[-1, -1] + 1)[number]),
            intercept_per_column=True,
        )
