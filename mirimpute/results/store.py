"""One directory per cell, written whole or not at all, and read back with suspicion.

``<results_dir>/runs/<dataset>/<mechanism>-<rate>/<method>/seed-<seed>-<config_hash[:8]>/`` holds ``row.json``,
``config.yaml``, ``trace.json`` (one object per round), ``log.txt`` (what the method printed) and, when asked,
``tables/{truth,incomplete,point,draw}.parquet`` in original units.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import re
import secrets
import shutil
import tempfile
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mirimpute.errors import MirimputeWarning, UserError
from mirimpute.results.row import IDENTITY_FIELDS, RowError, plain, validate_row

if TYPE_CHECKING:
    import pandas as pd

MAX_ROW_BYTES = 1 << 20
MAX_TRACE_BYTES = 64 << 20
TABLE_NAMES = ("truth", "incomplete", "point", "draw")
_MAX_NAME = 100
_ATTEMPTS = 20
_REPLACEMENT_S = 0.05


def cell_directory(results_dir: Path, row_identity: Mapping[str, Any]) -> Path:
    """Return the directory of a cell; it need not exist.

    Every name is reduced to ``[A-Za-z0-9._-]`` (anything else becomes "-") and never starts with a dot, so that it
    is one harmless path component; names over 100 characters are cut and end in a hash of the whole name.

    Args:
        results_dir: the results folder.
        row_identity: at least ``dataset, mechanism, missing_rate, method, seed, config_hash``; a whole row will do.

    Raises:
        KeyError: one of these is absent.
    """
    rate = f"{float(row_identity['missing_rate']):g}"
    return (
        Path(results_dir)
        / "runs"
        / safe_name(row_identity["dataset"])
        / safe_name(f"{row_identity['mechanism']}-{rate}")
        / safe_name(row_identity["method"])
        / safe_name(f"seed-{int(row_identity['seed'])}-{row_identity['config_hash'][:8]}")
    )


def safe_name(name: str) -> str:
    """Return ``name`` as one portable path component.

    >>> safe_name("uci/wine"), safe_name("../.."), safe_name("")
    ('uci-wine', '-.-..', '-')
    """
    reduced = re.sub(r"[^A-Za-z0-9._-]", "-", name) or "-"
    if reduced.startswith("."):
        reduced = "-" + reduced[1:]
    if len(reduced) > _MAX_NAME:
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        reduced = f"{reduced[: _MAX_NAME - 9]}-{digest}"
    return reduced


def check_writable(results_dir: Path) -> None:
    """Create ``results_dir`` if need be and prove that a file can be written there.

    Raises:
        UserError: it cannot; names the folder, the system's reason and the fix.
    """
    runs = Path(results_dir) / "runs"
    try:
        runs.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=runs) as probe:
            probe.write(b"0")
    except OSError as error:
        raise UserError(
            f"cannot write to results folder '{results_dir}' ({error.strerror or error}): "
            "choose another with results_dir=<folder> or change its permissions"
        ) from error


def write_cell(
    results_dir: Path,
    row: Mapping[str, Any],
    *,
    config_yaml: str,
    trace: Sequence[Mapping[str, Any]],
    log: str,
    tables: Mapping[str, pd.DataFrame] | None = None,
) -> Path:
    """Write one cell and return its directory; a reader sees the old one, none, or the whole new one.

    Everything goes into a hidden sibling directory, ``row.json`` last, and is flushed to disk before the sibling is
    renamed into place. An older directory of the same cell is moved aside first and removed afterwards.
    ``row.json`` has sorted keys, no NaN, and floats by ``repr``, so that equal rows are equal bytes.

    Args:
        results_dir: the results folder.
        row: see ``ROW_FIELDS``.
        config_yaml: the resolved configuration.
        trace: one mapping per round; numbers that are not finite are written as null, because JSON has none.
        log: what the method printed.
        tables: some of ``truth, incomplete, point, draw`` in original units, each (n_rows, n_columns).

    Raises:
        RowError: the row is not valid.
        UserError: the folder cannot be written.
    """
    clean = validate_row(row)
    unknown_tables = sorted(set(tables or {}) - set(TABLE_NAMES))
    if unknown_tables:
        raise ValueError(f"unknown tables {unknown_tables}: valid: {', '.join(TABLE_NAMES)}")
    texts = {
        "config.yaml": config_yaml,
        "trace.json": _json([_plain_tree(step) for step in trace]),
        "log.txt": log,
    }
    row_text = _json(clean)
    if len(row_text.encode()) > MAX_ROW_BYTES:
        raise RowError(f"row of {len(row_text.encode())} bytes is over {MAX_ROW_BYTES}: shorten its texts")
    final = cell_directory(results_dir, clean)
    sibling = _hidden_sibling(final)
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        sibling.mkdir()
        for name, text in texts.items():
            _write_text(sibling / name, text)
        if tables:
            (sibling / "tables").mkdir()
            for name, frame in tables.items():
                path = sibling / "tables" / f"{name}.parquet"
                frame.to_parquet(path, index=False)
                _flush(path)
            _flush(sibling / "tables")
        _write_text(sibling / "row.json", row_text)
        _flush(sibling)
        _move_into_place(sibling, final)
    except OSError as error:
        raise UserError(
            f"cannot write the result to '{final}' ({error.strerror or error}): "
            "free some space, change the permissions, or choose another results_dir"
        ) from error
    finally:
        shutil.rmtree(sibling, ignore_errors=True)
    return final


def find_row(results_dir: Path, identity: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the stored row of exactly this cell (every field of ``IDENTITY_FIELDS``), of whatever status, or None.

    A damaged row counts as absent, with a warning.
    """
    path = cell_directory(results_dir, identity) / "row.json"
    if not path.is_file():
        return None
    row = _read_or_warn(path, Path(results_dir))
    if row is None or any(row[name] != plain(identity[name]) for name in IDENTITY_FIELDS):
        return None
    return row


