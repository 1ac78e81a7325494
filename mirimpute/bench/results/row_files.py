"""Read `row.json` of one cell and check its size, its fields, its folder and its checksum."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from mirimpute.bench.results import disk
from mirimpute.bench.results.layout import RUNS, cell_directory
from mirimpute.bench.results.row import RowError, validate_row
from mirimpute.bench.results.seal import check_seal, parse_json
from mirimpute.errors import MirimputeWarning

MAX_ROW_BYTES = 1 << 20


def below_runs(directory: Path, results_dir: Path) -> str:
    """Return the place of a cell below ``runs``."""
    return directory.relative_to(Path(results_dir) / RUNS).as_posix()


def read_or_warn(path: Path, results_dir: Path, packed: bool = False) -> dict[str, Any] | None:
    """Return the row; None, with a warning, if it is not valid; ``packed``: silently if its cell may be packed now."""
    try:
        return load_row(path, results_dir, path.parent)
    except FileNotFoundError as error:
        if packed and not path.exists():
            return None
        warn(f"result '{path}' is left out: {sentence(error)}")
        return None
    except (OSError, ValueError) as error:
        warn(f"result '{path}' is left out: {sentence(error)}")
        return None


def sound_row(path: Path, results_dir: Path, home: Path | None = None) -> dict[str, Any] | None:
    """Return the row in ``path``, which belongs into ``home`` (default: where it is), None if it is not valid."""
    try:
        return load_row(path, results_dir, home or path.parent)
    except (OSError, ValueError):
        return None


def load_row(path: Path, results_dir: Path, home: Path) -> dict[str, Any]:
    """Return the row in ``path``, which must belong into the directory ``home``."""
    content, seal = disk.read_together(path.parent, [path.name, "row.json.sha256"], MAX_ROW_BYTES)
    if content is None:
        raise FileNotFoundError(f"No such file: '{path}'")
    row = parse_json(content)
    if not isinstance(row, dict):
        raise RowError(f"must be a JSON object, is a {type(row).__name__}")
    row = validate_row(row, allow_unknown=True)
    if cell_directory(results_dir, row) != home:
        raise RowError(
            f"its place is '{cell_directory(results_dir, row)}', so this is a copy: remove it or move it back"
        )
    if seal is None:
        raise RowError("row.json.sha256 is absent, so nothing shows that mirimpute-bench wrote it")
    check_seal(content, seal)
    return row


def sentence(error: BaseException) -> str:
    """Return the message of an error in one line."""
    return " ".join(str(error).split()) or type(error).__name__


def warn(message: str) -> None:
    """Warn who called the public function two calls above."""
    warnings.warn(message, MirimputeWarning, stacklevel=4)
