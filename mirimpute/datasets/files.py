"""A table of the user's own: a CSV or Parquet file."""

from __future__ import annotations

import csv
import gzip
import re
import warnings
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mirimpute.datasets.base import Dataset
from mirimpute.errors import DataError, MirimputeWarning, unknown

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".csv", ".csv.gz", ".parquet", ".pq")
MISSING_MARKERS = ("", "?", "NA", "N/A", "NaN", "nan", "NULL", "null", "None")


@dataclass
class File(Dataset):
    """A CSV (comma separated, UTF-8) or Parquet file; its own missing cells stay missing and are never scored.

    A CSV cell is missing when it equals one of ``missing_markers`` (spaces after a comma do not count). A column is
    numeric when every other cell is a number; one word in it makes it categories or text, and a warning names it. So do
    whole numbers of which one is written with a zero in front, such as 08001: they are codes.

    Attributes:
        name: default the file's name without its suffix.
        path: the file; a relative path starts from the working directory.
        header: whether the first line of a CSV holds the column names; without it they are x1, x2, ...
        missing_markers: the texts that mark a missing cell of a CSV, exactly as written.
        target: a column that is not imputed, because a model would predict it ("": none).
    """

    name: str = ""
    path: str = ""
    header: bool = True
    missing_markers: list[str] = field(default_factory=lambda: list(MISSING_MARKERS))
    target: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            self.name = Path(self.path).name.removesuffix(".gz").rpartition(".")[0] or "file"

    def read(self, data_dir: Path) -> pd.DataFrame:
        """Return the file's columns, without the target; errors as :meth:`load`."""
        from mirimpute.datasets.frames import warn_of_ids

        frame = self._all_columns()
        frame = frame.drop(columns=self.target) if self.target else frame
        warn_of_ids(frame.drop(columns=[name for name in frame if str(name) in self.kinds]), "give them the kind text")
        return frame

    def read_target(self, data_dir: Path) -> pd.Series | None:
        """Return the target, if one is named."""
        return self._all_columns()[self.target] if self.target else None

    def _all_columns(self) -> pd.DataFrame:
        """Return every column.

        Raises:
            DataError: the file does not exist, is a folder, has another suffix, is empty or cannot be parsed; a column
                has no name; two columns have the same name; there is no column of the target's name.
        """
        path = Path(self.path).expanduser()
        try:
            self._check(path)
            frame = self._read_parquet(path) if _is_parquet(path) else self._read_csv(path)
        except DataError:
            raise
        except (OSError, EOFError, ValueError, csv.Error, zlib.error) as error:  # pandas' and Arrow's are ValueErrors
            kind = "Parquet" if _is_parquet(path) else "comma-separated UTF-8"
            reason = " ".join(str(error).split())[:200]
            raise DataError(f"cannot read {str(path)!r} ({reason}): check that it is a readable {kind} file") from error
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
        if not path.name.endswith(SUFFIXES):
            raise DataError(f"file {str(path)!r} has an unknown suffix: use one of {', '.join(SUFFIXES)}")
        if path.stat().st_size == 0:
            raise DataError(f"file {str(path)!r} is empty: give a table with a line of column names and some rows")

    def _read_parquet(self, path: Path) -> pd.DataFrame:
        """Return the columns, without those that pandas has saved as an index.

        Each becomes what Arrow makes of its type: pandas' own reader looks up the dtypes that the file notes, and does
        not know all that it writes itself.
        """
        import pandas as pd
        import pyarrow.parquet

        from mirimpute.datasets.storage import from_arrow, parquet_table

        _check_names(path, pyarrow.parquet.read_schema(path).names)
        table = parquet_table(path)
        index = (table.schema.pandas_metadata or {}).get("index_columns", [])
        names = [name for name in table.schema.names if name not in index]
        columns = [from_arrow(table.column(name)).rename(name) for name in names]
        return pd.concat(columns, axis=1) if columns else pd.DataFrame(index=range(table.num_rows))

    def _read_csv(self, path: Path) -> pd.DataFrame:
        import pandas as pd

        open_text = gzip.open if path.suffix == ".gz" else open
        with open_text(path, "rt", encoding="utf-8-sig", newline="") as file:
            lines = _Lines(file)
            reader = csv.reader(lines, skipinitialspace=True)
            blank, first = 0, next(reader, None)
            while first is not None and not any(cell.strip() for cell in first):
                blank, first = blank + 1, next(reader, None)
            if first is None:
                raise DataError(f"file {str(path)!r} is empty: give a table with a line of column names and some rows")
            if len(first) == 1 and any(mark in first[0] for mark in ";\t|"):
                raise DataError(
                    f"the first line of file {str(path)!r} is {first[0][:60]!r}, without a comma: save it again with "
                    "commas between the cells and points in the numbers"
                )
            # pandas fills a short row with missing cells and takes the first column of a long one as an index.
            for row in reader:
                if len(row) != len(first) and any(row):
                    raise DataError(
                        f"line {reader.line_num} of file {str(path)!r} has {len(row)} cells where the first line has "
                        f"{len(first)}: correct the line (the separator is a comma)"
                    )
        names = [cell.strip() for cell in first] if self.header else [f"x{j + 1}" for j in range(len(first))]
        _check_names(path, names)
        if self.header and all(_is_number(name) for name in names):
            warnings.warn(
                f"the first line of {str(path)!r} holds numbers only and is taken as column names: if the file has no "
                "header, say so by dataset.header=false (mirimpute-impute: --no-header)",
                MirimputeWarning,
                stacklevel=2,
            )
        options: dict[str, Any] = {
            "header": None,
            "names": names,
            "skiprows": blank + int(self.header),
            "index_col": False,
            "keep_default_na": False,
            "na_values": list(self.missing_markers),
            "skipinitialspace": True,
            "encoding": "utf-8-sig",
            "low_memory": False,
        }
        frame: pd.DataFrame = pd.read_csv(path, float_precision="round_trip", **options)
        if lines.with_codes:
            texts: pd.DataFrame = pd.read_csv(path, dtype=str, **options)
            for name in frame.columns:
                written = texts[name].dropna().str.strip()
                if written.str.fullmatch(r"\d+").all() and written.str.match(r"0\d").any():
                    frame[name] = texts[name]
        return frame


class _Lines:
    """The lines of a file, and whether a cell of those that were read may be a code, such as 08001."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = lines
        self.with_codes = False

    def __iter__(self) -> Iterator[str]:
        may_be_code = re.compile(r'(?:^|,)[\s"]*0\d').search
        for line in self._lines:
            self.with_codes = self.with_codes or may_be_code(line) is not None
            yield line


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


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_parquet(path: Path) -> bool:
    return path.suffix in (".parquet", ".pq")
