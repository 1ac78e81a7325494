"""The contract of a metric: a function of one `Comparison`, with its direction and its definition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mirimpute.metrics.comparison import Comparison


@dataclass(frozen=True)
class Metric:
    """One number that says how close the completed table is to the truth.

    Attributes:
        name: the name in protocols, rows and tables; equals the key in ``METRICS``.
        function: ``function(comparison) -> float``. It may raise :class:`~mirimpute.metrics.comparison.Undefined`.
        higher_is_better: the direction, for ranks and for the best value in bold; None for a number that says how exact
            another one is.
        description: one sentence for the report.
        formula: what is computed, in plain text.
        reference: where the definition comes from.
        row_capped: True if only the rows ``Comparison.rows`` are used (at most ``max_rows``, a fixed subsample).
        of_truth: True if the truth itself has a value that is not 0, which rows give beside it as ``truth_<name>``.
    """

    name: str
    function: Callable[[Comparison], float]
    higher_is_better: bool | None
    description: str
    formula: str
    reference: str
    row_capped: bool
    of_truth: bool = False
