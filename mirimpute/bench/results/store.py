"""The store of results: one directory per cell, written as a whole and checked when it is read.

``<results_dir>/runs/<dataset>/<mechanism>-<rate>/<method>/seed-<seed>-<config_hash[:8]>/`` holds ``row.json`` and its
checksum ``row.json.sha256``, ``config.yaml``, ``trace.json`` (one object per round), ``columns.json`` (one object per
scored column), ``log.txt`` (what the method printed) and, when asked, ``tables/{truth,incomplete,point,draw}.parquet``
in original units.
"""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mirimpute.bench.results import disk, layout, part_schema, parts
from mirimpute.bench.results.claims import Claims, alive_hashes, holder_of, this_process
from mirimpute.bench.results.details import text_of
from mirimpute.bench.results.layout import PARTS, RUNS, SET_ASIDE, cell_directory, check_writable, safe_name
from mirimpute.bench.results.row import IDENTITY_FIELDS, RowError, plain, validate_row
from mirimpute.bench.results.row_files import (
    MAX_ROW_BYTES,
    below_runs,
    load_row,
    read_or_warn,
    sentence,
    sound_row,
    warn,
)
from mirimpute.bench.results.seal import json_text, seal_of
from mirimpute.errors import StoreError

if TYPE_CHECKING:
    import pandas as pd

HOLDER = ".holder.json"
"""Who writes a cell, in its directory until it is whole."""

TABLE_NAMES = ("truth", "incomplete", "point", "draw")


def write_cell(
    results_dir: Path,
    row: Mapping[str, Any],
    *,
    config_yaml: str,
    trace: Sequence[Mapping[str, Any]],
    log: str,
    columns: Sequence[Mapping[str, Any]] = (),
    tables: Mapping[str, pd.DataFrame] | None = None,
) -> Path:
    """Write one cell and return its directory; a reader sees the old one, none, or the whole new one.

    Everything goes into a hidden sibling directory, ``row.json`` last, and is flushed to disk before the sibling is
    renamed into place. An older directory of the same cell is moved away first and removed afterwards; if its row is
    damaged, it is kept below ``set-aside`` for whoever wants to know what happened.

    Args:
        results_dir: the results folder.
        row: see ``ROW_FIELDS``.
        config_yaml: the resolved configuration.
        trace: one mapping per round; numbers that are not finite are written as null, because JSON has none.
        log: what the method printed.
        columns: one mapping per scored column, see :func:`mirimpute.metrics.by_column.by_column`.
        tables: some of ``truth, incomplete, point, draw`` in original units, each (n_rows, n_columns).

    Raises:
        RowError: the row is not valid.
        StoreError: the folder cannot be written.
    """
    clean = validate_row(row)
    unknown_tables = sorted(set(tables or {}) - set(TABLE_NAMES))
    if unknown_tables:
        raise ValueError(f"unknown tables {unknown_tables}: valid: {', '.join(TABLE_NAMES)}")
    texts = {
        "config.yaml": config_yaml,
        "trace.json": json_text([_plain_tree(step) for step in trace]),
        "columns.json": json_text([_plain_tree(each) for each in columns]),
        "log.txt": log,
    }
    row_text = json_text(clean)
    if len(row_text.encode()) > MAX_ROW_BYTES:
        raise RowError(f"row of {len(row_text.encode())} bytes is over {MAX_ROW_BYTES}: shorten its texts")
    final = cell_directory(results_dir, clean)
    sibling = disk.hidden_sibling(final)
    damaged = final.exists() and sound_row(final / "row.json", Path(results_dir)) is None
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        sibling.mkdir()
        disk.write_text(sibling / HOLDER, json_text(vars(this_process(final.name))))
        for name, text in texts.items():
            disk.write_text(sibling / name, text)
        if tables:
            (sibling / "tables").mkdir()
            for name, frame in tables.items():
                path = sibling / "tables" / f"{name}.parquet"
                frame.to_parquet(path, index=False)
                disk.flush(path)
            disk.flush(sibling / "tables")
        disk.write_text(sibling / "row.json.sha256", seal_of(row_text.encode()))
        disk.write_text(sibling / "row.json", row_text)
        disk.flush(sibling)
        disk.move_into_place(sibling, final, _set_aside(Path(results_dir), final) if damaged else None)
        (final / HOLDER).unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot write the result to '{final}' ({error.strerror or error}): "
            "free some space, change the permissions, or choose another results_dir"
        ) from error
    finally:
        shutil.rmtree(sibling, ignore_errors=True)
    return final


def recover(results_dir: Path, identity: Mapping[str, Any]) -> None:
    """Clear up after a writer of this cell that was killed; only for who holds the claim on the cell.

    A whole cell that was about to be moved into place is, unless one is there; the rest is removed.
    """
    _recover(Path(results_dir), cell_directory(results_dir, identity))


def _recover(results_dir: Path, final: Path) -> int:
    """Clear up what writers of the directory ``final`` have left, and return how many directories that were."""
    left = disk.hidden_siblings(final)
    whole = [each for each in left if sound_row(each / "row.json", results_dir, home=final) is not None]
    if whole and not final.exists():
        newest = max(whole, key=lambda each: each.stat().st_mtime_ns)
        (newest / HOLDER).unlink(missing_ok=True)
        os.rename(newest, final)
    for each in left:
        shutil.rmtree(each, ignore_errors=True)
    return len(left)


