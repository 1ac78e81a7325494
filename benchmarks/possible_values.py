"""Numbers that a row of results can have: an error is not negative, a share is not above 1."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from mirimpute.bench.results.row import METRIC_FIELD, ROW_FIELDS
from mirimpute.metrics.registry import CATEGORY_DRAWS_METRICS, CATEGORY_METRICS, DRAWS_METRICS, METRICS

_SHARES = ("error_rate", "coverage_90", "coverage_error_90", "mask_auc", "mask_auc_boosted")
_UNBIASED = ("energy", "energy_gower", "mmd2")
"""Estimates of distances by pairs of different rows, which are a little below 0 where distributions agree."""
_ANY = ("mi_bits", "mi_bits_boosted", *(name for name in METRICS if name.startswith("downstream")))
_KNOWN = {*METRICS, *CATEGORY_METRICS, *DRAWS_METRICS, *CATEGORY_DRAWS_METRICS} - {*_ANY}


def impossible(row: Mapping[str, Any]) -> str:
    """Return the first field of a row whose number cannot be, with its value and its limits, "" if there is none."""
    for field, value in row.items():
        low, high = _limits(field)
        if isinstance(value, (int, float)) and not low <= value <= high:
            return f"{field}={value:g}, which cannot be {f'below {low:g}' if value < low else f'above {high:g}'}"
    return ""


def _limits(field: str) -> tuple[float, float]:
    if field in ROW_FIELDS:
        return 0, 1 if "rate" in field else math.inf
    found = METRIC_FIELD.fullmatch(field)
    metric = found[2] if found else ""
    if metric in _SHARES:
        return 0, 1
    if metric in _UNBIASED:
        return -1, math.inf
    return 0 if metric in _KNOWN or metric.endswith("_se") else -math.inf, math.inf
