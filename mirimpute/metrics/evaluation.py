"""`evaluate`: the asked metrics of one completed table, or of all draws, against the truth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mirimpute.errors import text_in_one_line
from mirimpute.metrics.base import Compared, Metric, MetricError
from mirimpute.metrics.comparison import Comparison, Undefined
from mirimpute.metrics.draws import Draws
from mirimpute.metrics.registry import CATEGORY_DRAWS_METRICS, draws_metric, metric


@dataclass(frozen=True)
class Scores:
    """The result of :func:`evaluate` and :func:`evaluate_draws`.

    Attributes:
        values: one number per asked metric, in the asked order; finite, or NaN for a metric in ``undefined``.
        rows: the number of rows that the row-capped metrics use (0 if no row can be compared).
        undefined: for each metric without a value, the reason; it depends on the truth only, never on the method.
    """

    values: dict[str, float]
    rows: int
    undefined: dict[str, str] = field(default_factory=dict)

    def of(self, names: Sequence[str]) -> Scores:
        """Return the scores of the metrics ``names`` alone, with the standard errors that belong to them."""
        kept = {each for name in names for each in (metric(name).name, metric(name).error)}
        values = {name: value for name, value in self.values.items() if name in kept}
        return Scores(values, self.rows, {name: why for name, why in self.undefined.items() if name in kept})


def evaluate(
    metric_names: Sequence[str],
    x_true: np.ndarray,
    x_imputed: np.ndarray,
    scored: np.ndarray,
    *,
    max_rows: int,
    rng_seed: int,
    target: np.ndarray | None = None,
    n_categories: np.ndarray | None = None,
    category_spread: np.ndarray | None = None,
) -> Scores:
    """Return the asked metrics; arrays are as in :class:`~mirimpute.metrics.comparison.Comparison`.

    Args:
        metric_names: keys of ``METRICS``; a metric with a standard error of its own brings it along.
        x_true: float64 (n_rows, n_columns), standardised scale; NaN where the source itself has no value.
        x_imputed: float64 (n_rows, n_columns), same scale, finite everywhere.
        scored: bool (n_rows, n_columns), True = hidden on purpose.
        max_rows: the most rows that row-capped metrics use; beyond it a fixed subsample.
        rng_seed: chooses that subsample; must not depend on the method.
        target: (n_rows,), what a model would predict from the table.
        n_categories: int (n_columns,), 0 for a column of numbers (default: all are).
        category_spread: (n_columns,), see ``Comparison``.

    Raises:
        UserError: an unknown metric.
        ValueError: an invariant of the harness is broken, see ``Comparison``.
        TransportError: exact optimal transport could not be proven optimal.
        OverflowError: a metric is not finite, because the completed table is too far from the truth.
        MetricError: one from outside the package raises something, or returns no number.
    """
    asked = [each for name in metric_names for each in (name, metric(name).error) if each]
    metrics = [metric(name) for name in dict.fromkeys(asked)]
    comparison = Comparison(
        x_true,
        x_imputed,
        scored,
        max_rows=max_rows,
        rng_seed=rng_seed,
        target=target,
        n_categories=np.zeros(0, dtype=int) if n_categories is None else n_categories,
        category_spread=np.zeros(0) if category_spread is None else category_spread,
    )
    return _scores(metrics, comparison, x_imputed, _row_count(comparison))


def evaluate_completions(metric_names: Sequence[str], x_true: np.ndarray, draws: np.ndarray, **shared: Any) -> Scores:
    """Return the mean of each metric over several completed tables, and the standard error of that mean.

    ``<name>_se`` is the standard deviation over the m tables / sqrt(m): how much of the value is chance of the draws,
    the table and its hidden cells being as they are. A metric with a standard error of its own (over rows) has both in
    it, sqrt(mean of their squares + variance over tables / m), for the tables share their rows. A costly metric is that
    of the first table. One table has no error but a metric's own.

    Args:
        metric_names: as in :func:`evaluate`.
        x_true: as there.
        draws: float64 (m, n_rows, n_columns), what ``x_imputed`` is there.
        shared: the other arguments of :func:`evaluate`.

    Raises:
        as :func:`evaluate`.
    """
    cheap = [name for name in metric_names if not metric(name).costly]
    found = [evaluate(metric_names if k == 0 else cheap, x_true, draw, **shared) for k, draw in enumerate(draws)]
    first, m = found[0], len(found)
    values = dict(first.values)
    for name in cheap if m > 1 else ():
        error = metric(name).error
        each = np.array([scores.values[name] for scores in found])
        values[name] = float(each.mean())
        square = float(each.var(ddof=1)) / m
        if error:
            square += float(np.mean([scores.values[error] ** 2 for scores in found]))
        values[f"{name}_se"] = square**0.5
    undefined = first.undefined | {f"{name}_se": why for name, why in first.undefined.items() if f"{name}_se" in values}
    return Scores(values, first.rows, undefined)


def evaluate_draws(
    metric_names: Sequence[str],
    x_true: np.ndarray,
    draws: np.ndarray,
    scored: np.ndarray,
    n_categories: np.ndarray | None = None,
) -> Scores:
    """Return the asked metrics of all draws.

    Args:
        metric_names: keys of ``DRAWS_METRICS``, over the scored cells of numbers, or of ``CATEGORY_DRAWS_METRICS``,
            over those of categories.
        x_true: float64 (n_rows, n_columns), standardised scale.
        draws: float64 (m, n_rows, n_columns), same scale, finite.
        scored: bool (n_rows, n_columns), True = hidden on purpose.
        n_categories: int (n_columns,), 0 for a column of numbers (default: all are).

    Raises:
        UserError: an unknown metric.
        ValueError: an invariant of the harness is broken, see ``Draws``.
        OverflowError: a metric is not finite, because the draws are too far from the truth.
    """
    counts = np.zeros(x_true.shape[-1], dtype=int) if n_categories is None else n_categories
    values: dict[str, float] = {}
    undefined: dict[str, str] = {}
    for of_categories in (False, True):
        metrics = [draws_metric(name) for name in metric_names if (name in CATEGORY_DRAWS_METRICS) == of_categories]
        cells = scored & ((counts > 0) == of_categories)
        if not metrics:
            continue
        if not cells.any():
            kind = "category" if of_categories else "number"
            undefined |= {each.name: f"no scored cell holds a {kind}" for each in metrics}
            continue
        of_cells = np.broadcast_to(counts, scored.shape)[cells] if of_categories else None
        found = _scores(metrics, Draws(x_true[cells], draws[:, cells], of_cells), draws, 0)
        values |= found.values
        undefined |= found.undefined
    ordered = {name: values.get(name, math.nan) for name in metric_names}
    return Scores(values=ordered, rows=0, undefined=undefined)


def _scores(metrics: Sequence[Metric[Compared]], compared: Compared, imputed: np.ndarray, rows: int) -> Scores:
    values: dict[str, float] = {}
    undefined: dict[str, str] = {}
    for each in metrics:
        try:
            with np.errstate(over="ignore", invalid="ignore"):  # a value that is not finite is raised below
                value = _value(each, compared)
        except Undefined as reason:
            values[each.name], undefined[each.name] = math.nan, str(reason)
            continue
        if not math.isfinite(value):
            largest = float(np.abs(imputed).max())
            raise OverflowError(f"metric {each.name!r} is {value}: the largest imputed value is {largest:.3g}")
        values[each.name] = value
    return Scores(values=values, rows=rows, undefined=undefined)


def _value(of: Metric[Compared], compared: Compared) -> float:
    """Return the number that the metric's function returns; one from outside the package may do anything else."""
    if str(getattr(of.function, "__module__", "")).partition(".")[0] == "mirimpute":
        return of.function(compared)
    try:
        found = of.function(compared)
    except Undefined:
        raise
    except (Exception, SystemExit) as error:
        raise MetricError(
            f"metric {of.name!r} raises {text_in_one_line(f'{type(error).__name__}: {error}')[:500]}"
        ) from error
    try:
        return float("" if isinstance(found, (str, bytes)) else found)
    except (TypeError, ValueError):
        raise MetricError(f"metric {of.name!r} returns a {type(found).__name__}, not a number") from None


def _row_count(comparison: Comparison) -> int:
    try:
        return int(comparison.rows.size)
    except Undefined:
        return 0
