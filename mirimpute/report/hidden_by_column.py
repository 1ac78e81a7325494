"""How many cells were hidden in each column, and how many were left to learn from: what an error rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mirimpute.bench.results.details import read_columns
from mirimpute.report.terminal import DIRECTORY

_MOST_COLUMNS = 30


def hidden_by_column(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a sentence for each dataset: cells hidden of those known, column by column, of its first sound row.

    Args:
        rows: result rows, each with ``directory``, the folder of its cell.
    """
    found = []
    for dataset in dict.fromkeys(row["dataset"] for row in rows):
        first = next((row for row in rows if row["dataset"] == dataset and row["status"] == "ok"), None)
        columns = [each for each in read_columns(Path(first[DIRECTORY])) if "known" in each] if first else []
        if first is None or not columns:
            continue
        parts = [_part(each) for each in columns[:_MOST_COLUMNS]]
        more = f" and {len(columns) - _MOST_COLUMNS} more columns" if len(columns) > _MOST_COLUMNS else ""
        found.append(f"{dataset}: hidden of the known cells, seed {first['seed']}: {', '.join(parts)}{more}.")
    return found


def _part(column: Mapping[str, Any]) -> str:
    """Return a column's share.

    >>> _part({"column": "age", "scored": 24, "known": 240})
    'age 24 of 240 (10 %)'
    """
    scored, known = column["scored"], column["known"]
    return f"{column['column']} {scored:,} of {known:,} ({100 * scored / known:.0f} %)"
