"""Information of the completed rows on the pattern of missing cells by round, where traces have it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from mirimpute.bench.results.details import read_trace
from mirimpute.report.case import Case
from mirimpute.report.collect import Collection
from mirimpute.report.curves import ROUND, finite
from mirimpute.report.page.page_data import short

KEYS = {"mi_bits": "information on the pattern, bits", "mask_auc": "AUC of the pattern"}
"""Keys of a trace's entries, each with the words for its axis; ``<key>_se`` is its standard error."""


def rounds_data(collection: Collection) -> dict[str, Any]:
    """Return means over seeds per key, case, method and round, as columns that are empty where no trace has them.

    The standard error is that of the mean: the root of the summed squares, divided by the number of seeds.
    """
    case_index, method_index = collection.case_index, collection.method_index
    found: dict[tuple[str, Case, str, int], list[tuple[float, float]]] = defaultdict(list)
    truths: dict[tuple[str, Case], list[float]] = defaultdict(list)
    for run in collection.runs:
        if run.row["status"] != "ok":
            continue
        for key in KEYS:
            truth = finite(run.row.get(f"truth_{key}"))
            if truth is not None:
                truths[key, run.case].append(truth)
        for step in read_trace(collection.directory(run)):
            at = finite(step.get(ROUND))
            for key in KEYS:
                value = finite(step.get(key))
                if value is not None and at is not None:
                    error = finite(step.get(f"{key}_se")) or 0.0
                    found[key, run.case, run.label, int(at)].append((value, error))
    order = sorted(found, key=lambda each: (each[0], case_index[each[1]], method_index[each[2]], each[3]))
    return {
        "titles": KEYS,
        "key": [key for key, _, _, _ in order],
        "case": [case_index[case] for _, case, _, _ in order],
        "method": [method_index[method] for _, _, method, _ in order],
        "round": [at for _, _, _, at in order],
        "mean": [short(math.fsum(v for v, _ in found[each]) / len(found[each])) for each in order],
        "se": [short(math.sqrt(math.fsum(e * e for _, e in found[each])) / len(found[each])) for each in order],
        "n": [len(found[each]) for each in order],
        "truth": [_truth(truths, each[0], each[1]) for each in order],
    }


def _truth(truths: Mapping[tuple[str, Case], list[float]], key: str, case: Case) -> float | None:
    values = truths.get((key, case))
    return short(math.fsum(values) / len(values)) if values else None
