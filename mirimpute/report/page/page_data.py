"""What the page shows, as plain values for JSON; columns instead of rows, so that thousands of cells stay small."""

from __future__ import annotations

import math
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mirimpute.report.case import Case, Run
from mirimpute.report.collect import Collection, methods_of
from mirimpute.report.failures import failures, gate_warnings
from mirimpute.report.measure_table import Entry, MeasureTable
from mirimpute.report.measures import Measure
from mirimpute.report.palette import MARKER_PATHS, method_styles, on_dark
from mirimpute.report.ranking import Ranking

DIGITS = 6
"""Significant digits of numbers on the page; ``rows.csv`` has all."""


def page_data(
    collection: Collection, summaries: Sequence[MeasureTable], rankings: Sequence[Ranking], folder: Path
) -> dict[str, Any]:
    """Return everything that the page's scripts read.

    Args:
        collection: all rows.
        summaries: one table per measure.
        rankings: of the measures that could be ranked.
        folder: where the page will lie, for the links to rows.
    """
    return {
        "methods": _methods(collection.methods),
        "cases": [_case(collection, case) for case in collection.cases],
        "measures": [_measure(measure) for measure in collection.measures],
        "entries": {table.measure.field: _entries(table, collection) for table in summaries},
        "rankings": {ranking.measure.field: _ranking(ranking, collection.method_index) for ranking in rankings},
        "refusals": {table.measure.field: table.refusal for table in summaries if table.refusal},
        "cells": _cells(collection, folder),
        "failures": [asdict(each) for each in failures(collection)],
        "warnings": [asdict(each) for each in gate_warnings(collection)],
        "environment": _environment(collection.runs),
        "versions": methods_of(collection),
        "data": _data_hashes(collection.runs),
    }


def short(value: float | None) -> float | None:
    """Return ``value`` in ``DIGITS`` significant digits.

    >>> short(0.123456789), short(None)
    (0.123457, None)
    """
    return None if value is None else float(f"{value:.{DIGITS}g}")


def _methods(methods: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            "name": method,
            "colour": style.colour,
            "dark": on_dark(style.colour),
            "shape": MARKER_PATHS[style.marker],
            "filled": style.filled,
        }
        for method, style in method_styles(methods).items()
    ]


def _case(collection: Collection, case: Case) -> dict[str, Any]:
    return {
        "dataset": case.dataset,
        "mechanism": case.mechanism,
        "rate": case.missing_rate,
        "protocol": case.protocol,
        "setting": collection.column(case)[1],
    }


def _measure(measure: Measure) -> dict[str, Any]:
    return {
        "field": measure.field,
        "label": measure.label,
        "estimate": measure.estimate,
        "description": measure.description,
        "arrow": measure.arrow,
        "higher": measure.higher_is_better,
        "ownError": measure.own_error,
    }


def _entries(table: MeasureTable, collection: Collection) -> dict[str, list[Any]]:
    present = [
        (case, method, entry)
        for case in table.cases
        for method in table.methods
        if (entry := table.entries[method, case]).present
    ]
    return {
        "case": [collection.case_index[case] for case, _, _ in present],
        "method": [collection.method_index[method] for _, method, _ in present],
        "mean": [short(entry.mean) for _, _, entry in present],
        "sd": [short(entry.error) for _, _, entry in present],
        "n": [entry.n for _, _, entry in present],
        "rank": [entry.rank for _, _, entry in present],
        "failed": [_remarks(table, method, entry) for _, method, entry in present],
        "best": [int(entry.best) for _, _, entry in present],
        "gated": [int(entry.gated) for _, _, entry in present],
    }


def _remarks(table: MeasureTable, method: str, entry: Entry) -> str:
    return ", ".join(each for each in (entry.failures, "no draws" if method in table.without_draws else "") if each)


def _ranking(ranking: Ranking, method_index: Mapping[str, int]) -> dict[str, Any]:
    order = ranking.order
    return {
        "method": [method_index[ranking.methods[index]] for index in order],
        "average": [short(float(ranking.average[index])) for index in order],
        "low": [short(float(ranking.low[index])) for index in order],
        "high": [short(float(ranking.high[index])) for index in order],
        "wins": [short(float(ranking.win_rate[index])) for index in order],
        "failed": [int(ranking.failed[index]) for index in order],
        "settings": {
            setting: [short(float(ranks[index])) for index in order] for setting, ranks in ranking.by_setting.items()
        },
        "pairs": [
            {
                "method": method_index[ranking.methods[i]],
                "rival": method_index[ranking.methods[j]],
                "wins": short(float(ranking.pair_wins[i, j])),
                "p": short(float(ranking.p_wilcoxon[i, j])),
                "holm": short(float(ranking.p_holm[i, j])),
            }
            for i, j in combinations(order, 2)
        ],
        "notes": [*(f"{name}: {each.first}" for name, each in ranking.by_mechanism.items()), *ranking.notes],
    }


def _cells(collection: Collection, folder: Path) -> dict[str, Any]:
    runs, frame = collection.runs, collection.frame
    root = os.path.abspath(folder)
    return {
        "case": [collection.case_index[run.case] for run in runs],
        "method": [collection.method_index[run.label] for run in runs],
        "seed": [run.row["seed"] for run in runs],
        "status": [run.row["status"] for run in runs],
        "gate": [run.row.get("gate") or "" for run in runs],
        "config": [str(run.row["config_hash"])[:8] for run in runs],
        "missing": [str(run.row.get("mask_sha256") or "")[:8] for run in runs],
        "href": [quote(os.path.relpath(os.path.abspath(collection.directory(run) / "row.json"), root)) for run in runs],
        "values": {
            measure.field: [None if math.isnan(value) else short(value) for value in frame[measure.field].tolist()]
            for measure in collection.measures
        },
    }


def _environment(runs: Iterable[Run]) -> list[dict[str, Any]]:
    counts = Counter(
        (str(run.row.get("versions") or "unknown"), str(run.row.get("device") or "unknown")) for run in runs
    )
    return [{"versions": versions, "device": device, "rows": n} for (versions, device), n in sorted(counts.items())]


def _data_hashes(runs: Iterable[Run]) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], list[Run]] = defaultdict(list)
    for run in runs:
        if run.row.get("data_sha256"):
            found[run.row["dataset"], run.row["data_sha256"]].append(run)
    return [
        {
            "dataset": dataset,
            "sha256": digest,
            "rows": next((run.row["n_rows"] for run in many if run.row.get("n_rows")), "unknown"),
            "columns": next((run.row["n_columns"] for run in many if run.row.get("n_columns")), "unknown"),
            "cells": len(many),
            "patterns": len({run.row.get("mask_sha256") for run in many}),
        }
        for (dataset, digest), many in sorted(found.items())
    ]
