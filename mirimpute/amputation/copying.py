"""Patterns of the table's own rows, copied onto other rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mirimpute.amputation.base import Mechanism, Proposal, name_columns
from mirimpute.amputation.mcar import Mcar
from mirimpute.errors import UserError

_LAYERS = 8
_APART = 1e3  # more than any difference of logit(u): whole patterns go in turn


@dataclass
class Copy(Mechanism):
    """Rows lose the cells that other rows of the same table lack: which columns go together is as in the data.

    Every row, in random order, gets the pattern of a random incomplete row on top of its own holes, until the rate is
    reached; if it is not once all have one, they get a second, up to eight. A column without a hole of its own keeps
    all its values, and a row that should lose all keeps one. Which row gets which pattern is random, so a dependence of
    the holes on values is not copied.

    Attributes:
        mcar_if_complete: hide cells at random in a table without a hole, instead of refusing it.

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
