"""Files of tables, read: CSV and other delimited texts, Parquet, Feather and Excel."""

from __future__ import annotations

import lzma
import warnings
import zlib
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd
import pyarrow

from mirimpute.errors import DataError, UserError, near, unknown, warn
from mirimpute.table.code_hints import of_codes, of_marks
from mirimpute.table.column_files import names_in, read_columns
from mirimpute.table.column_storage import from_arrow
from mirimpute.table.delimited import Delimited, read_delimited
from mirimpute.table.file_format import EXCEL, OPTIONS, SUFFIXES, TableFile, format_of, has_types, stem_of, suffix_of
from mirimpute.table.hint_options import in_python, kind_option
from mirimpute.table.id_hints import warn_of_ids
from mirimpute.table.table import Table, table_from_frame
from mirimpute.table.text_hints import Marked, marked_in, of_column, of_first_row, of_marked, of_text
from mirimpute.table.text_numbers import BLANKS
from mirimpute.table.workbooks import notes_of

Content: TypeAlias = "Delimited | pyarrow.Table"
"""A file that was read: the cells of a text, or the columns of Parquet."""

_FILES_LOOKED_AT = 1000
_OF_TEXT = ("header", "sep", "decimal", "thousands", "encoding", "comment")
"""Options that say how a text is written."""


def content_of(file: TableFile) -> Content:
    """Return what is in the file, without a warning; errors as :func:`frame_of`."""
    path = Path(file.path).expanduser()
    _check(file, path)
    try:
        if not has_types(path):
            return read_delimited(file, path)
        if suffix_of(path) not in EXCEL:  # pandas has no table of two columns of one name
            check_names(path, names_in(path))
        found = read_columns(path, file.missing_markers)
        check_names(path, found.schema.names)
        return found
    except UserError:
        raise
    except (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error, pyarrow.ArrowException) as error:
        raise unreadable(path, error) from error


def frame_of(file: TableFile, content: Content | None = None) -> pd.DataFrame:
    """Return every column, and warn of what was found out about the file.

    Args:
        file: the file.
        content: of the file, where it was read before.

    Raises:
        DataError: the file does not exist, is a folder, has another suffix, is empty or cannot be parsed; a column
            has no name; two columns have the same name.
    """
    content = content_of(file) if content is None else content
    try:
        if not isinstance(content, pyarrow.Table):
            return _text_frame(file, content)
        warn(notes_of(content))
        return frame_of_columns(content)
    except UserError:
        raise
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        raise unreadable(Path(file.path), error) from error


def _check(file: TableFile, path: Path) -> None:
    if not file.path:
        raise DataError("dataset 'file' has no path: give dataset.path=my.csv")
    if not path.exists():
        there = islice(path.parent.glob("*"), _FILES_LOOKED_AT)
        meant = near(path.name, (each.name for each in there if suffix_of(each)))[:1]
        hint = "".join(f"did you mean {str(path.with_name(name))!r}? Otherwise " for name in meant)
        raise DataError(f"file {str(path)!r} does not exist (working directory {Path.cwd()}): {hint}check the path")
    if not path.is_file():
        raise DataError(f"{str(path)!r} is not a file: give a CSV, Parquet, Feather or Excel file")
    if not suffix_of(path):
        raise DataError(f"file {str(path)!r} has an unknown suffix: use one of {', '.join(SUFFIXES)}")
    if path.stat().st_size == 0:
        raise DataError(f"file {str(path)!r} is empty: give a table with a line of column names and some rows")
    for option in _OF_TEXT if has_types(path) else ():
        if getattr(file, option) != getattr(TableFile(""), option):
            raise UserError(
                f"{option}={getattr(file, option)!r} is for a text, and the columns of {str(path)!r} have types: leave "
                "it out"
            )
    for option, valid in (("decimal", (".", ",")), ("thousands", (",", ".", "'", "_", *BLANKS))):
        value = getattr(file, option)
        if value and value not in valid:
            raise UserError(f"{option}={value!r} is not possible: give one of {' '.join(map(repr, valid))}")
    if file.decimal and file.decimal == file.thousands:
        raise UserError(f"decimal and thousands are both {file.decimal!r}: give two different ones")


def frame_of_columns(table: pyarrow.Table) -> pd.DataFrame:
    """Return the columns of a Parquet file as pandas has them, without those that pandas has saved as an index.

    Each becomes what Arrow makes of its type: pandas' own reader looks up the dtypes that the file notes, and does
    not know all that it writes itself.
    """
    index = (table.schema.pandas_metadata or {}).get("index_columns", [])
    names = [name for name in table.schema.names if name not in index]
    columns = [from_arrow(table.column(name), name).rename(name) for name in names]
    return pd.concat(columns, axis=1) if columns else pd.DataFrame(index=range(table.num_rows))


