"""What went wrong and what the sanity gate said, once per method and reason, with the cells."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from mirimpute.report.case import Row
from mirimpute.report.collect import Collection
from mirimpute.report.reasons import explained

_NUMBER = re.compile(r"\d+(\.\d+)?([eE][+-]?\d+)?")
OF_FIRST = " (numbers of the first cell)"


@dataclass(frozen=True)
class Failure:
    """What was said about a method on some cells; where the texts differ in their numbers, that of the first cell."""

    method: str
    status: str
    reason: str
    cells: tuple[str, ...]


def failures(collection: Collection) -> list[Failure]:
    """Return what went wrong, once per method, status and reason, with the affected cells."""
    return _grouped(collection, lambda row: row["reason"] if row["status"] != "ok" else "")


def gate_warnings(collection: Collection) -> list[Failure]:
    """Return what the sanity gate said about rows that are ok, once per method and warning, with cells and reason."""
    found = _grouped(collection, lambda row: (row.get("gate") or "") if row["status"] == "ok" else "")
    return [replace(each, reason=explained(each.method, each.reason)) for each in found]


def _grouped(collection: Collection, said: Callable[[Row], str]) -> list[Failure]:
    """Return the texts of ``said`` ("": none). Texts that differ only in their numbers are one, given as the first."""
    found: dict[tuple[str, str, str], tuple[dict[str, None], list[str]]] = {}
    told = [run for run in collection.runs if said(run.row).strip()]
    for run in sorted(told, key=lambda run: (collection.method_index[run.label], run.case.position, run.row["seed"])):
        text = " ".join(said(run.row).split())
        key = run.label, run.row["status"], _NUMBER.sub("#", text)
        dataset, setting = collection.column(run.case)
        cell = f"{dataset}, {setting}, seed {run.row['seed']}"
        texts, cells = found.setdefault(key, ({}, []))
        texts[text] = None
        cells.append(cell)
    return [
        Failure(method, status, f"{next(iter(texts))}{OF_FIRST if len(texts) > 1 else ''}", tuple(cells))
        for (method, status, _), (texts, cells) in found.items()
    ]
