"""The contract of a metric: a function of what it compares, with its direction and its definition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Compared = TypeVar("Compared")
"""`Comparison`, one completed table beside the truth, or `Draws`, all draws of the scored cells."""


class MetricError(RuntimeError):
    """A metric from outside the package raised something, or returned what is no number."""


@dataclass(frozen=True)
class Metric(Generic[Compared]):
    """One number that says how close what was imputed is to the truth.

    Attributes:
        name: the name in protocols, rows and tables; equals the key in the registry.
        function: ``function(compared) -> float``. It may raise :class:`~mirimpute.metrics.comparison.Undefined`.
        higher_is_better: the direction, for ranks and for the best value in bold; None where best is in between.
        description: one sentence for the report.
        formula: what is computed, in plain text.
        reference: where the definition comes from.
        row_capped: True if only the rows ``Comparison.rows`` are used (at most ``max_rows``, a fixed subsample).
        needs_target: True if it is undefined without the dataset's target.
        costly: True if it is computed on a single completion of a drawing method, and not on its point.
        of_truth: True if the metric is informative on the true table; rows give that value as ``truth_<name>``.
        error: the metric that is its standard error, which is computed with it ("": none).
        label: words for the axis of a figure ("": the name).
    """

    name: str
    function: Callable[[Compared], float]
    higher_is_better: bool | None
    description: str
    formula: str
    reference: str
    row_capped: bool = False
    needs_target: bool = False
    costly: bool = False
    of_truth: bool = False
    error: str = ""
    label: str = ""
