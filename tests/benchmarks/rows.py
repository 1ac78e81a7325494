"""Hand-made rows with the fields that the benchmarks read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.report.row_factory import make_row


def row(method: str, dataset: str = "a", seed: int = 0, status: str = "ok", **fields: Any) -> dict[str, Any]:
    """Return a row; ``fields`` are the values under test."""
    return make_row(method, dataset, seed=seed, status=status, **fields)


def rows_of(field: str, values: dict[str, Sequence[float]], dataset: str = "a") -> list[dict[str, Any]]:
    """Return one row per method and seed: method -> value by seed."""
    return [
        row(method, dataset, seed, **{field: value})
        for method, by_seed in values.items()
        for seed, value in enumerate(by_seed)
    ]
