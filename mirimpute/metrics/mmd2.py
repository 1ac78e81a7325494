"""Squared maximum mean discrepancy between true and completed rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mirimpute.metrics.base import Metric
from mirimpute.metrics.comparison import Comparison
from mirimpute.metrics.distances import mean_over_all, mean_over_pairs, means_of, squared_within_truth


def mmd2(comparison: Comparison) -> float:
    """Return MMD² = E k(X, X') + E k(Y, Y') − 2 E k(X, Y), at most 2.

    k(x, y) = exp(−‖x − y‖² / (2 h²)) with h of :func:`bandwidth`. U-statistic: the means run over
    the n (n − 1) pairs of different rows of ``comparison.rows``
    (:func:`~mirimpute.metrics.distances.mean_over_pairs`), so the value is unbiased, exactly 0 for equal tables, and
    can be slightly negative when the distributions agree.

    Raises:
        Undefined: fewer than two rows can be compared.

    Reference: Gretton et al., "A Kernel Two-Sample Test", JMLR 2012, equation 4.
    """
    return _mmd2(comparison, mean_over_pairs)


def mmd2_v(comparison: Comparison) -> float:
    """Return MMD² between the two empirical distributions, in [0, 2]: the means run over all n² pairs.

    V-statistic (Gretton et al. 2012, equation 5), what most programs print: never negative, 0 for equal tables only.
    It also counts how far a row is from its own completion, and therefore favours mean imputation.

    Raises:
        Undefined: no row can be compared.
    """
    # Rounding may end at -1e-17. np.maximum keeps the NaN of overflowed distances, which max() would turn into 0.
    return float(np.maximum(0.0, _mmd2(comparison, mean_over_all)))


def _mmd2(comparison: Comparison, mean: Callable[[np.ndarray], float]) -> float:
    h = comparison.once(bandwidth)
    # h divides twice: its square underflows before h does
    truth, imputed, between = means_of(comparison, lambda squared: np.exp(-0.5 * squared / h / h), mean)
    return truth + imputed - 2.0 * between


def bandwidth(comparison: Comparison) -> float:
    """Return h, the median of ‖x_i − x_j‖ over pairs i < j of true rows: the same for every method.

    If more than half of the pairs coincide the median is 0 and the median of the positive distances takes its
    place; if all coincide (or there is one row), h = 1, the unit of standardised data.
    """
    squared = comparison.once(squared_within_truth)
    distances = np.sqrt(squared[np.triu_indices(len(squared), k=1)])
    median = np.median(distances) if distances.size else 0.0
    if median > 0.0:
        return float(median)
    positive = distances[distances > 0.0]
    return float(np.median(positive)) if positive.size else 1.0


MMD2 = Metric(
    name="mmd2",
    label="MMD²",
    function=mmd2,
    higher_is_better=False,
    description="Squared maximum mean discrepancy between completed and true rows, Gaussian kernel.",
    formula="E k(X,X') + E k(Y,Y') - 2 E k(X,Y), k = exp(-||x-y||^2/(2h^2)), h = median distance within the truth",
    reference="Gretton et al. 2012, equation 4",
    row_capped=True,
)

MMD2_V = Metric(
    name="mmd2_v",
    label="MMD², V-statistic",
    function=mmd2_v,
    higher_is_better=False,
    description="MMD², V-statistic: a row is also compared with its own completion.",
    formula="E k(X,X') + E k(Y,Y') - 2 E k(X,Y) over all n^2 pairs, k and h as for mmd2",
    reference="Gretton et al. 2012, equation 5",
    row_capped=True,
)
