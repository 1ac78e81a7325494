"""A table in Parquet files that need not fit into memory: its parts, a sample of its rows, its parts written again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.parquet

from mirimpute.errors import DataError, counted, warn
from mirimpute.table.containers import without_views
from mirimpute.table.file_format import PARQUET, suffix_of
from mirimpute.table.int96 import check_int96
from mirimpute.table.reading import check_names, unreadable
from mirimpute.table.room import check_room
from mirimpute.table.whole_files import replaced
from mirimpute.types import Array, Progress

_OLD, _NEW = "1.0", "2.6"
"""Versions of the format; types of nanoseconds and of unsigned 32 bits are in the new one alone."""
_ROOM = 4
"""How often a row group is in memory: as read, as numbers, filled, and as written."""


@dataclass(frozen=True)
class Part:
    """One file of a table.

    Attributes:
        path: where it is.
        name: its path below the folder of the table.
        groups: rows of each of its row groups.
        layout: how it is written, as ``pyarrow.parquet.ParquetWriter`` takes it.
    """

    path: Path
    name: str
    groups: tuple[int, ...]
    layout: dict[str, Any]

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return sum(self.groups)


def parts_of(source: Path) -> list[Part]:
    """Return the Parquet files of a folder and of the folders in it, by name; or the one file that is given.

    Names that begin with a dot or an underscore are left out, as other readers of such folders do.

    Raises:
        DataError: there is none, one cannot be read, a folder is a link, or they have different columns; a row group
            without room.
    """
    pyarrow.array(pd.PeriodIndex([], freq="D").array)  # with the first one pandas tells Arrow its own types
    folder = source if source.is_dir() else source.parent
    files = _files_in(source) if source.is_dir() else [source]
    _check_is_file(files[0])
    parts, schemas = [], []
    for path in files:
        part, schema = _part(path, path.relative_to(folder).as_posix())
        parts.append(part)
        schemas.append(schema)
    check_names(files[0], list(schemas[0].names))
    for path, schema in zip(files, schemas, strict=True):
        _check_schema(path, schema, files[0], schemas[0])
    if not sum(part.rows for part in parts):
        raise DataError(f"'{source}' has no row: give a table with some")
    return parts


def chosen_rows(parts: list[Part], count: int, rng: np.random.Generator) -> Array:
    """Return the numbers of ``count`` rows of all parts (k,), none twice, each as likely as any other, in order.

    All rows where there are no more.
    """
    total = sum(part.rows for part in parts)
    found: Array = np.sort(rng.choice(total, min(count, total), replace=False, shuffle=False))
    return found


def names_of_rows(parts: list[Part], chosen: Array) -> list[str]:
    """Return how a sentence names rows of all parts: the number in their file, from 1, and the file."""
    ends = np.cumsum([part.rows for part in parts])
    places = np.searchsorted(ends, chosen, side="right")
    numbers = chosen - (ends - [part.rows for part in parts])[places] + 1
    return [f"{number} of {parts[place].name}" for number, place in zip(numbers, places, strict=True)]


def sampled(parts: list[Part], chosen: Array, progress: Progress) -> pyarrow.Table:
    """Return some rows of all parts.

    Args:
        parts: see :func:`parts_of`.
        chosen: their numbers, in order.
        progress: is told how many rows were looked at.

    Raises:
        DataError: a part cannot be read.
    """
    total = sum(part.rows for part in parts)
    tables, start = [], 0
    for part in parts:
        with _opened(part) as file:
            for number, rows in enumerate(part.groups):
                first, last = np.searchsorted(chosen, [start, start + rows])
                if first < last:
                    group = _group(file, part, number)
                    plain = pyarrow.table([*map(without_views, group.columns)], names=group.column_names)
                    tables.append(plain.take(pyarrow.array(chosen[first:last] - start)))
                start += rows
                progress("rows sampled", start, total)
    return pyarrow.concat_tables(tables).unify_dictionaries()


def write_again(
    part: Part,
    target: Path,
    change: Callable[[pyarrow.Table], pyarrow.Table],
    before: Callable[[int], None],
) -> None:
    """Write a part with changed cells: the same row groups, columns, types, metadata and layout.

    The file appears whole or not at all. One row group is in memory at a time.

    Args:
        part: what is read.
        target: the file to write.
        change: returns a row group with the same columns and as many rows.
        before: is told the size of the file in bytes when it is written and does not have its name yet.

    Raises:
        DataError: the part cannot be read.
        OSError: the system refuses to write.
    """
    with _opened(part) as file, replaced(target) as written:
        schema = file.schema_arrow
        with pyarrow.parquet.ParquetWriter(written, schema, **part.layout) as writer:
            for number, rows in enumerate(part.groups):
                changed = change(_group(file, part, number))
                writer.write_table(changed.cast(schema), row_group_size=max(rows, 1))
        before(written.tell())


def slices(group: pyarrow.Table, rows: int) -> Iterator[pyarrow.Table]:
    """Yield a row group in pieces of so many rows, in order."""
    return (group.slice(start, rows) for start in range(0, max(group.num_rows, 1), rows))


def _files_in(folder: Path) -> list[Path]:
    there = sorted(path for path in folder.rglob("*") if not _hidden(path.relative_to(folder)))
    linked = [path for path in there if path.is_symlink() and path.is_dir()]
    if linked:
        raise DataError(f"'{linked[0]}' is a link to a folder, which is not followed: give the folder itself")
    found = [path for path in there if not path.is_dir()]
    files = [path for path in found if suffix_of(path) in PARQUET]
    for path in files:
        _check_is_file(path)
    if not files:
        raise DataError(
            f"folder '{folder}' has no Parquet file: give one with files that end in {' or '.join(PARQUET)}"
        )
    if len(files) < len(found):
        other = next(path for path in found if path not in files)
        warn([f"{counted(len(found) - len(files), 'file')} of '{folder}' left out, no Parquet, such as '{other.name}'"])
    return files


def _check_is_file(path: Path) -> None:
    """Refuse what cannot be read as often as needed, such as a pipe."""
    if not path.is_file():
        what = "no file" if path.exists() else "not there, or a link to nothing"
        raise DataError(f"'{path}' is {what}: remove it, or give a Parquet file in its place")


def _hidden(path: Path) -> bool:
    return any(name.startswith((".", "_")) for name in path.parts)


def _part(path: Path, name: str) -> tuple[Part, pyarrow.Schema]:
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            facts, schema = file.metadata, file.schema_arrow
    except (OSError, ValueError) as error:  # Arrow's own are ValueErrors
        raise unreadable(path, error) from error
    groups = [facts.row_group(number) for number in range(facts.num_row_groups)]
    first = [groups[0].column(j) for j in range(groups[0].num_columns)] if groups else []
    compression = {each.path_in_schema: each.compression.replace("UNCOMPRESSED", "NONE") for each in first}
    for group in groups:
        size = _ROOM * max(group.total_byte_size, 8.0 * group.num_rows * group.num_columns)
        check_room(
            size, f"a row group of {group.num_rows:,} rows of '{path}'", "write the file with smaller row groups"
        )
    layout = {"compression": compression, "version": _version(facts.format_version, schema), **_sorting(groups)}
    return Part(path, name, tuple(group.num_rows for group in groups), layout), schema


def _version(version: str, schema: pyarrow.Schema) -> str:
    """Return the version of the format to write: that of the file, if it has all types; else the newest."""
    new = any("[ns" in str(each) or "uint32" in str(each) for each in schema.types)
    return _OLD if version == _OLD and not new else _NEW


def _sorting(groups: list[Any]) -> dict[str, Any]:
    """Return by which columns the file says that it is sorted, up to the first that may be filled."""
    sortings = {getattr(group, "sorting_columns", ()) for group in groups}  # of Arrow 15 and later
    kept = []
    for each in sortings.pop() if len(sortings) == 1 else ():
        found = [group.column(each.column_index) for group in groups]
        whole = all(one.statistics is not None and one.statistics.null_count == 0 for one in found)
        if not whole or found[0].physical_type in ("FLOAT", "DOUBLE"):  # a NaN is missing, and is not counted
            break
        kept.append(each)
    return {"sorting_columns": kept} if kept else {}


def _check_schema(path: Path, schema: pyarrow.Schema, first: Path, wanted: pyarrow.Schema) -> None:
    """Refuse a file whose columns are not those of the first one."""
    if schema.equals(wanted):
        return
    fix = "give files of the same columns, in the same order and of the same types"
    if schema.names != wanted.names:
        odd = sorted(set(schema.names) ^ set(wanted.names)) or ["their order"]
        raise DataError(f"'{path}' and '{first}' differ in their columns ({', '.join(odd[:5])}): {fix}")
    name = next(name for name, a, b in zip(schema.names, schema, wanted, strict=True) if not a.equals(b))
    kinds = schema.field(name).type, wanted.field(name).type
    what = f"{kinds[0]} and {kinds[1]}" if kinds[0] != kinds[1] else "whether it may be empty"
    raise DataError(f"'{path}' and '{first}' differ in column {name!r} ({what}): {fix}")


def _opened(part: Part) -> pyarrow.parquet.ParquetFile:
    try:
        return pyarrow.parquet.ParquetFile(part.path)
    except (OSError, ValueError) as error:
        raise unreadable(part.path, error) from error


def _group(file: pyarrow.parquet.ParquetFile, part: Part, number: int) -> pyarrow.Table:
    try:
        check_int96(part.path, file.schema, number)
        return file.read_row_group(number)
    except DataError:
        raise
    except (OSError, ValueError) as error:
        raise unreadable(part.path, error) from error
