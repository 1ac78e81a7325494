"""Error by column of each method, from the lowest seed of each case."""

from __future__ import annotations

from typing import Any

from mirimpute.bench.results.details import read_columns
from mirimpute.report.case import Run
from mirimpute.report.collect import Collection
from mirimpute.report.page.page_data import short

MAX_COLUMNS = 200
"""Columns shown of a wider table: the first ones."""

_NUMBERS = {
    "point": "point_rmse",
    "draw": "draw_rmse",
    "w1": "draw_w1",
    "wrong": "point_error_rate",
    "drawn_wrong": "draw_error_rate",
}


def columns_data(collection: Collection) -> dict[str, list[Any]]:
    """Return a line per scored column of each case and method, from its lowest seed; lists by name."""
    lowest: dict[tuple[int, int], Run] = {}
    for run in collection.runs:
        if run.row["status"] == "ok":
            key = collection.case_index[run.case], collection.method_index[run.label]
            if key not in lowest or run.row["seed"] < lowest[key].row["seed"]:
                lowest[key] = run
    lines = [
        (case, method, run.row["seed"], each.get("column"), each.get("scored"), *_numbers(each))
        for (case, method), run in sorted(lowest.items(), key=lambda item: item[0])
        for each in read_columns(collection.directory(run))[:MAX_COLUMNS]
    ]
    names = ("case", "method", "seed", "column", "scored", *_NUMBERS)
    return {name: [line[position] for line in lines] for position, name in enumerate(names)}


def _numbers(column: dict[str, Any]) -> list[float | None]:
    values = [column.get(field) for field in _NUMBERS.values()]
    return [short(float(value)) if isinstance(value, (int, float)) else None for value in values]
