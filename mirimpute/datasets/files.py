"""A table of the user's own: a CSV (or another delimited text) or Parquet file."""

from __future__ import annotations

import lzma
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mirimpute.datasets.base import Dataset
from mirimpute.errors import DataError, UserError, unknown

if TYPE_CHECKING:
    import pandas as pd

    from mirimpute.table.delimited import Delimited
    from mirimpute.table.table import Table

_TEXTS = tuple(f"{suffix}{packing}" for suffix in (".csv", ".tsv") for packing in ("", ".gz", ".bz2", ".xz"))
SUFFIXES = (*_TEXTS, ".parquet", ".pq")
_READING = ("header", "missing_markers", "sep", "decimal", "thousands", "encoding", "comment")
MISSING_MARKERS = ("", "?", "NA", "N/A", "NaN", "nan", "NULL", "null", "None")


@dataclass
class File(Dataset):
    """A CSV or Parquet file; its own missing cells stay missing and are never scored.

    A cell of a CSV is missing when it is empty or equals one of ``missing_markers``, blanks around it aside. A column
    is numeric when every other cell is a number; one word in it makes it categories or text, and a warning names it. So
    do whole numbers of which one is written with a zero in front, such as 08001, or with more digits than a number
    holds: they are codes. What is found out about a CSV and not said by an option is a warning; what cannot be told is
    refused.

    Attributes:
        name: default the file's name without its suffix.
        path: the file; a relative path starts from the working directory.
        header: whether the first line of a CSV holds the column names; without it they are x1, x2, ...
        missing_markers: the texts that mark a missing cell of a CSV ([]: only empty ones).
        sep: what separates its cells: one character, or comma, semicolon, tab, pipe ("": as the lines tell).
        decimal: "." or "," in its numbers ("": points, and commas where cells are separated otherwise and these can be
            nothing else).
        thousands: what may stand between groups of digits of its numbers ("": nothing).
        encoding: of the text ("": UTF-8, or UTF-16 where the first bytes say so).
        comment: what a line begins with that is no part of the table ("": # above the header).
        target: a column that is not imputed, because a model would predict it ("": none).
    """

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
            name = Path(self.path).name
            self.name = name[: len(name) - len(suffix_of(Path(name)))] or "file"

    def read(self, data_dir: Path) -> pd.DataFrame:
        """Return the file's columns, without the target; errors as :meth:`load`."""
        from mirimpute.table.frames import warn_of_ids
        from mirimpute.table.hints import kind_option

        frame = self._all_columns()
        frame = frame.drop(columns=self.target) if self.target else frame
        asked = [name for name in frame if str(name) in self.kinds]
        warn_of_ids(frame.drop(columns=asked), lambda name: kind_option(name, "text"))
        return frame

    def read_target(self, data_dir: Path) -> pd.Series | None:
        """Return the target, if one is named."""
        return self._all_columns()[self.target] if self.target else None

    def table_of(self, frame: pd.DataFrame) -> Table:
        """Return the table of what :meth:`read` returned, and warn of columns that may be meant otherwise."""
        from mirimpute.table.hints import of_codes, warn
        from mirimpute.table.table import table_from_frame

        table = table_from_frame(frame, self.name, self.kinds, from_text=not _is_parquet(Path(self.path)))
        warn(of_codes(table, self.kinds))
        return table

    def delimited(self) -> Delimited:
        """Return the cells of a CSV and what they are, without a warning; errors as :meth:`load`."""
        from mirimpute.table.delimited import read_delimited

        path = Path(self.path).expanduser()
        self._check(path)
        try:
            return read_delimited(self, path)
        except UserError:
            raise
        except (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error) as error:
            raise _unreadable(path, error, "text") from error

    def _all_columns(self) -> pd.DataFrame:
        """Return every column, and warn of what was found out about the file.

        Raises:
            DataError: the file does not exist, is a folder, has another suffix, is empty or cannot be parsed; a column
                has no name; two columns have the same name; there is no column of the target's name.
        """
        path = Path(self.path).expanduser()
        self._check(path)
        frame = self._read_parquet(path) if _is_parquet(path) else self._read_text(path)
        if self.target and self.target not in frame.columns:
            raise unknown("column", self.target, [str(name) for name in frame.columns])
        return frame

    def is_present(self, data_dir: Path) -> bool:
        """Return whether the file exists."""
        return bool(self.path) and Path(self.path).expanduser().is_file()

    @property
    def origin(self) -> str:
        """A file."""
        return "file"

    def _check(self, path: Path) -> None:
        if not self.path:
            raise DataError("dataset 'file' has no path: give dataset.path=my.csv")
        if not path.exists():
            raise DataError(f"file {str(path)!r} does not exist (working directory {Path.cwd()}): check the path")
        if not path.is_file():
            raise DataError(f"{str(path)!r} is not a file: give a CSV or Parquet file")
        if not suffix_of(path):
            raise DataError(f"file {str(path)!r} has an unknown suffix: use one of {', '.join(SUFFIXES)}")
        if path.stat().st_size == 0:
            raise DataError(f"file {str(path)!r} is empty: give a table with a line of column names and some rows")
        for option, valid in (("decimal", (".", ",")), ("thousands", (",", ".", " ", "'", "_"))):
            value = getattr(self, option)
            if value and value not in valid:
                raise UserError(f"{option}={value!r} is not possible: give one of {' '.join(map(repr, valid))}")
        if self.decimal and self.decimal == self.thousands:
            raise UserError(f"decimal and thousands are both {self.decimal!r}: give two different ones")

    def _read_parquet(self, path: Path) -> pd.DataFrame:
        """Return the columns, without those that pandas has saved as an index.

        Each becomes what Arrow makes of its type: pandas' own reader looks up the dtypes that the file notes, and does
        not know all that it writes itself.
        """
        import pandas as pd
        import pyarrow.parquet

        from mirimpute.table.storage import from_arrow, parquet_table

        try:
            names = pyarrow.parquet.read_schema(path).names
            _check_names(path, names)
            table = parquet_table(path)
            index = (table.schema.pandas_metadata or {}).get("index_columns", [])
            names = [name for name in table.schema.names if name not in index]
            columns = [from_arrow(table.column(name)).rename(name) for name in names]
        except UserError:
            raise
        except (OSError, ValueError) as error:  # Arrow's own are ValueErrors
            raise _unreadable(path, error, "Parquet file") from error
        return pd.concat(columns, axis=1) if columns else pd.DataFrame(index=range(table.num_rows))

    def _read_text(self, path: Path) -> pd.DataFrame:
        import pandas as pd

        from mirimpute.table.hints import of_column, of_text, warn

        text = self.delimited()
        _check_names(path, [name for name in text.names if name])
        frame, sentences = {}, of_text(text)
        for name, place in text.named.items():
            written = text.cells.texts(text.places(place))
            texts = text.present(written)
            frame[name], numerals = text.values(texts)
            if name not in self.kinds:
                sentences += of_column(self, name, frame[name], numerals, written, texts)
        warn(sentences)
        return pd.DataFrame(frame)


