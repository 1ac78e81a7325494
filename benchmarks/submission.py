"""Rows of an outside method, handed in as a folder of packed rows: what is checked before they join the leaderboard."""

from __future__ import annotations

import warnings
from pathlib import Path

import pandas as pd
import yaml

from benchmarks.frame import CASE, HASHES, frame_of, without_paths
from mirimpute.bench.results.part_schema import CONFIG
from mirimpute.bench.results.parts import packed_rows, packed_texts
from mirimpute.errors import MirimputeWarning, UserError
from mirimpute.methods.presets import PRESETS

CELL = [*CASE, "seed"]
SAME = ("data_sha256", "mask_sha256")
COMMAND = "command"
"""Column of a frame: what ran the method."""


def read_submission(folder: Path, record: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a submission on the cells of a record, in the form of a page's CSV, with their command.

    Args:
        folder: results folder that ``mirimpute-report compact`` has packed; the name of a part holds its checksum.
        record: the rows that it joins.

    Raises:
        UserError: a part was changed or cannot be read; there is none; several methods, or one that the record or this
            package has; no foreign command; a cell of the record is missing; other tables or hidden cells.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", MirimputeWarning)
        try:
            rows = list(packed_rows(folder).values())
            texts = packed_texts(folder, CONFIG)
        except MirimputeWarning as warning:
            raise UserError(f"submission '{folder}' is not whole: {warning}") from warning
    if not rows:
        raise UserError(f"submission '{folder}' has no packed rows: run mirimpute-report compact {folder}")
    frame = frame_of(rows)
    frame = frame.assign(**{name: frame[name].astype(object).str[:8] for name in HASHES})
    method = _only(folder, "method", frame["method"])
    _only(folder, "method_hash", frame["method_hash"])
    if method in PRESETS or method in set(record["method"]):
        raise UserError(f"submission '{folder}' is called {method!r}, which is taken: give another method.name")
    methods = [yaml.safe_load(text).get("method", {}) for text in texts.values()]
    command = _only(folder, "method.command", pd.Series([each.get("command") or "" for each in methods]))
    if not command:
        raise UserError(f"submission '{folder}' names no command: run it with method=command, see docs/foreign.md")
    frame = _cells(folder, frame, record)
    return frame.assign(**{COMMAND: without_paths(command)})


def _only(folder: Path, what: str, values: pd.Series) -> str:
    found = sorted(map(str, set(values)))
    if len(found) > 1:
        raise UserError(f"submission '{folder}' has several values of {what}, {', '.join(found)}: hand in one")
    return found[0]


def _cells(folder: Path, frame: pd.DataFrame, record: pd.DataFrame) -> pd.DataFrame:
    """Return the rows on the cells of the record, whose tables and hidden cells are the same."""
    wanted = record.drop_duplicates(CELL).set_index(CELL).index
    rows = frame.set_index(CELL)
    absent = wanted.difference(rows.index)
    if len(absent):
        dataset, mechanism, rate, seed = absent[0]
        raise UserError(
            f"submission '{folder}' has no row of {dataset} {mechanism} {rate:g} seed {seed}, and {len(absent) - 1} "
            "other cells of the record are missing: run them too; a failure is a row"
        )
    rows = rows.loc[rows.index.isin(wanted)]
    for name in (each for each in SAME if each in record):
        known = record.dropna(subset=[name]).drop_duplicates(CELL).set_index(CELL)[name]
        other = [cell for cell, value in rows[name].dropna().items() if known.get(cell, value) != value]
        if other:
            raise UserError(
                f"submission '{folder}' has another {name} on {other[0][0]} {other[0][1]}: leave dataset, mechanism "
                "and protocol as docs/submitting.md says, and use the same version of this package"
            )
    return rows.reset_index()
