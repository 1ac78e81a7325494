"""How close a completed table is to the truth: one file per metric, one registry, one function to call."""

from mirimpute.metrics.base import Metric
from mirimpute.metrics.comparison import Comparison, Undefined
from mirimpute.metrics.evaluation import Scores, evaluate
from mirimpute.metrics.registry import METRICS, metric

__all__ = ["METRICS", "Comparison", "Metric", "Scores", "Undefined", "evaluate", "metric"]
