"""Files beside the row of a cell: the trace by round and the errors by column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from mirimpute.bench.results import disk, layout, part_schema, parts
from mirimpute.bench.results.layout import RUNS
from mirimpute.bench.results.row import RowError
from mirimpute.bench.results.row_files import below_runs, sentence, warn
from mirimpute.bench.results.seal import parse_json

MAX_TRACE_BYTES = 64 << 20


def read_trace(directory: Path) -> list[dict[str, Any]]:
    """Return the trace of the cell whose place is ``directory``: one dict per round; empty, with a warning, if bad."""
    return _read_list(directory, part_schema.TRACE)


def read_traces(results_dir: Path, cells: Iterable[str]) -> Iterator[list[dict[str, Any]]]:
    """Yield :func:`read_trace` of each cell, by its name below ``runs``; packed ones are read a part at a time."""
    packed = parts.packed_texts(results_dir, part_schema.TRACE)
    loose = {below_runs(directory, results_dir) for directory in layout.loose_cells(results_dir)}
    runs = results_dir / RUNS
    for cell in cells:
        if cell in loose:
            yield read_trace(runs / cell)
        elif cell in packed:
            yield _parsed(packed[cell].encode(), runs / cell / part_schema.FILES[part_schema.TRACE])
        else:
            yield []


def read_columns(directory: Path) -> list[dict[str, Any]]:
    """Return the errors by column of the cell whose place is ``directory``; empty, with a warning, if bad."""
    return _read_list(directory, part_schema.COLUMNS)


def _read_list(directory: Path, file: str) -> list[dict[str, Any]]:
    """Return the list of objects in one of the small files of a cell, packed or not."""
    path = directory / part_schema.FILES[file]
    try:
        if path.is_file():
            content = disk.read_bounded(path, MAX_TRACE_BYTES)
        else:
            results_dir = directory.parents[4] if len(directory.parents) > 4 else directory
            packed = None if directory.exists() else _packed_text(directory, results_dir, file)
            if packed is None:
                return []
            content = packed.encode()
    except (OSError, ValueError) as error:
        warn(f"'{path}' is left out: {sentence(error)}")
        return []
    return _parsed(content, path)


def _parsed(content: bytes, path: Path) -> list[dict[str, Any]]:
    """Return the list of objects that a file holds; empty, with a warning, if it holds something else."""
    try:
        found = parse_json(content)
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise RowError("must be a list of objects")
    except ValueError as error:
        warn(f"'{path}' is left out: {sentence(error)}")
        return []
    return found


def _packed_text(directory: Path, results_dir: Path, file: str) -> str | None:
    if directory.parents[3].name != RUNS:
        return None
    return parts.packed_value(results_dir, below_runs(directory, results_dir), file)


def text_of(path: Path) -> str:
    """Return the text of one of these files, of a bounded size."""
    return disk.read_bounded(path, MAX_TRACE_BYTES).decode("utf-8")
