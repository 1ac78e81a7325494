"""Patterns of the table's own rows, copied onto other rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from mirimpute.amputation.base import Mechanism, Proposal
from mirimpute.amputation.mcar import Mcar
from mirimpute.amputation.own_patterns import incomplete_columns, like_own_holes


@dataclass
class Copy(Mechanism):
    """Rows lose the cells that other rows of the same table lack: columns go missing together as they do in the data.

    The rate is a share of the observed cells of *each* incomplete column, so that a column with many holes loses no
    more of what is left than one with few. A complete column stays complete. Rows get patterns at random, so a
    dependence of the missing cells on values is not copied: see :class:`~mirimpute.amputation.fitted.Fitted`. Shares
    that are equal bound what can be copied: where b is missing whenever a is, but a more rarely than b, more of the new
    holes of b come with one of a than in the table.

    How patterns are copied: :func:`~mirimpute.amputation.own_patterns.like_own_holes`.

    Attributes:
        mcar_if_complete: hide cells at random in a complete table, instead of refusing it.

    Used to judge methods on a table whose true values nobody knows (copy-masking: Jarrett et al. 2022 and Du et al.,
    "ReMasker", 2024, train on such patterns).
    """

    version: ClassVar[int] = 2  # 1: the rate was a fraction of all observed cells

    mcar_if_complete: bool = False

    def propose(self, values: np.ndarray, rng: np.random.Generator, categorical: np.ndarray) -> Proposal:
        """Return the cells of copied patterns, row after row.

        Raises:
            UserError: the table has no missing cell.
        """
        missing = np.isnan(values)
        if self.mcar_if_complete and not missing.any():
            note = "the table misses no cell: cells were hidden completely at random"
            return replace(Mcar(self.name).propose(values, rng, categorical), notes=(note,))
        incomplete_columns(missing, self.name)
        return like_own_holes(missing, np.zeros(values.shape), rng)
