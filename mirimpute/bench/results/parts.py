"""Finished cells packed into few Parquet files. `compact` writes them; the readers of the store read both forms.

``<results_dir>/parts/part-<number>-<hash>.parquet`` holds the rows of many cells and their small files; the hash is
that of the file's content. A cell that is in several parts counts as in the last one, and one that has a directory
of its own counts as there. Cells with tables keep their directory.
"""

from __future__ import annotations

import os
import secrets
import shutil
import warnings
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from mirimpute.bench.results import disk
from mirimpute.bench.results.layout import PARTS, RUNS
from mirimpute.bench.results.part_schema import (
    CELL,
    FILES,
    GROUP_CELLS,
    MOST_BYTES,
    OWN,
    PART_BYTES,
    PART_CELLS,
    WRITTEN,
    column_types,
    fault_of,
)
from mirimpute.bench.results.row import METRIC_FIELD, ROW_FIELDS
from mirimpute.errors import MirimputeWarning, StoreError

_HASH_DIGITS = 16


@dataclass(frozen=True)
class Packed:
    """One cell on its way into a part.

    Attributes:
        cell: its directory below ``runs``.
        written_ns: when its row was written.
        content: of ``row.json``, to tell whether it is still the same when its directory is removed.
        row: the valid row.
        files: column -> text of its small files.
    """

    cell: str
    written_ns: int
    content: bytes
    row: Mapping[str, Any]
    files: Mapping[str, str]


def may_be_packed(row: Mapping[str, Any]) -> bool:
    """Return whether the row has only fields that this version knows, and numbers that a column can hold."""
    known = all(name in ROW_FIELDS or METRIC_FIELD.fullmatch(name) for name in row)
    return known and all(abs(value) < 2**63 for value in row.values() if isinstance(value, int))


def pack(results_dir: Path, cells: Iterator[Packed]) -> int:
    """Write ``cells`` into parts, remove their directories, and return how many they were.

    Parts are whole and on disk before any directory goes; a cell that was computed again meanwhile keeps its new one.

    Raises:
        StoreError: the folder cannot be written.
    """
    waiting: dict[frozenset[str], list[Packed]] = defaultdict(list)
    count = size = 0
    try:
        for cell in cells:
            waiting[frozenset(cell.row)].append(cell)
            count += 1
            size += len(cell.content) + sum(map(len, cell.files.values()))
            if size >= PART_BYTES or count % PART_CELLS == 0:
                _write_parts(results_dir, waiting)
                size = 0
        _write_parts(results_dir, waiting)
    except OSError as error:
        raise StoreError(
            f"cannot write to '{results_dir / PARTS}' ({error.strerror or error}): "
            "free some space or change the permissions; no cell is lost"
        ) from error
    return count


def packed_rows(results_dir: Path) -> dict[str, dict[str, Any]]:
    """Return the rows of all parts, by directory below ``runs``."""
    import pyarrow.parquet as pq

    found: dict[str, dict[str, Any]] = {}
    for path in _sound_parts(results_dir):
        file = pq.ParquetFile(path, memory_map=True)
        names = [name for name in file.schema_arrow.names if name not in FILES and name != WRITTEN]
        try:
            groups = [_rows(_read(path, file, group, names)) for group in range(file.num_row_groups)]
        except StoreError as error:
            warnings.warn(str(error), MirimputeWarning, stacklevel=3)
            continue
        for each in groups:
            found.update(each)
    return found


def packed_row(results_dir: Path, cell: str) -> dict[str, Any] | None:
    """Return the row of one cell, None if it is in no part."""
    place = _place(results_dir, cell)
    if place is None:
        return None
    file, _ = _opened(place.path)
    names = [name for name in file.schema_arrow.names if name not in FILES and name != WRITTEN]
    group, line = divmod(place.index, GROUP_CELLS)
    return _rows(_read(place.path, file, group, names).slice(line, 1))[cell]


def packed_value(results_dir: Path, cell: str, column: str) -> Any:
    """Return one of the other columns of a cell, None if it is in no part."""
    place = _place(results_dir, cell)
    if place is None:
        return None
    group, line = divmod(place.index, GROUP_CELLS)
    return _values(place.path, group, column)[line]


def packed_texts(results_dir: Path, column: str) -> dict[str, str]:
    """Return one of the small files of every packed cell in which it is not an empty list."""
    import pyarrow.compute as pc

    found: dict[str, str] = {}
    for path in _sound_parts(results_dir):
        file, _ = _opened(path)
        for group in range(file.num_row_groups):
            table = _read(path, file, group, [CELL, column])
            table = table.filter(pc.not_equal(table.column(column), "[]"))
            found.update(zip(table.column(CELL).to_pylist(), table.column(column).to_pylist(), strict=True))
    return found


@dataclass(frozen=True)
class _Place:
    """Where a cell is in a part."""

    path: Path
    index: int


def _place(results_dir: Path, cell: str) -> _Place | None:
    for path in reversed(_sound_parts(results_dir)):
        _, places = _opened(path)
        if cell in places:
            return _Place(path, places[cell])
    return None


