"""Score an imputation: the metrics in the scale of the protocol and the notes of the sanity gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mirimpute.errors import ImputationError
from mirimpute.methods.base import Imputation, Problem
from mirimpute.methods.sanity import check as check_sanity
from mirimpute.methods.sanity import few_rows_note, worse_than_mean
from mirimpute.seeding import integer_seed
from mirimpute.table.encoding import Encoding, without_categories
from mirimpute.table.scale import SCALERS, Scale
from mirimpute.table.source_bits import SourceBits

if TYPE_CHECKING:
    from mirimpute.bench.protocol import Protocol
    from mirimpute.metrics.evaluation import Scores

SCORED_DRAWS = 5
"""Draws whose mean ``draw_*`` and ``shrunk_*`` are: the energy distance of one has a noise as large as differences
between methods."""

SCORED_ROWS_SEED = integer_seed(0, "scored rows")
"""Chooses the rows of metrics that cannot use all: the same for every method and seed."""


@dataclass(frozen=True)
class Answers:
    """What a method did not see of its problem.

    Attributes:
        truth: float64 (n_rows, n_columns), original units, NaN where the source has no value, and in wild cells, from
            which no method learns (:mod:`mirimpute.table.wild`), unless they are scored.
        scored: bool (n_rows, n_columns), cells hidden on purpose.
        encoding: from the columns of the table to those of the problem.
        scale: of the problem, from encoded columns.
        scored_in: the scale of the metrics, from the columns of the table.
        category_spread: of their indicators, in the same scale: see :class:`mirimpute.metrics.comparison.Comparison`.
        target: (n_rows,), what a model would predict from the table, where a metric needs it.
    """

    truth: np.ndarray
    scored: np.ndarray
    encoding: Encoding
    scale: Scale
    scored_in: Scale
    category_spread: np.ndarray
    target: np.ndarray | None

    @property
    def table_scale(self) -> Scale:
        """The problem's scale of the columns of the table."""
        return self.encoding.table_scale(self.scale)

    def in_table(self, x: np.ndarray) -> np.ndarray:
        """Return the columns of the table from those of the problem: standardised, or numbers of categories."""
        return self.encoding.decode(x, self.scale)

    def of(self, rows: np.ndarray) -> Answers:
        """Return those of some rows."""
        target = None if self.target is None else self.target[rows]
        return replace(self, truth=self.truth[rows], scored=self.scored[rows], target=target)


def answers_of(
    protocol: Protocol,
    truth: np.ndarray,
    x_incomplete: np.ndarray,
    learnt: np.ndarray,
    scored: np.ndarray,
    encoding: Encoding,
    scale: Scale,
    target: np.ndarray | None,
) -> Answers:
    """Return the answers of all rows, in the scale in which the protocol scores, from the rows that were learnt from.

    Between 0 and 1, a wrong category is as far as 1; in standard deviations, a categorical column has variance 1.

    Args:
        protocol: which scale.
        truth, x_incomplete: float64 (n_rows, n_columns), original units.
        learnt: numbers of the rows that were learnt from.
        scored, encoding, scale, target: see :class:`Answers`.
    """
    known = encoding.fences.without(x_incomplete)
    scored_in = without_categories(SCALERS[protocol.scaler](truth[learnt], known[learnt]), encoding.is_categorical)
    spread = np.full(len(encoding.columns), 2**0.5) if protocol.scaler == "minmax" else encoding.category_spread(scale)
    return Answers(truth, scored, encoding, scale, scored_in, spread, target)