def clean(results_dir: Path) -> int:
    """Remove what killed processes have left in a results folder; safe while others write. No row is lost.

    Claims of processes that have ended; cells that were being written: a whole one is moved into its place, unless one
    is there; parts that were being written.

    Returns:
        How many claims, directories and files these were.
    """
    results_dir = Path(results_dir)
    count = Claims(results_dir).clean()
    claimed = {name[:8] for name in alive_hashes(results_dir)}
    for final in layout.cells_of_killed_writers(results_dir):
        left = disk.hidden_siblings(final)
        holders = [holder_of(each / HOLDER) for each in left]
        known = all(
            holder.alive is False if holder is not None else (each / "row.json").exists()
            for holder, each in zip(holders, left, strict=True)
        )
        if known and final.name.rpartition("-")[2] not in claimed:
            count += _recover(results_dir, final)
    if "compact" not in alive_hashes(results_dir):
        for path in (results_dir / PARTS).glob(".part.*"):
            path.unlink(missing_ok=True)
            count += 1
    return count


def find_row(results_dir: Path, identity: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the stored row of exactly this cell (every field of ``IDENTITY_FIELDS``), of whatever status, or None.

    A damaged row counts as absent, with a warning.
    """
    row = read_row(cell_directory(results_dir, identity), results_dir)
    if row is None or any(row[name] != plain(identity[name]) for name in IDENTITY_FIELDS):
        return None
    return row


def read_row(directory: Path, results_dir: Path) -> dict[str, Any] | None:
    """Return the row of the cell whose place is ``directory``; None if there is none, with a warning if a bad one."""
    path = directory / "row.json"
    row = read_or_warn(path, Path(results_dir)) if path.is_file() else None
    return parts.packed_row(Path(results_dir), below_runs(directory, results_dir)) if row is None else row


def row_written_ns(results_dir: Path, identity: Mapping[str, Any]) -> int | None:
    """Return when the row of this cell was written, by the clock of the file system; None where there is none."""
    directory = cell_directory(results_dir, identity)
    try:
        return (directory / "row.json").stat().st_mtime_ns
    except OSError:
        return parts.packed_value(Path(results_dir), below_runs(directory, results_dir), part_schema.WRITTEN)


def read_rows(results_dir: Path) -> list[dict[str, Any]]:
    """Return every valid row under ``results_dir``, packed or not, in the order of their paths.

    A row that is torn, edited, too large, not valid, or that lies in another directory than its own (a copy, which
    would count twice) is left out with a :class:`~mirimpute.errors.MirimputeWarning` that names file and reason.
    """
    results_dir = Path(results_dir)
    # Directories first: a cell that is packed meanwhile is then seen twice, and not never.
    paths = [path for path in (each / "row.json" for each in layout.loose_cells(results_dir)) if path.is_file()]
    loose = {below_runs(path.parent, results_dir): read_or_warn(path, results_dir, packed=True) for path in paths}
    found = parts.packed_rows(results_dir)
    found.update({cell: row for cell, row in loose.items() if row is not None})
    return [found[cell] for cell in sorted(found)]


def compact(results_dir: Path) -> int:
    """Pack the finished cells into few files and return how many they were; safe while a sweep writes.

    Cells with tables, and damaged ones, are left where they are.

    Raises:
        ClaimedError: another process is packing this folder.
        StoreError: the folder cannot be written.
    """
    results_dir = Path(results_dir)

    def finished() -> Iterator[parts.Packed]:
        for directory in layout.loose_cells(results_dir):
            path = directory / "row.json"
            if not path.is_file() or (directory / "tables").exists():
                continue
            try:
                content, written_ns = disk.read_bounded(path, MAX_ROW_BYTES), path.stat().st_mtime_ns
                row = load_row(path, results_dir, directory)
                if parts.may_be_packed(row) and disk.read_bounded(path, MAX_ROW_BYTES) == content:
                    files = {column: text_of(directory / name) for column, name in part_schema.FILES.items()}
                    yield parts.Packed(below_runs(directory, results_dir), written_ns, content, row, files)
            except FileNotFoundError:
                continue  # it is being replaced at this moment
            except (OSError, ValueError) as error:
                warn(f"result '{path}' is not packed: {sentence(error)}")

    check_writable(results_dir)
    with Claims(results_dir).held("compact", "compact"):
        return parts.pack(results_dir, finished())


def _set_aside(results_dir: Path, final: Path) -> Path:
    """Return where the damaged directory ``final`` is kept."""
    name = "-".join(final.relative_to(results_dir / RUNS).parts)
    return results_dir / SET_ASIDE / disk.hidden_sibling(Path(safe_name(name))).name.lstrip(".")


def _plain_tree(value: Any) -> Any:
    """Return ``value`` as plain JSON values: NumPy scalars and arrays unpacked, numbers that are not finite as None."""
    if isinstance(value, Mapping):
        return {str(key): _plain_tree(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain_tree(item) for item in value]
    if getattr(value, "ndim", 0) and hasattr(value, "tolist"):
        return _plain_tree(value.tolist())
    value = plain(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value
