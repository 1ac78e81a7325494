"""From an imputation to the fields of a row: metrics in the protocol's scale, and what the sanity gate says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mirimpute.errors import ImputationError
from mirimpute.methods.sanity import check as check_sanity
from mirimpute.methods.sanity import worse_than_mean
from mirimpute.problem import Imputation, Problem
from mirimpute.seeding import integer_seed
from mirimpute.standardise import SCALERS, Scale

if TYPE_CHECKING:
    from mirimpute.config import Protocol
    from mirimpute.metrics.evaluation import Scores

SCORED_ROWS_SEED = integer_seed(0, "scored rows")
"""Chooses the rows of metrics that cannot use all: the same for every method and seed."""


@dataclass(frozen=True)
class Answers:
    """What a method did not see of its problem.

    Attributes:
        truth: float64 (n_rows, n_columns), original units, NaN where the source has no value.
        scored: bool (n_rows, n_columns), cells hidden on purpose.
        scale: of the problem, from original units.
        scored_in: the scale of the metrics.
        target: (n_rows,), what a model would predict from the table, where a metric needs it.
    """

    truth: np.ndarray
    scored: np.ndarray
    scale: Scale
    scored_in: Scale
    target: np.ndarray | None

    def of(self, rows: np.ndarray) -> Answers:
        """Return those of some rows."""
        target = None if self.target is None else self.target[rows]
        return Answers(self.truth[rows], self.scored[rows], self.scale, self.scored_in, target)


def scale_of_scores(protocol: Protocol, truth: np.ndarray, x_incomplete: np.ndarray) -> Scale:
    """Return the scale in which the protocol scores; arguments in original units."""
    return SCALERS[protocol.scaler](truth, x_incomplete)


def judge(
    protocol: Protocol, problem: Problem, imputation: Imputation, answers: Answers, *, returns_column_means: bool
) -> dict[str, Any]:
    """Return the metric fields and what the sanity gate says.

    Args:
        protocol: which metrics.
        problem: what the method got.
        imputation: what it returned.
        answers: what it should have returned.
        returns_column_means: whether it is mean imputation itself.

    Raises:
        ImputationError: a hard fault (an observed cell changed, a value that is not finite, means under another name),
            or values too far out to be compared.
    """
    verdict = check_sanity(problem, imputation, returns_column_means=returns_column_means)
    by_estimate = evaluated(protocol, problem, imputation, answers)
    standardised = answers.scale.standardise(answers.truth)[answers.scored]
    point_rmse = float(np.sqrt(np.mean((imputation.point[answers.scored] - standardised) ** 2)))
    mean_rmse = float(np.sqrt(np.mean(standardised**2)))  # the observed mean is 0 in this scale
    notes = [*imputation.notes, *verdict.notes, worse_than_mean(point_rmse, mean_rmse)]
    return {
        **fields_of(by_estimate),
        "gate": "; ".join(note for note in notes if note),
        "w2_rows": by_estimate["point"].rows,
        "n_draws": len(imputation.draws),
    }


def judge_new_rows(
    protocol: Protocol, problem: Problem, imputation: Imputation | None, answers: Answers
) -> dict[str, Any]:
    """Return the metric fields of rows that the method did not learn from, ``test_point_*`` and ``test_draw_*``.

    They are null where the method completes no rows that it was not fitted on (``imputation`` is None).

    Raises:
        ImputationError: see :func:`judge`.
    """
    if imputation is None:
        names = [f"test_{each}_{name}" for each in ("point", "draw") for name in protocol.metrics]
        return {**dict.fromkeys(names), "test_rows": len(problem.x_incomplete)}
    check_sanity(problem, imputation, returns_column_means=True)  # other rows have other means
    by_estimate = evaluated(protocol, problem, imputation, answers)
    fields = fields_of({f"test_{name}": by_estimate[name] for name in ("point", "draw")})
    return {**fields, "test_rows": len(problem.x_incomplete)}


def evaluated(protocol: Protocol, problem: Problem, imputation: Imputation, answers: Answers) -> dict[str, Scores]:
    """Return the scores of point, draw, shrunk draw, all draws, and of the truth itself.

    Raises:
        ImputationError: values too far out to be compared.
    """
    from mirimpute.metrics.evaluation import evaluate, evaluate_draws
    from mirimpute.metrics.registry import metric
    from mirimpute.metrics.w2 import TransportError

    scored = answers.scored
    x_true, point, draws = _in_scale_of_scores(protocol, problem, imputation, answers)

    def scores(names: list[str], x: np.ndarray) -> Scores:
        rows = protocol.max_rows_scored
        return evaluate(names, x_true, x, scored, max_rows=rows, rng_seed=SCORED_ROWS_SEED, target=answers.target)

    draw = draws[0]
    own = [name for name in protocol.metrics if metric(name).of_truth]
    try:
        of_point = scores(protocol.metrics, point)
        return {
            "point": of_point,
            "draw": of_point if np.array_equal(draw, point) else scores(protocol.metrics, draw),
            "shrunk": scores(protocol.shrunk_metrics, point + protocol.shrinkage * (draw - point)),
            "draws": evaluate_draws(protocol.draws_metrics, x_true, draws, scored),
            "truth": scores(own, np.nan_to_num(x_true)),  # cells that the source never had are never compared
        }
    except (OverflowError, TransportError) as fault:
        raise ImputationError(f"the completed table cannot be scored: {fault}") from fault


def judge_columns(
    protocol: Protocol, problem: Problem, imputation: Imputation, answers: Answers
) -> list[dict[str, Any]]:
    """Return the errors of each column by itself, see :func:`mirimpute.metrics.by_column.by_column`."""
    from mirimpute.metrics.by_column import by_column

    x_true, point, draws = _in_scale_of_scores(protocol, problem, imputation, answers)
    return by_column([column.name for column in problem.columns], x_true, point, draws[0], answers.scored)


def _in_scale_of_scores(
    protocol: Protocol, problem: Problem, imputation: Imputation, answers: Answers
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return truth, point and draws in the scale of the metrics."""
    x_true = answers.scored_in.standardise(answers.truth)
    if protocol.scaler == "observed":
        return x_true, imputation.point, imputation.draws

    def rescaled(x: np.ndarray) -> np.ndarray:
        return np.where(problem.missing, answers.scored_in.standardise(answers.scale.restore(x)), x_true)

    return x_true, rescaled(imputation.point), rescaled(imputation.draws)


def fields_of(by_estimate: Mapping[str, Scores]) -> dict[str, float | None]:
    """Return ``<estimate>_<metric>``, None where a metric is undefined."""
    return {
        f"{estimate}_{name}": None if name in scores.undefined else value
        for estimate, scores in by_estimate.items()
        for name, value in scores.values.items()
    }