def judge(
    protocol: Protocol,
    problem: Problem,
    imputation: Imputation,
    answers: Answers,
    *,
    returns_column_means: bool,
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the metric fields and what the sanity gate says.

    Args:
        protocol: which metrics.
        problem: what the method got.
        imputation: what it returned.
        answers: what it should have returned.
        returns_column_means: whether it is mean imputation itself.
        notes: of the table, for the reader of the row.

    Raises:
        ImputationError: a hard fault (an observed cell changed, a value that is not finite, means under another name),
            or values too far out to be compared.
    """
    verdict = check_sanity(problem, imputation, returns_column_means=returns_column_means)
    by_estimate = evaluated(protocol, problem, imputation, answers)
    compared = by_estimate["point"].rows
    few = few_rows_note(compared, len(problem.x_incomplete))
    told = [*notes, *imputation.notes, *verdict.notes, _compared_with_means(imputation, answers), few]
    return {
        **fields_of(by_estimate),
        "gate": "; ".join(note for note in told if note),
        "w2_rows": compared,
        "n_draws": len(imputation.draws),
        "scored_draws": count_scored(imputation),
    }


def count_scored(imputation: Imputation) -> int:
    """Return how many draws stand behind ``draw_*``: 0 of a method with one completion, which is then scored for it."""
    count = len(imputation.draws)
    return min(count, SCORED_DRAWS) if count > 1 else 0


def _compared_with_means(imputation: Imputation, answers: Answers) -> str:
    """Return the note for a method that loses to mean imputation on the scored cells of numbers, else ""."""
    cells = answers.scored & ~answers.encoding.is_categorical
    if not cells.any():
        return ""
    standardised = answers.table_scale.standardise(answers.truth)[cells]
    point_rmse = float(np.sqrt(np.mean((answers.in_table(imputation.point)[cells] - standardised) ** 2)))
    mean_rmse = float(np.sqrt(np.mean(standardised**2)))  # the observed mean is 0 in this scale
    return worse_than_mean(point_rmse, mean_rmse)


def judge_new_rows(
    protocol: Protocol, problem: Problem, imputation: Imputation | None, answers: Answers
) -> dict[str, Any]:
    """Return the metric fields of rows that the method did not learn from, ``test_point_*`` and ``test_draw_*``.

    They are null where the method completes no rows that it was not fitted on (``imputation`` is None).

    Raises:
        ImputationError: see :func:`judge`.
    """
    if imputation is None:
        names = [f"test_{each}_{name}" for each in ("point", "draw") for name in _metrics(protocol, answers, of=each)]
        return {**dict.fromkeys(names), "test_rows": len(problem.x_incomplete)}
    check_sanity(problem, imputation, returns_column_means=True)  # other rows have other means
    by_estimate = evaluated(protocol, problem, imputation, answers)
    fields = fields_of({f"test_{name}": by_estimate[name] for name in ("point", "draw")})
    return {**fields, "test_rows": len(problem.x_incomplete)}


def evaluated(protocol: Protocol, problem: Problem, imputation: Imputation, answers: Answers) -> dict[str, Scores]:
    """Return the scores of the point, of draws and shrunk draws (means over five), of all draws, of the truth itself.

    Raises:
        ImputationError: values too far out to be compared.
    """
    from mirimpute.metrics.base import MetricError
    from mirimpute.metrics.evaluation import evaluate, evaluate_completions, evaluate_draws
    from mirimpute.metrics.registry import CATEGORY_DRAWS_METRICS, metric
    from mirimpute.metrics.w2 import TransportError

    scored, counts = answers.scored, answers.encoding.n_categories
    x_true, point, draws = _in_scale_of_scores(protocol, problem, imputation, answers)
    shared: dict[str, Any] = {
        "scored": scored,
        "max_rows": protocol.max_rows_scored,
        "rng_seed": SCORED_ROWS_SEED,
        "target": answers.target,
        "n_categories": counts,
        "category_spread": answers.category_spread,
    }
    chosen = draws[: max(count_scored(imputation), 1)]
    shrunk = np.where(counts > 0, chosen, point + protocol.shrinkage * (chosen - point))  # a category is drawn or not
    own = [name for name in protocol.metrics if metric(name).of_truth]
    of_draws = [*protocol.draws_metrics, *(CATEGORY_DRAWS_METRICS if counts.any() else ())]
    names = {each: _metrics(protocol, answers, of=each) for each in ("point", "draw")}
    try:
        of_draw = evaluate_completions(names["draw"], x_true, chosen, **shared)
        same = len(chosen) == 1 and np.array_equal(chosen[0], point)  # of a method without draws: not scored twice
        return {
            "point": of_draw.of(names["point"]) if same else evaluate(names["point"], x_true, point, **shared),
            "draw": of_draw,
            "shrunk": evaluate_completions(protocol.shrunk_metrics, x_true, shrunk, **shared),
            "draws": evaluate_draws(of_draws, x_true, draws, scored, counts),
            # cells that the source never had are never compared
            "truth": evaluate(own, x_true, np.nan_to_num(x_true), **shared),
        }
    except (MetricError, OverflowError, TransportError) as fault:
        raise ImputationError(f"the completed table cannot be scored: {fault}") from fault


def _metrics(protocol: Protocol, answers: Answers, *, of: str) -> list[str]:
    """Return the metrics of one completed table: the protocol's, and those of categories where the table has some.

    Of a "point", without costly ones.
    """
    from mirimpute.metrics.registry import CATEGORY_METRICS, metric

    names = [name for name in protocol.metrics if of == "draw" or not metric(name).costly]
    return [*names, *(CATEGORY_METRICS if answers.encoding.is_categorical.any() else ())]


def judge_columns(
    protocol: Protocol, problem: Problem, imputation: Imputation, answers: Answers
) -> list[dict[str, Any]]:
    """Return the errors of each column by itself, see :func:`mirimpute.metrics.by_column.by_column`.

    ``known`` is how many of its cells were known before some were hidden.
    """
    from mirimpute.metrics.by_column import by_column

    x_true, point, draws = _in_scale_of_scores(protocol, problem, imputation, answers)
    names = [column.name for column in answers.encoding.columns]
    found = by_column(names, x_true, point, draws[0], answers.scored, answers.encoding.is_categorical)
    known = dict(zip(names, (~np.isnan(answers.truth)).sum(axis=0).tolist(), strict=True))
    return [{**each, "known": known[each["column"]]} for each in found]


def _in_scale_of_scores(
    protocol: Protocol, problem: Problem, imputation: Imputation, answers: Answers
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return truth, point and draws in the scale of the metrics, in the columns of the table."""
    x_true = answers.scored_in.standardise(answers.truth)
    point, draws = answers.in_table(imputation.point), answers.in_table(imputation.draws)
    if protocol.scaler == "observed":
        return x_true, point, draws
    missing = problem.missing[:, [place[0] for place in answers.encoding.column_slices]]
    bits = SourceBits.of(np.where(missing, np.nan, answers.truth), answers.in_table(problem.x_incomplete))

    def rescaled(x: np.ndarray) -> np.ndarray:
        return np.where(missing, answers.scored_in.standardise(bits.restored(x, answers.table_scale)), x_true)

    return x_true, rescaled(point), rescaled(draws)


def fields_of(by_estimate: Mapping[str, Scores]) -> dict[str, float | None]:
    """Return ``<estimate>_<metric>``, None where a metric is undefined."""
    return {
        f"{estimate}_{name}": None if name in scores.undefined else value
        for estimate, scores in by_estimate.items()
        for name, value in scores.values.items()
    }