@lru_cache(maxsize=64)
def _opened(path: Path) -> tuple[Any, dict[str, int]]:
    """Return the part, which never changes, and where each cell is in it."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path, memory_map=True)
    return file, {cell: index for index, cell in enumerate(file.read(columns=[CELL]).column(CELL).to_pylist())}


@lru_cache(maxsize=8)
def _values(path: Path, group: int, column: str) -> list[Any]:
    """Return one column of a group: who asks for a cell asks for its neighbours next."""
    file, _ = _opened(path)
    return list(_read(path, file, group, [column]).column(column).to_pylist())


def _read(path: Path, file: Any, group: int, columns: list[str]) -> Any:
    """Return some columns of a group.

    Raises:
        StoreError: they cannot be read, although the checksum is right.
    """
    try:
        return file.read_row_group(group, columns=columns)
    except (OSError, ValueError, RuntimeError) as error:  # Arrow's own are of these
        reason = " ".join(str(error).split())[:200]
        raise StoreError(f"results '{path}' are left out: they cannot be read ({reason}): remove the file") from error


def _sound_parts(results_dir: Path) -> list[Path]:
    """Return the parts whose content is what was written, the oldest first; name the others in a warning."""
    found = []
    for path in sorted((Path(results_dir) / PARTS).glob("part-*.parquet")):
        try:
            reason = _fault(path, path.stat().st_size)
        except OSError as error:  # a link to nowhere, or removed meanwhile
            reason = error.strerror or str(error)
        if reason:
            warnings.warn(f"results '{path}' are left out: {reason}", MirimputeWarning, stacklevel=4)
        else:
            found.append(path)
    return found


@lru_cache(maxsize=4096)
def _fault(path: Path, size: int) -> str:
    """Return what is wrong with a part, "" if nothing is; looked at once per process."""
    try:
        if size > MOST_BYTES:
            return f"it has {size} bytes, of which mirimpute-report compact writes {MOST_BYTES} at most"
        with disk.open_regular(path) as file:
            digest = disk.digest(file)
        if not path.stem.endswith(f"-{digest[:_HASH_DIGITS]}"):
            return "it was changed after it was written"
        return fault_of(path)
    except Exception as error:  # Arrow has many for what is no Parquet file
        return f"it cannot be read ({' '.join(str(error).split())[:200]})"


def _rows(table: Any) -> dict[str, dict[str, Any]]:
    """Return the rows of a table by cell; equal texts are one object, so that many rows need little memory."""
    import pyarrow as pa

    names = [name for name in table.column_names if name not in OWN]
    columns = []
    for name in names:
        column = table.column(name).combine_chunks()
        if pa.types.is_string(column.type):
            encoded = column.dictionary_encode()
            texts = encoded.dictionary.to_pylist()
            columns.append([None if k is None else texts[k] for k in encoded.indices.to_pylist()])
        else:
            columns.append(column.to_pylist())
    cells = table.column(CELL).to_pylist()
    lines = zip(cells, zip(*columns, strict=True), strict=True)
    return {cell: dict(zip(names, values, strict=True)) for cell, values in lines}


def _write_parts(results_dir: Path, waiting: dict[frozenset[str], list[Packed]]) -> None:
    for cells in waiting.values():
        _write_part(results_dir, cells)
    waiting.clear()


def _write_part(results_dir: Path, cells: list[Packed]) -> None:
    """Write one part of cells that have the same fields, and remove their directories."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = column_types()
    cells = sorted(cells, key=lambda each: each.cell)
    columns = {
        CELL: pa.array([each.cell for each in cells], pa.string()),
        WRITTEN: pa.array([each.written_ns for each in cells], pa.int64()),
        **{column: pa.array([each.files[column] for each in cells], pa.string()) for column in FILES},
    }
    for name in sorted(cells[0].row):
        kind = ROW_FIELDS[name].type if name in ROW_FIELDS else float
        columns[name] = pa.array([each.row[name] for each in cells], types[kind])
    folder = results_dir / PARTS
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".part.{secrets.token_hex(6)}"
    try:
        pq.write_table(pa.table(columns), temporary, compression="zstd", row_group_size=GROUP_CELLS)
        disk.flush(temporary)
        with temporary.open("rb") as file:
            digest = disk.digest(file)
        os.rename(temporary, folder / f"part-{_next_number(folder):06d}-{digest[:_HASH_DIGITS]}.parquet")
        disk.flush(folder)
    finally:
        temporary.unlink(missing_ok=True)
    for each in cells:
        _remove(results_dir / RUNS / each.cell, each.content)


def _next_number(folder: Path) -> int:
    numbers = (path.name.split("-")[1] for path in folder.glob("part-*-*.parquet"))
    return max((int(number) for number in numbers if number.isdecimal()), default=0) + 1


def _remove(directory: Path, content: bytes) -> None:
    """Remove the directory of a packed cell, unless the cell was computed again since it was read."""
    aside = disk.hidden_sibling(directory)
    try:
        os.rename(directory, aside)
    except FileNotFoundError:
        return  # it is being replaced at this moment
    try:
        same = (aside / "row.json").read_bytes() == content
    except FileNotFoundError:
        return  # somebody who clears up has moved it back
    if same:
        shutil.rmtree(aside, ignore_errors=True)
        return
    try:
        os.rename(aside, directory)
    except OSError:  # and computed once more: that one counts
        shutil.rmtree(aside, ignore_errors=True)
