"""Mutual information between the completed row and the pattern of hidden cells, from how well rows predict it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from mirimpute.metrics.base import Metric
from mirimpute.metrics.comparison import Comparison, Undefined
from mirimpute.numerics.pattern_boosting import boosted_predictability
from mirimpute.numerics.pattern_classifier import FOLDS, LEAST, Predictability, predictability
from mirimpute.seeding import generator

_MOST_REMEMBERED = 100
_memory: dict[bytes, Predictability | None] = {}

Judge = Callable[[np.ndarray, np.ndarray, int, np.ndarray | None], Predictability | None]
"""A classifier of the pattern: :func:`predictability`, or :func:`boosted_predictability`."""


def pattern_predictability(comparison: Comparison) -> Predictability:
    """Return how well the scored cells can be predicted from the completed rows by a logistic regression.

    Errors and rows as :func:`_judged`.
    """
    return _judged(comparison, predictability)


def boosted_pattern_predictability(comparison: Comparison) -> Predictability:
    """Return the same by boosted trees, which see what only several columns together show."""
    return _judged(comparison, boosted_predictability)


def _judged(comparison: Comparison, judge: Judge) -> Predictability:
    """Return how well ``judge`` predicts the scored cells from the completed rows, with standard errors.

    Rows without a scored cell are used too. Rows with a cell that the source never had are left out. Of more than
    ``max_rows`` rows a fixed subsample is used, the same for every method.

    Raises:
        Undefined: no column has ten scored and ten other cells in these rows.
    """
    rows = np.flatnonzero(comparison.known.all(axis=1))
    if rows.size > comparison.max_rows:
        rng = generator(comparison.rng_seed, "metrics", "pattern rows")
        rows = np.sort(rng.choice(rows, size=comparison.max_rows, replace=False))
    found = None
    if rows.size >= 2 * FOLDS:
        found = _remembered(
            judge, comparison.x_imputed[rows], comparison.scored[rows], comparison.rng_seed, comparison.n_categories
        )
    if found is None:
        raise Undefined(f"no column has {LEAST} scored and {LEAST} other cells in rows that the source has whole")
    return found


def _remembered(
    judge: Judge, x: np.ndarray, hidden: np.ndarray, seed: int, n_categories: np.ndarray
) -> Predictability | None:
    """Return what ``judge`` finds, computed once for equal arguments.

    The truth is the same for all methods of a case, and the last round of a method is often its draw.
    """
    key = hashlib.sha256(np.array([seed, *x.shape], dtype=np.int64).tobytes())
    key.update(judge.__name__.encode())
    key.update(np.packbits(hidden).tobytes())
    key.update(n_categories.tobytes())
    key.update(np.ascontiguousarray(x).tobytes())
    digest = key.digest()
    if digest not in _memory:
        _memory[digest] = judge(x, hidden, seed, n_categories)
        if len(_memory) > _MOST_REMEMBERED:
            _memory.pop(next(iter(_memory)))  # the oldest
    return _memory[digest]


def mask_auc(comparison: Comparison) -> float:
    """Return the cross-validated area under the ROC curve of the pattern, mean over columns.

    0.5 is chance. The aim is the AUC of the true rows, which is reported beside it: 0.5 under MCAR, more under other
    mechanisms. A smaller AUC than theirs is no better: it takes values that are not those of the table.

    Raises:
        Undefined: see :func:`pattern_predictability`.
    """
    return comparison.once(pattern_predictability).auc


def mask_auc_se(comparison: Comparison) -> float:
    """Return the standard error of :func:`mask_auc` over rows.

    Raises:
        Undefined: see :func:`pattern_predictability`.
    """
    return comparison.once(pattern_predictability).auc_se


def mi_bits(comparison: Comparison) -> float:
    """Return the sum over the columns of H(m_j) - cross-entropy of the classifier, in bits per row.

    A lower estimate of sum_j I(X; m_j), the information that the completed row has of each entry of its pattern. It is
    one of I(X; M) where entries are independent given the row; entries that are hidden together count several times.
    The outer loop of MIRF lowers I(X; M) in each round (Yu et al., NeurIPS 2025, section 3). The aim is the information
    of the true rows, ``truth_mi_bits``: none under MCAR, some under MAR and MNAR. Less is no better (values drawn at
    random from a column have less), so the metric is not ranked. Without any information it can be slightly negative:
    read it with :func:`mi_bits_se`.

    Raises:
        Undefined: see :func:`pattern_predictability`.
    """
    return comparison.once(pattern_predictability).bits


def mi_bits_se(comparison: Comparison) -> float:
    """Return the standard error of :func:`mi_bits` over rows, in bits.

    Raises:
        Undefined: see :func:`pattern_predictability`.
    """
    return comparison.once(pattern_predictability).bits_se


def _by_trees(comparison: Comparison, part: str) -> float:
    """Return a part of what boosted trees find: auc, auc_se, bits or bits_se."""
    return float(getattr(comparison.once(boosted_pattern_predictability), part))


def _boosted(
    plain: Metric[Comparison], error: Metric[Comparison], part: str, label: str
) -> tuple[Metric[Comparison], ...]:
    """Return a metric and its standard error, by boosted trees instead of a logistic regression."""
    name = f"{plain.name}_boosted"
    return (
        replace(
            plain,
            name=name,
            label=label,
            function=partial(_by_trees, part=part),
            description=f"As {plain.name}, by boosted trees, which also see what only several columns together show; "
            "of one draw.",
            costly=True,
            error=f"{name}_se",
        ),
        replace(
            error,
            name=f"{name}_se",
            function=partial(_by_trees, part=f"{part}_se"),
            description=f"Standard error of {name}.",
            costly=True,
        ),
    )


MASK_AUC = Metric(
    name="mask_auc",
    label="AUC of the pattern",
    function=mask_auc,
    higher_is_better=None,
    description="Cross-validated AUC of the pattern of hidden cells, told from the completed row (0.5: chance); best "
    "as near as may be to truth_mask_auc, that of the true rows.",
    formula="mean_j AUC(m_j | completed row)",
    reference="Yu et al. 2025, section 3; DeLong et al. 1988",
    of_truth=True,
    error="mask_auc_se",
)

MASK_AUC_SE = Metric(
    name="mask_auc_se",
    function=mask_auc_se,
    higher_is_better=None,
    description="Standard error of mask_auc.",
    formula="sd over rows of the influence on the AUC / sqrt(rows / 2)",
    reference="DeLong et al. 1988",
    of_truth=True,
)

MI_BITS = Metric(
    name="mi_bits",
    label="information on the pattern, bits",
    function=mi_bits,
    higher_is_better=None,
    description="Information that the completed row has of the pattern of hidden cells, summed over the cells of the "
    "pattern, bits per row, from below; best as near as may be to truth_mi_bits, that of the true rows.",
    formula="sum_j H(m_j) - cross-entropy(m_j | completed row)",
    reference="Yu et al. 2025, section 3",
    of_truth=True,
    error="mi_bits_se",
)

MI_BITS_SE = Metric(
    name="mi_bits_se",
    function=mi_bits_se,
    higher_is_better=None,
    description="Standard error of mi_bits.",
    formula="sd over rows / sqrt(rows / 2)",
    reference="Yu et al. 2025, section 3",
    of_truth=True,
)

MASK_AUC_BOOSTED, MASK_AUC_BOOSTED_SE = _boosted(MASK_AUC, MASK_AUC_SE, "auc", "AUC of the pattern, boosted trees")
MI_BITS_BOOSTED, MI_BITS_BOOSTED_SE = _boosted(
    MI_BITS, MI_BITS_SE, "bits", "information on the pattern, boosted trees, bits"
)
