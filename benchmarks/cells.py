"""The cells of a benchmark: asked of the command ``mirimpute-bench``, read back from its rows as one frame."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.command import write_text
from mirimpute.bench.results.row import METRIC_FIELD
from mirimpute.bench.results.store import read_rows, row_written_ns
from mirimpute.cli.exits import INTERRUPTED
from mirimpute.errors import UserError
from mirimpute.report.case import Run, case_of
from mirimpute.report.comparability import comparability_notes, drop_false_starts

Row = Mapping[str, Any]

CASE = ["dataset", "mechanism", "missing_rate"]
CELL = [*CASE, "method", "seed"]
COSTS = ["seconds", "fit_s", "impute_s", "cpu_s", "peak_rss_mb"]
CONTENT = ["n_rows", "n_columns", "max_rows", "data_sha256"]
OF_DRAWS = ["n_draws", "scored_draws"]
HASHES = ["config_hash", "method_hash", "data_sha256"]
"""Given by their first eight digits in a CSV."""

BEFORE_METRICS = [
    *CELL,
    "protocol",
    "config_hash",
    "method_hash",
    "method_version",
    "status",
    "reason",
    "gate",
    *CONTENT,
    *OF_DRAWS,
]
TIMEOUT_S = 900
LIMITS = ("threads=1", f"timeout_s={TIMEOUT_S}")
"""Every method gets one thread, and as many seconds per cell."""

OF_THIS_RUN = "of_this_run"
"""Column of a frame: whether the row is there, or stands for it from an earlier page."""

ONE_DRAW = ("hyperimpute/mice", "statsmodels/mice")
"""Methods whose point is a draw, and has the error of one: it is compared with that of a draw."""

_BENCH = "mirimpute-bench"
_OK, _CELL_FAILED = 0, 1
_ABSOLUTE_PATH = re.compile(r"""(?<![\w.:/\\])(?:[A-Za-z]:[/\\]|/)[^\s'",;)]+""")


@dataclass(frozen=True)
class Sweep:
    """One call of ``mirimpute-bench -m``: every combination on one dataset.

    Attributes:
        dataset: the dataset's label in rows.
        methods: names, in the order in which they run.
        mechanisms: names.
        seeds: of the cells.
        missing_rate: target fraction.
        options: further ``key=value``.
        source: the dataset's name on the command line, where it differs from its label.
    """

    dataset: str
    methods: tuple[str, ...]
    mechanisms: tuple[str, ...]
    seeds: tuple[int, ...]
    missing_rate: float
    options: tuple[str, ...] = ()
    source: str = ""

    @property
    def cases(self) -> list[tuple[str, str, float]]:
        """The values of ``CASE``."""
        return [(self.dataset, mechanism, self.missing_rate) for mechanism in self.mechanisms]

    @property
    def cells(self) -> list[tuple[str, str, float, str, int]]:
        """The values of ``CELL``."""
        return [(*case, method, seed) for case, method, seed in product(self.cases, self.methods, self.seeds)]

    @property
    def arguments(self) -> list[str]:
        """What the command is told; methods vary fastest, so that those to be compared run one after the other."""
        return [
            f"dataset={self.source or self.dataset}",
            *([f"dataset.name={self.dataset}"] if self.source else []),
            f"mechanism={','.join(self.mechanisms)}",
            f"missing_rate={self.missing_rate:g}",
            f"seed={','.join(map(str, self.seeds))}",
            f"method={','.join(self.methods)}",
            *self.options,
        ]


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


def cell_count(sweeps: Iterable[Sweep]) -> int:
    """Return the number of cells of a grid."""
    return sum(len(sweep.cells) for sweep in sweeps)


def run_sweeps(sweeps: Sequence[Sweep], results_dir: Path, options: Sequence[str]) -> None:
    """Run ``sweeps`` one after the other; cells that fail are rows, so they stop nothing.

    Raises:
        UserError: the command is not installed, or refused a sweep.
        KeyboardInterrupt: the command was interrupted.
    """
    beside = Path(sys.executable).parent / _BENCH
    command = str(beside) if beside.is_file() else shutil.which(_BENCH)
    if command is None:
        raise UserError(f"the command {_BENCH} is not installed: run `make setup`")
    for index, sweep in enumerate(sweeps, start=1):
        print(f"[{index}/{len(sweeps)}] {sweep.dataset}: {len(sweep.cells)} cells", flush=True)
        code = _call([command, "-m", *sweep.arguments, f"results_dir={results_dir}", *options])
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        if code not in (_OK, _CELL_FAILED):
            raise UserError(f"{_BENCH} ended with exit code {code} on {sweep.dataset}: mend what it says above")


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
    counts = [f"{len(each)} rows are those of the page before" for each in stand if len(each)]
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


def cell_of(row: Row) -> tuple[Any, ...]:
    """Return the values of ``CELL``."""
    return tuple(row[name] for name in CELL)


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


def frame_of(rows: Sequence[Row]) -> pd.DataFrame:
    """Return ``rows`` as a frame that has the columns of cell, status and costs even when no row has them."""
    frame = pd.DataFrame(list(rows))
    frame = frame.reindex(columns=list(dict.fromkeys([*BEFORE_METRICS, "versions", *COSTS, *frame.columns])))
    frame["seconds"] = frame["fit_s"].astype(float) + frame["impute_s"].astype(float)
    frame["reason"] = frame["reason"].map(without_paths)
    return frame.sort_values(CELL, ignore_index=True)


def without_paths(text: str) -> str:
    """Return ``text`` without the folders of the machine that wrote it.

    >>> without_paths("no data in '/home/me/data', see https://example.org/a and hyperimpute/mice")
    "no data in '<path>', see https://example.org/a and hyperimpute/mice"
    """
    return _ABSOLUTE_PATH.sub("<path>", text)


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write identity, status, metrics and costs of every row, six significant digits each."""
    metrics = [name for name in frame.columns if METRIC_FIELD.fullmatch(name)]
    frame = frame.reindex(columns=list(dict.fromkeys([*frame.columns, *BEFORE_METRICS])))
    short = frame.assign(**{name: frame[name].astype(object).str[:8] for name in HASHES})
    late = ("method_version", "max_rows", "data_sha256", *OF_DRAWS)  # which rows of an earlier version have not
    short = short.drop(columns=[name for name in late if short[name].isna().all()])
    write_text(
        path,
        short[[name for name in (*BEFORE_METRICS, *metrics, *COSTS, "versions") if name in short]].to_csv(
            index=False, float_format="%.6g"
        ),
    )


def _call(command: list[str]) -> int:
    """Run ``command``; a request to stop is its to obey, since it has to end the process of the method first."""
    process = subprocess.Popen(command)
    before = signal.signal(signal.SIGTERM, lambda number, stack: process.terminate())
    try:
        return process.wait()
    except KeyboardInterrupt:  # the terminal has told the command too
        process.wait()
        raise
    finally:
        signal.signal(signal.SIGTERM, before)
