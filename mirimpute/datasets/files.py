"""A table of the user's own: a CSV (or another delimited text) or Parquet file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from mirimpute.datasets.base import Dataset
from mirimpute.errors import unknown
from mirimpute.table.file_format import MISSING_MARKERS, OPTIONS, TableFile, stem_of

if TYPE_CHECKING:
    import pandas as pd

    from mirimpute.table.table import Table


@dataclass
class File(Dataset):
    """A CSV or Parquet file; its own missing cells stay missing and are never scored.

    Attributes:
        name: default the file's name without its suffix.
        path, header, missing_markers, sep, decimal, thousands, encoding, comment: see
            :class:`mirimpute.table.file_format.TableFile`.
        target: a column that is not imputed, because a model would predict it ("": none).
    """

    origin: ClassVar[str] = "file"

    name: str = ""
    path: str = ""
    header: bool = True
    missing_markers: list[str] = field(default_factory=lambda: list(MISSING_MARKERS))
    sep: str = ""
    decimal: str = ""
    thousands: str = ""
    encoding: str = ""
    comment: str = ""
    target: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            self.name = stem_of(Path(self.path))

    @property
    def file(self) -> TableFile:
        """The file, and how it is written."""
        options = {option: getattr(self, option) for option in OPTIONS}
        return TableFile(self.path, self.kinds, **{**options, "missing_markers": tuple(self.missing_markers)})

    def read(self, data_dir: Path) -> pd.DataFrame:
        """Return the file's columns, without the target; errors as :meth:`load`."""
        from mirimpute.table.reading import warn_of_ids_in

        frame = self._all_columns()
        frame = frame.drop(columns=self.target) if self.target else frame
        warn_of_ids_in(frame, self.kinds)
        return frame

    def read_target(self, data_dir: Path) -> pd.Series | None:
        """Return the target, if one is named."""
        return self._all_columns()[self.target] if self.target else None

    def table_of(self, frame: pd.DataFrame) -> Table:
        """Return the table of what :meth:`read` returned, and warn of columns that may be meant otherwise."""
        from mirimpute.table.reading import table_of_file

        return table_of_file(frame, self.name, self.kinds, self.path)

    def is_present(self, data_dir: Path) -> bool:
        """Return whether the file exists."""
        return bool(self.path) and Path(self.path).expanduser().is_file()

    def _all_columns(self) -> pd.DataFrame:
        """Return every column; errors as :meth:`load`, and where there is no column of the target's name."""
        from mirimpute.table.reading import frame_of

        frame = frame_of(self.file)
        if self.target and self.target not in frame.columns:
            raise unknown("column", self.target, [str(name) for name in frame.columns])
        return frame
