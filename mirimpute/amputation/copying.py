"""Patterns of the table's own rows, copied onto other rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mirimpute.amputation.base import Mechanism, Proposal, name_columns
from mirimpute.amputation.mcar import Mcar
from mirimpute.errors import UserError

_LAYERS = 8
_APART = 1e3  # more than any difference of logit(u), so that whole patterns go missing one after the other


@dataclass
class Copy(Mechanism):
    """Rows lose the cells that other rows of the same table lack: columns go missing together as they do in the data.

    Each row, in random order, gets the pattern of a random incomplete row besides its own missing cells, until the rate
    is reached. If it is not reached once all rows have one, they get a second, up to eight. A complete column stays
    complete, and a row that would lose all its cells keeps one. Rows get patterns at random, so a dependence of the
    missing cells on values is not copied.

    Attributes:
        mcar_if_complete: hide cells at random in a complete table, instead of refusing it.

    Used to judge methods on a table whose true values nobody knows (copy-masking: Jarrett et al. 2022 and Du et al.,
    "ReMasker", 2024, train on such patterns).
    """

    mcar_if_complete: bool = False

    def propose(self, values: np.ndarray, rng: np.random.Generator, categorical: np.ndarray) -> Proposal:
        """Return the cells of copied patterns, row after row.

        Raises:
            UserError: the table has no missing cell.
        """
        missing = np.isnan(values)
        n = len(values)
        incomplete = np.flatnonzero(missing.any(axis=1))
        if incomplete.size == 0 and self.mcar_if_complete:
            note = "the table misses no cell: cells were hidden completely at random"
            return replace(Mcar(self.name).propose(values, rng, categorical), notes=(note,))
        if incomplete.size == 0:
            raise UserError(
                f"mechanism {self.name!r} copies the missing cells of the table's own rows, and no row has one: use "
                "mechanism=mcar or mar"
            )
        logits = np.zeros(values.shape)
        eligible = np.zeros(values.shape, dtype=bool)
        for layer in range(_LAYERS):
            pattern = missing[rng.choice(incomplete, size=n)] & ~missing & ~eligible
            turn = layer * n + rng.permutation(n)
            logits[pattern] = -_APART * np.broadcast_to(turn[:, None], values.shape)[pattern]
            eligible |= pattern
        complete = np.flatnonzero(~missing.any(axis=0))
        return Proposal(
            eligible=eligible,
            logits=logits,
            intercept_per_column=False,
            notes=(f"complete column(s) {name_columns(complete)} stay observed",) if complete.size else (),
            limit=f"{complete.size} of {values.shape[1]} columns miss nothing in the table and stay observed, the "
            "others lose what other rows lack",
            remedy="",
        )