def read_table(path: str | Path, **options: Any) -> pd.DataFrame:
    """Return the columns of a CSV or Parquet file as the commands read them, with their warnings.

    Args:
        path: the file.
        options: how a CSV is written, as attributes of :class:`File`: header, missing_markers, sep, decimal, thousands,
            encoding, comment.

    Raises:
        DataError: it cannot be read, or no column of it can be imputed.
        UserError: an option has no such value.
    """
    unknown_options = sorted(set(options) - set(_READING))
    if unknown_options:
        raise unknown("option", unknown_options[0], _READING)
    file = File(path=str(path), **options)
    frame = file.read(Path())
    file.table_of(frame)  # warns
    return frame


def suffix_of(path: Path) -> str:
    """Return the suffix by which the kind of a file is known, in small letters, "" for others.

    >>> suffix_of(Path("a.b.CSV.gz"))
    '.csv.gz'
    """
    name = path.name.lower()
    return next((suffix for suffix in sorted(SUFFIXES, key=len, reverse=True) if name.endswith(suffix)), "")


def _check_names(path: Path, names: list[str]) -> None:
    """Check names before pandas sees them: it renames a repeated name to "a.1" and an empty one to "Unnamed: 0"."""
    repeated = sorted({name for name in names if names.count(name) > 1 and name})
    if repeated:
        raise DataError(f"file {str(path)!r} has duplicate column names {repeated}: rename the columns")
    if "" in names:
        raise DataError(
            f"column {names.index('') + 1} of file {str(path)!r} has no name: give it one, or delete the column "
            "if it is only a row number"
        )


def _unreadable(path: Path, error: Exception, kind: str) -> DataError:
    reason = " ".join(str(error).split())[:200]
    return DataError(f"cannot read {str(path)!r} ({reason}): check that it is a readable {kind}")


def _is_parquet(path: Path) -> bool:
    return suffix_of(path) in (".parquet", ".pq")
