"""Blocks: rectangles of neighbouring rows and columns go missing as a whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.amputation.base import Mechanism, Proposal
from mirimpute.amputation.rate_calibration import in_turns
from mirimpute.errors import UserError

SHARE_OF_ROWS, SHARE_OF_COLUMNS = 20, 3
"""The size of a block that is not given: so many fit into the rows, and into the columns."""


@dataclass
class Block(Mechanism):
    """Rectangles of consecutive rows and columns go missing: a group of sensors fails for a while, a form loses a page.

    The table is cut into tiles of ``block_rows`` × ``block_columns``, with a random start of the rows and, in each band
    of rows, of the columns, and whole tiles go missing in random order. Where tiles go depends on no value.

    Attributes:
        block_rows: rows of a tile (null: a twentieth of the rows, at least one).
        block_columns: columns of a tile, fewer than the table has (null: a third of them, at least one).
    """

    block_rows: int | None = None
    block_columns: int | None = None

    def check(self) -> None:
        """Raise UserError unless both sizes are above 0."""
        for option in ("block_rows", "block_columns"):
            size = getattr(self, option)
            if size is not None and size < 1:
                raise UserError(f"{option}={size} is no size of a block: give 1 or more, or null")

    def propose(self, values: np.ndarray, rng: np.random.Generator, categorical: np.ndarray) -> Proposal:
        """Return the order of the tiles.

        Raises:
            UserError: a block is larger than the table, or as wide.
        """
        n_rows, n_columns = values.shape
        height = self.block_rows or max(n_rows // SHARE_OF_ROWS, 1)
        width = self.block_columns or max(n_columns // SHARE_OF_COLUMNS, 1)
        if height > n_rows:
            raise UserError(
                f"mechanism.block_rows={height} is larger than the table of {n_rows} rows: give {n_rows} or fewer"
            )
        if width >= n_columns:
            raise UserError(
                f"mechanism.block_columns={width} would empty the rows of a table of {n_columns} columns: give "
                f"{n_columns - 1} or fewer"
            )
        band = (np.arange(n_rows) + rng.integers(height)) // height
        start = rng.integers(width, size=band[-1] + 1)
        tile_in_band = (np.arange(n_columns) + start[band][:, None]) // width
        tile = band[:, None] * (tile_in_band.max() + 1) + tile_in_band
        return Proposal(
            eligible=np.ones(values.shape, dtype=bool),
            logits=in_turns(rng.permutation(tile.max() + 1)[tile]),
            intercept_per_column=False,
        )
