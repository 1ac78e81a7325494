"""The contract of a dataset: a dataclass whose fields are its options and whose `load` returns a `Table`."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from mirimpute.errors import MirimputeWarning, UserError
from mirimpute.seeding import generator

if TYPE_CHECKING:  # pandas takes longer to import than the command line may take to start
    import numpy as np
    import pandas as pd

    from mirimpute.table.table import Table


@dataclass
class Dataset(ABC):
    """A source of one table. Subclasses add their options as typed fields and say how to :meth:`read`.

    Attributes:
        origin: where the table comes from, in a few words, for lists.
        name: the label in rows, tables and folders.
        max_rows: keep at most this many rows, a fixed subsample that is the same for every seed (null: all).
        kinds: column -> a kind, text (leave it out), or a list of its categories in their order, which makes it
            ordinal; the others by the rules of :func:`~mirimpute.table.kinds.kind_of`.
    """

    origin: ClassVar[str] = "custom"

    name: str
    max_rows: int | None = None
    kinds: dict[str, Any] = field(default_factory=dict)

    def check(self) -> None:
        """Refuse options that no data are needed to refuse.

        Raises:
            UserError: with the value, the reason and the fix.
        """
        check_max_rows(self.max_rows)

    def load(self, data_dir: Path) -> Table:
        """Return the table, downloading into ``data_dir`` whatever is not there yet.

        Raises:
            DataUnavailableError: not in ``data_dir`` and not reachable; names dataset, folder and how to prefetch.
            DataError: the table cannot be used.
        """
        return self.table_of(limit_rows(self.read(data_dir), self.max_rows, self.name))

    def table_of(self, frame: pd.DataFrame) -> Table:
        """Return the table of ``frame``, what :meth:`read` returned or some rows of it; errors as :meth:`load`."""
        from mirimpute.table.table import table_from_frame

        return table_from_frame(frame, self.name, self.kinds)

    def load_target(self, data_dir: Path) -> np.ndarray | None:
        """Return the target of the rows of :meth:`load`, (n_rows,), or None where the source has none.

        ``data_dir`` and errors are as of :meth:`load`.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MirimputeWarning)  # given when the table was loaded
            target = self.read_target(data_dir)
        if target is None:
            return None
        values = limit_rows(target.to_frame(), self.max_rows, self.name).iloc[:, 0]
        return values.to_numpy()

    def read_target(self, data_dir: Path) -> pd.Series | None:
        """Return what a model would predict from the table in ``data_dir``, one value a row; not one of the columns."""
        return None

    @abstractmethod
    def read(self, data_dir: Path) -> pd.DataFrame:
        """Return all rows and columns of the source; ``data_dir`` and errors are as of :meth:`load`."""

    def is_present(self, data_dir: Path) -> bool:
        """Return whether :meth:`load` of ``data_dir`` needs no network."""
        return True

    def fetch(self, data_dir: Path) -> None:  # noqa: B027  (a source without a download has nothing to fetch)
        """Download into ``data_dir`` what is not there yet, without reading the table; errors as :meth:`load`."""


def check_max_rows(max_rows: int | None) -> None:
    """Raise UserError where ``max_rows`` leaves fewer than 2 rows."""
    if max_rows is not None and max_rows < 2:
        raise UserError(f"max_rows={max_rows} is too small: imputation needs at least 2 rows, or null for all")


def limit_rows(frame: pd.DataFrame, max_rows: int | None, name: str) -> pd.DataFrame:
    """Return at most ``max_rows`` rows of ``frame`` in their order, drawn without replacement.

    The draw depends on ``name`` and on the numbers of rows only, so it is the same for every seed of a benchmark.

    Raises:
        UserError: ``max_rows`` is below 2.
    """
    if max_rows is None:
        return frame
    check_max_rows(max_rows)
    if len(frame) <= max_rows:
        return frame
    rows = generator(0, "rows", name).choice(len(frame), size=max_rows, replace=False)
    rows.sort()
    return frame.iloc[rows].reset_index(drop=True)
