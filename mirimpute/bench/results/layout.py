"""The layout of a results folder. Names are valid on every system, and no path leaves the folder."""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from mirimpute.errors import StoreError

RUNS, PARTS, CLAIMS, SET_ASIDE, SWEEPS = "runs", "parts", "claims", "set-aside", "sweeps"
"""One directory per cell; packed cells; cells that are being computed; damaged cells; one journal per sweep."""

_MAX_NAME = 100


def cell_directory(results_dir: Path, row_identity: Mapping[str, Any]) -> Path:
    """Return the directory of a cell, ``runs`` and :func:`cell_name` below ``results_dir``; it need not exist.

    Args:
        results_dir: the results folder.
        row_identity: as for :func:`cell_name`.

    Raises:
        KeyError: a field is absent.
    """
    return Path(results_dir, RUNS, cell_name(row_identity))


def cell_name(row_identity: Mapping[str, Any]) -> str:
    """Return where a cell is below ``runs``, with slashes.

    Every name is reduced to ``[A-Za-z0-9._-]`` (anything else becomes "-") and never starts with a dot, so that it
    is one harmless path component; names over 100 characters are cut and end in a hash of the whole name.

    Args:
        row_identity: at least ``dataset, mechanism, missing_rate, method, seed, config_hash``; a whole row will do.

    Raises:
        KeyError: one of these is absent.
    """
    rate = f"{float(row_identity['missing_rate']):g}"
    shared = row_identity["dataset"], f"{row_identity['mechanism']}-{rate}", row_identity["method"]
    own = safe_name(f"seed-{int(row_identity['seed'])}-{row_identity['config_hash'][:8]}")
    return "/".join((*map(_shared_name, shared), own))


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


_shared_name = lru_cache(maxsize=4096)(safe_name)
"""Of what many cells have in common."""


def has_cells(results_dir: Path) -> bool:
    """Return whether the folder is one of results: it holds single or packed cells, if only a place for them."""
    return any((Path(results_dir) / name).is_dir() for name in (RUNS, PARTS))


def check_writable(results_dir: Path) -> None:
    """Create ``results_dir`` if need be and prove that a file can be written there.

    Raises:
        StoreError: it cannot; names the folder, the system's reason and the fix.
    """
    runs = Path(results_dir) / RUNS
    try:
        runs.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=runs) as probe:
            probe.write(b"0")
    except OSError as error:
        raise StoreError(
            f"cannot write to results folder '{results_dir}' ({error.strerror or error}): "
            "choose another with results_dir=<folder> or change its permissions"
        ) from error


def loose_cells(results_dir: Path) -> Iterator[Path]:
    """Yield the directories of cells, in the order of their paths; hidden ones are cells that are being written."""
    methods = _methods(results_dir)
    yield from sorted((each for folder in methods for each in _below(folder)), key=Path.as_posix)


def cells_of_killed_writers(results_dir: Path) -> list[Path]:
    """Return the places of the cells that have hidden directories beside them: being written, or left by the killed."""
    hidden = [each for folder in _methods(results_dir) for each in _below(folder, hidden=True)]
    return sorted({each.with_name(each.name[1:].rpartition(".")[0]) for each in hidden if each.name.count(".") > 1})


def _methods(results_dir: Path) -> list[Path]:
    level = [Path(results_dir) / RUNS]
    for _ in range(3):
        level = list(itertools.chain.from_iterable(map(_below, level)))
    return level


def _below(folder: Path, hidden: bool = False) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            own = (each for each in entries if each.name.startswith(".") == hidden)
            return [folder / each.name for each in own if each.is_dir(follow_symlinks=False)]
    except (FileNotFoundError, NotADirectoryError):
        return []