def _text_frame(file: TableFile, text: Delimited) -> pd.DataFrame:
    check_names(Path(file.path).expanduser(), [name for name in text.names if name])
    frame, sentences, marked, odd_first = {}, of_text(text), list[Marked](), []
    for name, place in text.named.items():
        written = text.cells.texts(text.places(place))
        texts = text.present(written, name)
        frame[name], numerals = text.values(texts)
        if numerals is None and name not in file.kinds and text.values(texts[1:])[1] is not None:
            odd_first.append((name, texts[0].as_py()))
        if name not in file.kinds:
            sentences += of_column(file, name, frame[name], numerals, written, texts)
            marked += [] if numerals is not None else marked_in(file, name, frame[name], written, texts)
    warn([*sentences, *of_marked(marked), *of_first_row(text, odd_first)])
    return pd.DataFrame(frame)


def table_of_file(frame: pd.DataFrame, name: str, kinds: Mapping[str, Any], path: str) -> Table:
    """Return the table of the columns of a file, and warn of those that may be meant otherwise.

    Args:
        frame: its columns, or some of them.
        name: of the table.
        kinds: column -> kind, see :func:`mirimpute.table.table.table_from_frame`, which says what is refused.
        path: the file.
    """
    typed = has_types(Path(path))
    table = table_from_frame(frame, name, kinds, from_text=not typed)
    marks = of_marks(table.values, table.columns, kinds) if typed else []  # of a text its reader tells them
    warn([*of_codes(table.values, table.columns, kinds), *marks])
    return table


def warn_of_ids_in(
    frame: pd.DataFrame, kinds: Mapping[str, Any], option: Callable[[str], str] = lambda name: kind_option(name, "text")
) -> None:
    """Warn of columns of a file that look like ids and have holes, apart from those whose kind was given.

    Args:
        frame: all columns of the file.
        kinds: that were given.
        option: how a column of this name is left alone.
    """
    asked = [name for name in frame if str(name) in kinds]
    warn_of_ids(frame.drop(columns=asked), option)


def read_table(path: str | Path, **options: Any) -> pd.DataFrame:
    """Return the columns of a CSV or Parquet file as the commands read them, with their warnings.

    Args:
        path: the file.
        options: how a CSV is written, as attributes of :class:`TableFile`: header, missing_markers, sep, decimal,
            thousands, encoding, comment.

    Raises:
        DataError: it cannot be read, or no column of it can be imputed.
        UserError: an option has no such value.
    """
    unknown_options = sorted(set(options) - set(OPTIONS))
    if unknown_options:
        raise unknown("option", unknown_options[0], OPTIONS)
    for name, value in options.items():
        _check_type(name, value)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            frame = frame_of(TableFile(str(path), **options))
            warn_of_ids_in(frame, {})
            table_of_file(frame, stem_of(Path(path)), {}, str(path))  # warns
        except UserError as error:
            raise type(error)(in_python(str(error))) from error
    for each in told:
        warnings.warn(in_python(str(each.message)), each.category, stacklevel=2)
    return frame


def _check_type(name: str, value: Any) -> None:
    if name == "missing_markers":
        listed = isinstance(value, Iterable) and not isinstance(value, str)
        if not (listed and all(isinstance(each, str) for each in value)):
            raise UserError(f"missing_markers={value!r} is no list of texts: give one such as ['-'], or [] for none")
    elif name == "header":
        if not isinstance(value, bool):
            raise UserError(f"header={value!r} is neither True nor False: give one of them")
    elif not isinstance(value, str):
        raise UserError(f"{name}={value!r} is no text: give one, or leave it out")


def check_names(path: Path, names: list[str]) -> None:
    """Check names before pandas sees them: it renames a repeated name to "a.1" and an empty one to "Unnamed: 0".

    Raises:
        DataError: two columns have the same name, or one has none.
    """
    repeated = sorted({name for name in names if names.count(name) > 1 and name})
    if repeated:
        raise DataError(f"file {str(path)!r} has duplicate column names {repeated}: rename the columns")
    if "" in names:
        raise DataError(
            f"column {names.index('') + 1} of file {str(path)!r} has no name: give it one, or delete the column "
            "if it is only a row number"
        )


def unreadable(path: Path, error: Exception) -> DataError:
    """Return the error for a file that cannot be read, for a reason of a library's."""
    if isinstance(error, UnicodeEncodeError):
        return DataError(f"{str(path)!r} has a name that is no UTF-8, by which Arrow opens no file: rename it")
    reason = " ".join(str(error).split())[:200]
    return DataError(f"cannot read {str(path)!r} ({reason}): check that it is a readable {format_of(path)}")
