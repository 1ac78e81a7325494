"""Rows of an outside method, handed in as a folder of packed rows: what is checked before they join the leaderboard."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from benchmarks.frame import CASE, CONTENT, frame_of, without_paths
from benchmarks.possible_values import impossible
from mirimpute.bench.results.part_schema import CONFIG
from mirimpute.bench.results.parts import packed_rows, packed_texts
from mirimpute.bench.results.row import validate_row
from mirimpute.errors import MirimputeWarning, UserError
from mirimpute.methods.presets import PRESETS
from mirimpute.methods.registry import METHODS

CELL = [*CASE, "seed"]
SAME = ("protocol", *CONTENT)
"""What a row has in common with those of the record on its cell; a hash of the record may be the beginning of one."""
COMMAND = "command"
"""Column of a frame: what ran the method."""

_NAME = re.compile(r"[A-Za-z0-9_/-]{1,40}")
_HASH = re.compile(r"[0-9a-f]{64}")
_LONGEST_COMMAND = 500


def read_submission(folder: Path, record: pd.DataFrame, taken: Iterable[str] = ()) -> pd.DataFrame:
    """Return the rows of a submission on the cells of a record, in the form of a page's CSV, with their command.

    Args:
        folder: results folder that ``mirimpute-report compact`` has packed; the name of a part holds its checksum.
        record: the rows that it joins.
        taken: methods of the submissions before.

    Raises:
        UserError: a part was changed or cannot be read; there is none; a row that cannot be; several methods, or one
            whose name is none or taken; no foreign command; a cell of the record is missing or there twice; another
            protocol, other tables or hidden cells.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", MirimputeWarning)
        try:
            rows = packed_rows(folder)
            texts = packed_texts(folder, CONFIG)
        except MirimputeWarning as warning:
            raise UserError(f"submission '{folder}' is not whole: {warning}") from warning
    if not rows:
        raise UserError(f"submission '{folder}' has no packed rows: run mirimpute-report compact {folder}")
    for row in rows.values():
        _check_row(folder, row)
    frame = frame_of(list(rows.values()))
    method = _only(folder, "method", frame["method"])
    for name in ("method_hash", "method_version"):
        _only(folder, name, frame[name])
    _check_name(folder, method, {*PRESETS, *METHODS, *record["method"], *taken})
    command = _only(folder, "method.command", [_command(folder, texts.get(cell, "")) for cell in rows])
    if len(command) > _LONGEST_COMMAND or not command.isprintable():
        raise UserError(
            f"submission '{folder}' has a method.command of {len(command)} letters: give one of {_LONGEST_COMMAND} at "
            "most, on one line and without invisible letters"
        )
    frame = _cells(folder, frame, record)
    return frame.assign(**{COMMAND: without_paths(command)})


def _check_row(folder: Path, row: Mapping[str, Any]) -> None:
    where = f"submission '{folder}', {row['dataset'][:60]} {row['mechanism'][:60]} seed {row['seed']}"
    try:
        validate_row(row)
    except UserError as error:
        raise UserError(f"{where}: {error}; hand in what mirimpute-bench has written") from error
    if found := impossible(row):
        raise UserError(f"{where}: {found}: hand in what mirimpute-bench has written")


def _check_name(folder: Path, method: str, taken: Iterable[str]) -> None:
    if not _NAME.fullmatch(method):
        raise UserError(
            f"submission '{folder}' is called {method[:60]!r}, which is no name: give another method.name, 1 to 40 of "
            "the letters A-Z, a-z, 0-9, _, - and /"
        )
    if method.lower() in {str(each).lower() for each in taken}:
        raise UserError(f"submission '{folder}' is called {method!r}, which is taken: give another method.name")


def _command(folder: Path, text: str) -> str:
    """Return the command of a cell by its configuration."""
    try:
        config = yaml.safe_load(text)
    except Exception as error:  # PyYAML has many for what it cannot read
        said = " ".join(str(error).split())[:200]
        raise UserError(
            f"submission '{folder}' has a configuration that is no YAML ({said}): hand in what mirimpute-bench has "
            "written"
        ) from error
    method = config.get("method") if isinstance(config, dict) else None
    command = method.get("command") if isinstance(method, dict) else None
    if not isinstance(command, str) or not command.strip():
        raise UserError(f"submission '{folder}' names no command: run it with method=command, see docs/foreign.md")
    return command


def _only(folder: Path, what: str, values: Iterable[Any]) -> str:
    found = sorted(map(str, set(values)))
    if len(found) > 1:
        shown = ", ".join(each[:60] for each in found[:3])
        raise UserError(f"submission '{folder}' has several values of {what}, {shown}: hand in one")
    return found[0]


def _cells(folder: Path, frame: pd.DataFrame, record: pd.DataFrame) -> pd.DataFrame:
    """Return the rows on the cells of the record, whose protocol, tables and hidden cells are the same."""
    wanted = record.drop_duplicates(CELL).set_index(CELL).index
    rows = frame.set_index(CELL)
    absent = wanted.difference(rows.index)
    if len(absent):
        raise UserError(
            f"submission '{folder}' has no row of {_shown(absent[0])}, and {len(absent) - 1} "
            "other cells of the record are missing: run them too; a failure is a row"
        )
    rows = rows.loc[rows.index.isin(wanted)]
    if twice := list(rows.index[rows.index.duplicated()]):
        raise UserError(f"submission '{folder}' has several rows of {_shown(twice[0])}: hand in one for each cell")
    for name in (each for each in SAME if each in record):
        of_record = record if name == "max_rows" else record.dropna(subset=[name])  # null: all rows
        known = of_record.drop_duplicates(CELL).set_index(CELL)[name]
        other = [
            cell for cell, value in rows[name].items() if cell in known.index and not _same(name, value, known[cell])
        ]
        if other:
            raise UserError(
                f"submission '{folder}' has another {name} on {_shown(other[0])}, or none: leave dataset, mechanism "
                "and protocol as docs/submitting.md says, and use the same version of this package"
            )
    return rows.reset_index()


def _shown(cell: Any) -> str:
    dataset, mechanism, rate, seed = cell
    return f"{dataset} {mechanism} {rate:g} seed {seed}"


def _same(name: str, value: Any, known: Any) -> bool:
    """Return whether a value is that of the record; a hash is whole, and begins as the record's does."""
    if name.endswith("sha256"):
        return isinstance(value, str) and _HASH.fullmatch(value) is not None and value.startswith(known)
    return bool(value == known or (pd.isna(value) and pd.isna(known)))
