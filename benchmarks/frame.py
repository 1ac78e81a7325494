"""Rows of results as a frame, and the CSV of a page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.command import write_text
from mirimpute.bench.results.row import METRIC_FIELD

Row = Mapping[str, Any]

CASE = ["dataset", "mechanism", "missing_rate"]
CELL = [*CASE, "method", "seed"]
COSTS = ["seconds", "fit_s", "impute_s", "cpu_s", "peak_rss_mb"]
CONTENT = ["n_rows", "n_columns", "max_rows", "data_sha256", "mask_sha256"]
OF_DRAWS = ["n_draws", "scored_draws"]
HASHES = ["config_hash", "method_hash", "data_sha256", "mask_sha256"]
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

_ABSOLUTE_PATH = re.compile(r"""(?<![\w.:/\\])(?:[A-Za-z]:[/\\]|/)[^\s'",;)]+""")


def cell_of(row: Row) -> tuple[Any, ...]:
    """Return the values of ``CELL``."""
    return tuple(row[name] for name in CELL)


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
    late = (
        "method_version",
        "max_rows",
        "data_sha256",
        "mask_sha256",
        *OF_DRAWS,
    )  # which rows of an earlier version have not
    short = short.drop(columns=[name for name in late if short[name].isna().all()])
    write_text(
        path,
        short[[name for name in (*BEFORE_METRICS, *metrics, *COSTS, "versions") if name in short]].to_csv(
            index=False, float_format="%.6g"
        ),
    )