def read_rows(results_dir: Path) -> list[dict[str, Any]]:
    """Return every valid row under ``results_dir``, in the order of their paths.

    A row that is torn, too large, not valid, or that lies in another directory than its own (a copy, which would
    count twice) is left out with a :class:`~mirimpute.errors.MirimputeWarning` that names the file and the reason.
    """
    runs = Path(results_dir) / "runs"
    paths = sorted(runs.glob("*/*/*/*/row.json"), key=lambda path: path.as_posix())
    # Hidden directories are cells that are being written, or were when the power went.
    found = [
        _read_or_warn(path, Path(results_dir))
        for path in paths
        if not any(part.startswith(".") for part in path.relative_to(runs).parts)
    ]
    return [row for row in found if row is not None]


def read_trace(directory: Path) -> list[dict[str, Any]]:
    """Return the trace of the cell in ``directory``: one dict per round; empty, with a warning, if it is damaged."""
    path = directory / "trace.json"
    if not path.is_file():
        return []
    try:
        trace = _load_json(path, MAX_TRACE_BYTES)
        if not isinstance(trace, list) or not all(isinstance(step, dict) for step in trace):
            raise RowError("must be a list of objects")
    except (OSError, ValueError, RecursionError) as error:
        _warn(f"trace '{path}' is left out: {_sentence(error)}")
        return []
    return trace


def _read_or_warn(path: Path, results_dir: Path) -> dict[str, Any] | None:
    try:
        row = _load_json(path, MAX_ROW_BYTES)
        if not isinstance(row, dict):
            raise RowError(f"must be a JSON object, is a {type(row).__name__}")
        row = validate_row(row, allow_unknown=True)
        home = cell_directory(results_dir, row)
        if path.parent != home:
            raise RowError(f"its place is '{home}', so this is a copy: remove it or move it back")
    except (OSError, ValueError, RecursionError) as error:
        _warn(f"result '{path}' is left out: {_sentence(error)}")
        return None
    return row


def _load_json(path: Path, max_bytes: int) -> Any:
    try:
        content = _read_bytes(path, max_bytes + 1)
    except FileNotFoundError:
        time.sleep(_REPLACEMENT_S)  # a newer version of the cell is just being moved into place
        content = _read_bytes(path, max_bytes + 1)
    if len(content) > max_bytes:
        raise RowError(f"it is larger than {max_bytes} bytes")

    def refuse(name: str) -> Any:
        raise RowError(f"it holds {name}, which is not JSON")

    return json.loads(content.decode("utf-8"), parse_constant=refuse)


def _read_bytes(path: Path, count: int) -> bytes:
    with path.open("rb") as file:
        return file.read(count)


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, allow_nan=False, indent=1, ensure_ascii=True) + "\n"


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


def _hidden_sibling(final: Path) -> Path:
    return final.parent / f".{final.name}.{secrets.token_hex(6)}"


def _move_into_place(sibling: Path, final: Path) -> None:
    """Rename ``sibling`` to ``final``; a directory cannot replace a full one, so the old one steps aside first."""
    for _ in range(_ATTEMPTS):  # another process may write the same cell at the same time
        aside = _hidden_sibling(final)
        with contextlib.suppress(FileNotFoundError):
            os.rename(final, aside)
        try:
            os.rename(sibling, final)
        except OSError:
            if final.exists():
                shutil.rmtree(aside, ignore_errors=True)
                continue
            if aside.exists():
                os.rename(aside, final)  # no new row, so the old one stays
            raise
        shutil.rmtree(aside, ignore_errors=True)
        _flush(final.parent)
        return
    raise OSError(f"another process keeps writing '{final}'")


def _write_text(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _flush(path: Path) -> None:
    """Flush a file or directory to disk, where the system can (Windows cannot open directories)."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except PermissionError:
        if path.is_dir():
            return
        raise
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sentence(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _warn(message: str) -> None:
    warnings.warn(message, MirimputeWarning, stacklevel=4)
