"""The contract of a dataset: a dataclass whose fields are its options and whose `load` returns a `Table`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from mirimpute.datasets.table import Table


@dataclass
class Dataset(ABC):
    """A source of one table.

    Attributes:
        name: the label in rows, tables and folders.
        max_rows: keep at most this many rows, a fixed subsample that is the same for every seed (null: all).
    """

    name: str
    max_rows: int | None = None

    @abstractmethod
    def load(self, data_dir: Path) -> Table:
        """Return the table, downloading into ``data_dir`` whatever is not there yet.

        Raises:
            DataUnavailableError: not in ``data_dir`` and not reachable; names dataset, folder and how to prefetch.
            DataError: the table cannot be used.
        """

    @abstractmethod
    def is_present(self, data_dir: Path) -> bool:
        """Return whether :meth:`load` needs no network."""
