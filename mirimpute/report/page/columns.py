"""Error by column, for the cells that kept their tables (``save_tables=true``)."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pandas as pd

from mirimpute.errors import MirimputeWarning
from mirimpute.report.collect import Collection, Run
from mirimpute.report.page.data import short

MAX_COLUMNS = 200
"""Columns shown of a wider table: the first ones."""


def columns_data(collection: Collection) -> dict[str, list[Any]]:
    """Return a line per scored column of each case and method, from its lowest seed that kept tables; lists by name.

    The error is the root mean square over the scored cells of the column, in standard deviations of its observed cells,
    like all metrics; of the point estimate and of the draw.
    """
    case_index = {case: index for index, case in enumerate(collection.cases)}
    method_index = {method: index for index, method in enumerate(collection.methods)}
    lowest: dict[tuple[int, int], Run] = {}
    for run in collection.runs:
        if run.row["status"] == "ok" and (run.directory / "tables").is_dir():
            key = case_index[run.case], method_index[run.label]
            if key not in lowest or run.row["seed"] < lowest[key].row["seed"]:
                lowest[key] = run
    lines = [
        (case, method, run.row["seed"], *line)
        for (case, method), run in sorted(lowest.items(), key=lambda item: item[0])
        for line in _lines(run)
    ]
    names = ("case", "method", "seed", "column", "scored", "point", "draw")
    return {name: [line[position] for line in lines] for position, name in enumerate(names)}


def _lines(run: Run) -> list[tuple[str, int, float | None, float | None]]:
    """Return name, number of scored cells and the two errors per column; nothing, with a warning, if damaged."""
    folder = run.directory / "tables"
    try:
        frames = {
            name: pd.read_parquet(folder / f"{name}.parquet") for name in ("truth", "incomplete", "point", "draw")
        }
        truth, incomplete, point, draw = (frame.to_numpy(dtype=float) for frame in frames.values())
        if not truth.shape == incomplete.shape == point.shape == draw.shape:
            raise ValueError(f"shapes {truth.shape}, {incomplete.shape}, {point.shape}, {draw.shape} do not fit")
    except (OSError, ValueError) as error:  # the errors of pyarrow are subclasses of these
        warnings.warn(f"tables '{folder}' are left out: {error}", MirimputeWarning, stacklevel=2)
        return []
    scored = np.isnan(incomplete) & np.isfinite(truth)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a column without observed or scored cells has no error
        scale = np.nanstd(incomplete, axis=0)
        errors = [
            np.sqrt(np.nanmean(np.where(scored, completed - truth, np.nan) ** 2, axis=0)) / scale
            for completed in (point, draw)
        ]
    names = [str(name) for name in frames["truth"].columns][:MAX_COLUMNS]
    return [
        (name, int(scored[:, k].sum()), *(short(float(e[k])) if math.isfinite(e[k]) else None for e in errors))  # type: ignore[misc]
        for k, name in enumerate(names)
        if scored[:, k].any()
    ]
