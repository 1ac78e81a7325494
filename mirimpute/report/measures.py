"""What can be tabulated: metrics on point and draw, seconds, memory, each with its direction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mirimpute.bench.protocol import Protocol
from mirimpute.bench.results.row import METRIC_FIELD
from mirimpute.metrics.base import Metric
from mirimpute.metrics.registry import CATEGORY_DRAWS_METRICS, CATEGORY_METRICS, DRAWS_METRICS, IMPUTER_METRICS, METRICS

POINT = "point"
DRAW = "draw"
SHRUNK = "shrunk"
DRAWS = "draws"
FEWEST_DRAWS = 5
"""Draws that a method needs to compete on draws: the energy distance of fewer is mostly chance."""
TEST_POINT, TEST_DRAW = "test_point", "test_draw"
COST = "cost"

ESTIMATES = {
    POINT: "scored on the point estimate (the conditional mean, or a method's only answer)",
    DRAW: "scored on random draws, the mean over five (the point estimate again, for a method that has no draws)",
    SHRUNK: f"scored on shrunk draws, point + lambda (draw - point) with lambda = {Protocol.shrinkage} for all methods "
    "unless their protocol has another, the mean over five",
    DRAWS: "scored on all draws together (one, for a method that has no draws)",
    TEST_POINT: "scored on the point estimate of rows that the method did not learn from",
    TEST_DRAW: "scored on random draws of rows that the method did not learn from, the mean over five",
    COST: "of the imputation alone, scoring untimed",
}
"""What each group of measures was computed from."""

OF_DRAWS = (DRAW, SHRUNK, DRAWS, TEST_DRAW)
"""The estimates on which only methods with draws compete."""

DRAW_NOTE = (
    "Where both are exact, a random draw has √2 times the RMSE of the conditional mean: "
    "compare draw values with draw values only."
)

_ESTIMATE_LABELS = {
    POINT: "point estimate",
    DRAW: "draws",
    SHRUNK: "shrunk draws",
    DRAWS: "all draws",
    TEST_POINT: "point estimate, new rows",
    TEST_DRAW: "draws, new rows",
}
_METRICS: dict[str, Metric[Any]] = {
    **METRICS,
    **CATEGORY_METRICS,
    **DRAWS_METRICS,
    **CATEGORY_DRAWS_METRICS,
    **IMPUTER_METRICS,
}


@dataclass(frozen=True)
class Measure:
    """One number per row.

    Attributes:
        field: name in tables and files; the row's field except for ``seconds``.
        estimate: a key of ``ESTIMATES``.
        label: words for the axis of a figure.
        description: one sentence.
        higher_is_better: the direction; None when there is none, then nothing is ranked or set in bold.
    """

    field: str
    estimate: str
    label: str
    description: str
    higher_is_better: bool | None

    @property
    def arrow(self) -> str:
        """The direction as "↑", "↓" or "" when there is none."""
        return {True: "↑", False: "↓", None: ""}[self.higher_is_better]

    @property
    def direction(self) -> str:
        """The direction in words."""
        return {True: "higher is better", False: "lower is better", None: "no direction"}[self.higher_is_better]

    @property
    def of_draws(self) -> bool:
        """Whether only methods with draws compete."""
        return self.estimate in OF_DRAWS

    @property
    def own_error(self) -> bool:
        """Whether the metric has a standard error of its own, over rows."""
        found = METRIC_FIELD.fullmatch(self.field)
        metric = _METRICS.get(found[2]) if found else None
        return bool(metric and metric.error)

    def best(self, values: Iterable[float]) -> float | None:
        """Return the best of ``values``, None where there is none or no direction."""
        if self.higher_is_better is None:
            return None
        return (max if self.higher_is_better else min)(values, default=None)

    def value(self, row: Mapping[str, Any]) -> float | None:
        """Return the measure's value in ``row``, None where it has none."""
        names = _SUMS.get(self.field, (self.field,))
        parts = [float(row[name]) for name in names if row.get(name) is not None]
        return sum(parts) if len(parts) == len(names) else None

    def values(self, rows: Iterable[Mapping[str, Any]]) -> np.ndarray:
        """Return :meth:`value` of each row, float (n_rows,), NaN where it has none."""
        rows = list(rows)
        names = _SUMS.get(self.field, (self.field,))
        return np.sum([np.array([row.get(name) for row in rows], dtype=float) for name in names], axis=0)


_SUMS = {"seconds": ("fit_s", "impute_s")}
SECONDS = Measure("seconds", COST, "seconds, fit + impute", "Wall-clock seconds of fit and impute.", False)
CPU_SECONDS = Measure(
    "cpu_s", COST, "CPU seconds", "CPU seconds of fit and impute: other work beside them does not count.", False
)
PEAK_RSS = Measure(
    "peak_rss_mb",
    COST,
    "memory (MiB)",
    "Peak memory of the imputation above what its process held before, in MiB.",
    False,
)
PEAK_GPU = Measure("peak_gpu_mb", COST, "peak GPU memory (MiB)", "Peak memory allocated on the GPU, in MiB.", False)


def label_of(metric: str) -> str:
    """Return the words for a metric, and for what is none its name.

    >>> label_of("mi_bits"), label_of("loss")
    ('information on the pattern, bits', 'loss')
    """
    known = _METRICS.get(metric)
    return (known and known.label) or metric


def metric_measure(field: str) -> Measure:
    """Return the measure of a metric's field, e.g. ``point_rmse``; direction and sentence come from the registry."""
    found = METRIC_FIELD.fullmatch(field)
    if found is None:
        raise ValueError(f"{field!r} is not the field of a metric")
    estimate, name = found.groups()
    metric = _METRICS.get(name)
    return Measure(
        field=field,
        estimate=estimate,
        label=f"{label_of(name)}, {_ESTIMATE_LABELS[estimate]}",
        description=metric.description if metric else "A metric that this version does not know.",
        higher_is_better=metric.higher_is_better if metric else None,
    )


def _is_measured(name: str) -> bool:
    """Return whether a field is a metric of what a method returned, not one of the truth or a standard error."""
    found = METRIC_FIELD.fullmatch(name)
    if found is None or found[1] not in _ESTIMATE_LABELS:
        return False
    return not found[2].endswith("_se")


def measures_of(rows: Iterable[Mapping[str, Any]]) -> list[Measure]:
    """Return each measure that at least one row has a value for (a cost: other than 0), the costs last."""
    rows = list(rows)
    names = [name for name in set().union(*rows) if _is_measured(name)]
    fields = {name for name in names if any(row.get(name) is not None for row in rows)}
    known = list(_METRICS)

    def position(field: str) -> tuple[int, int, str]:
        found = METRIC_FIELD.fullmatch(field)
        assert found is not None, "sorted above"
        estimate, name = found.groups()
        return list(_ESTIMATE_LABELS).index(estimate), known.index(name) if name in _METRICS else len(known), name

    metrics = [metric_measure(field) for field in sorted(fields, key=position)]
    # Without a GPU its memory is 0 in every row, which is no result.
    costs = [cost for cost in (SECONDS, PEAK_RSS, PEAK_GPU) if np.nan_to_num(cost.values(rows)).any()]
    return metrics + costs
