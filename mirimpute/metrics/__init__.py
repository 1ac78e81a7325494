"""How close a completed table is to the truth: one file per metric, one registry, one function to call."""

from mirimpute.metrics.base import Metric
from mirimpute.metrics.comparison import Comparison, Undefined
from mirimpute.metrics.draws import Draws
from mirimpute.metrics.evaluation import Scores, evaluate, evaluate_draws
from mirimpute.metrics.registry import (
    CATEGORY_DRAWS_METRICS,
    CATEGORY_METRICS,
    DRAWS_METRICS,
    METRICS,
    draws_metric,
    metric,
)

__all__ = [
    "CATEGORY_DRAWS_METRICS",
    "CATEGORY_METRICS",
    "DRAWS_METRICS",
    "METRICS",
    "Comparison",
    "Draws",
    "Metric",
    "Scores",
    "Undefined",
    "draws_metric",
    "evaluate",
    "evaluate_draws",
    "metric",
]
