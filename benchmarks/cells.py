"""The cells of a benchmark: run where they are missing, read back as one frame, with those of an earlier page."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.frame import CELL, HASHES, Row, cell_of, frame_of
from benchmarks.sweep import LIMITS, Sweep, run_sweeps
from mirimpute.bench.results.store import read_rows, row_written_ns
from mirimpute.errors import UserError
from mirimpute.report.case import Run, case_of
from mirimpute.report.comparability import comparability_notes, drop_false_starts

OF_THIS_RUN = "of_this_run"
"""Column of a frame: whether the row is there, or stands for it from an earlier page."""

ONE_DRAW = ("hyperimpute/mice", "statsmodels/mice")
"""Methods whose point is a draw, and has the error of one: it is compared with that of a draw."""


@dataclass(frozen=True)
class Found:
    """The rows of a grid.

    Attributes:
        frame: one line per cell that has a row: its fields, and ``seconds`` = fit_s + impute_s.
        notes: what the reader must know about rows that were left out or cannot be compared.
    """

    frame: pd.DataFrame
    notes: tuple[str, ...]


def run_and_read(
    sweeps: Sequence[Sweep],
    asked: Namespace,
    runs: Sequence[Sweep] | None = None,
    options: Sequence[str] = ("resume=failed",),
) -> Found:
    """Return the rows of ``sweeps``, after running what is missing (not with --table-only).

    Args:
        sweeps: the grid, as the rows name it.
        asked: the options of every benchmark, see :func:`benchmarks.command.parser_of`.
        runs: the sweeps as the command takes them, where methods have other names there.
        options: further ones of the command.
    """
    if not asked.table_only:
        run_sweeps(sweeps if runs is None else runs, asked.results_dir, (*LIMITS, *options))
    return read_cells(sweeps, asked.results_dir, asked.former)


def read_cells(sweeps: Sequence[Sweep], results_dir: Path, former: Path | None = None) -> Found:
    """Return the rows of ``sweeps`` below ``results_dir``; rows of other cells there are ignored.

    Args:
        sweeps: the grid.
        results_dir: of the command that ran it.
        former: a CSV of an earlier page, whose rows stand for cells that have none, unless the method has other
            settings now.

    Raises:
        UserError: there is none.
    """
    wanted = {cell for sweep in sweeps for cell in sweep.cells}
    rows, late = drop_false_starts([row for row in read_rows(results_dir) if cell_of(row) in wanted])
    if not rows and former is None:
        raise UserError(f"no row of this grid in '{results_dir}': run it without --table-only, or give --results-dir")
    written = [row_written_ns(results_dir, row) or 0 for row in rows]
    rows, old = newest(rows, written)
    compared = comparability_notes(Run(row, row["method"], case_of(row)) for row in rows)
    frame = frame_of(rows)
    stand = [] if former is None else [former_rows(former, wanted, frame)]
    counts = [
        f"{len(each)} rows were not computed again: they were on the previous version of this page"
        for each in stand
        if len(each)
    ]
    stand = [each[same_content(each, frame)] for each in stand]
    # Without empty columns: what type they have, pandas would have to guess.
    filled = [each.dropna(axis=1, how="all") for each in (frame, *stand) if len(each)]
    if not filled:
        raise UserError(f"no row of this grid in '{results_dir}', nor in '{former}': run it without --table-only")
    columns = list(dict.fromkeys([*frame.columns, *(name for each in stand for name in each.columns)]))
    every = pd.concat(filled, ignore_index=True).reindex(columns=columns).sort_values(CELL, ignore_index=True)
    here = set(frame[CELL].itertuples(index=False, name=None))
    refuse_mixture(every)
    every[OF_THIS_RUN] = [cell in here for cell in every[CELL].itertuples(index=False, name=None)]
    return Found(every, (*late, *old, *compared, *counts))


def refuse_mixture(frame: pd.DataFrame) -> None:
    """Raise where a page would lay rows of two versions or settings of one method in one column.

    Raises:
        UserError: names the method and the hashes of its settings.
    """
    for method, own in frame.groupby("method", sort=False):
        hashes = sorted({str(each)[:8] for each in own["method_hash"].dropna()})
        if len(hashes) > 1:
            raise UserError(
                f"the rows of {method} are of {len(hashes)} versions or settings ({', '.join(hashes)}), which do not "
                "share a page: run the older cells again, or leave out --former"
            )


def same_content(stand: pd.DataFrame, frame: pd.DataFrame) -> np.ndarray:
    """Return which rows of an earlier page are of the table that the rows of their dataset are of now, bool (n,)."""
    same = pd.Series(True, index=stand.index)
    known = frame.dropna(subset=["n_rows"])
    for name in ("n_rows", "n_columns"):
        now = stand["dataset"].map(dict(zip(known["dataset"], known[name], strict=True)))
        same &= now.isna() | stand[name].isna() | (now == stand[name])
    return same.to_numpy(dtype=bool)


def timed(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows whose seconds compare: without those of an earlier page, which met another load."""
    return frame[frame[OF_THIS_RUN].astype(bool)] if OF_THIS_RUN in frame else frame


def former_rows(path: Path, wanted: Collection[tuple[Any, ...]], frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a CSV that :func:`write_csv` wrote, of ``wanted`` cells that ``frame`` lacks.

    Rows of a method whose settings, version included, are others in ``frame`` are left out.

    Raises:
        UserError: the file cannot be read.
    """
    try:
        rows = pd.read_csv(path, dtype=dict.fromkeys((*HASHES, "reason", "gate"), str))
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read the rows of the page before, '{path}': {error}") from error
    rows[["reason", "gate"]] = rows[["reason", "gate"]].fillna("")
    setting = dict(zip(frame["method"], frame["method_hash"].astype(object).str[:8], strict=True))
    there = set(frame[CELL].itertuples(index=False, name=None))
    stands = [
        row[:-1] in wanted and row[:-1] not in there and setting.get(row[3], row[-1]) == row[-1]
        for row in rows[[*CELL, "method_hash"]].itertuples(index=False, name=None)
    ]
    return rows[stands]


def newest(rows: Sequence[Row], written: Sequence[float]) -> tuple[list[Row], list[str]]:
    """Return one row per cell, and notes on what was left out.

    Two settings of a method are never mixed: only the setting that wrote the last row of the method counts, and of
    several rows of one cell (an earlier version, say) the last. Nor are two contents of a dataset, which may have been
    cut otherwise: only that of its last row counts.

    Args:
        rows: result rows.
        written: when each was written.
    """
    in_time = [row for _, row in sorted(zip(written, rows, strict=True), key=lambda pair: pair[0])]
    content = {row["dataset"]: row["data_sha256"] for row in in_time if row.get("data_sha256")}
    same = [row for row in in_time if row.get("data_sha256") in (None, content.get(row["dataset"]))]
    other = Counter(row["dataset"] for row in rows) - Counter(row["dataset"] for row in same)
    setting = {row["method"]: row.get("method_hash") for row in same}
    kept = {cell_of(row): row for row in same if row.get("method_hash") == setting[row["method"]]}
    dropped = Counter(row["method"] for row in same) - Counter(row["method"] for row in kept.values())
    notes = [f"{method}: {count} older row(s) are left out" for method, count in sorted(dropped.items())]
    notes += [f"{name}: {count} row(s) of another content are left out" for name, count in sorted(other.items())]
    return list(kept.values()), notes
