"""A table with a known distribution, drawn from the configuration alone (never from the seed of a cell)."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from mirimpute.datasets.base import Dataset
from mirimpute.errors import UserError
from mirimpute.seeding import generator
from mirimpute.table.room import check_room

if TYPE_CHECKING:
    import pandas as pd


_COPIES = 4
"""Of a table that its benchmark holds, at least."""


@dataclass
class Synthetic(Dataset):
    """A generator of a complete table with columns x1, x2, ...

    Attributes:
        n_rows: number of rows.
        data_seed: seed of the table; the seed of the benchmark does not touch it.
    """

    origin: ClassVar[str] = "synthetic"

    n_rows: int = 1000
    data_seed: int = 0

    def read(self, data_dir: Path) -> pd.DataFrame:
        """Return the rows as a table."""
        import pandas as pd

        values = self.sample()
        return pd.DataFrame(values, columns=[f"x{j + 1}" for j in range(values.shape[1])])

    def sample(self) -> np.ndarray:
        """Return float64 (n_rows, n_columns), the same at every call.

        Raises:
            UserError: an option outside its range.
        """
        self.check()
        return self.draw(generator(self.data_seed, "synthetic", type(self).__name__))

    def check(self) -> None:
        """Raise a UserError when an option is outside its range, or the table does not fit into memory."""
        super().check()
        size = 8.0 * self.n_rows * int(getattr(self, "n_columns", 2))
        check_room(_COPIES * size, f"n_rows={self.n_rows} of a synthetic dataset", "give fewer rows, or columns")
        require(self.n_rows >= 2, "n_rows", self.n_rows, "at least 2")

    @abstractmethod
    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Return float64 (n_rows, n_columns) from ``rng``."""


def require(valid: bool, option: str, value: float, rule: str) -> None:
    """Raise a UserError that says what the option has to be, unless ``valid``."""
    if not valid:
        raise UserError(f"{option}={value} of a synthetic dataset is not possible: it has to be {rule}")
