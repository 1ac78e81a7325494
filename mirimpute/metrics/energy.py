"""Energy distance between true and completed rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mirimpute.metrics.base import Metric
from mirimpute.metrics.comparison import Comparison
from mirimpute.metrics.distances import mean_over_all, mean_over_pairs, means_of


def energy(comparison: Comparison) -> float:
    """Return 2 E‖X − Y‖ − E‖X − X'‖ − E‖Y − Y'‖, in the scale of the tables (units of a distance).

    This is Székely and Rizzo's energy distance itself, without the square root that some libraries take
    (``scipy.stats.energy_distance`` returns its root). U-statistic: the means run over the n (n − 1) pairs of different
    rows of ``comparison.rows`` (:func:`~mirimpute.metrics.distances.mean_over_pairs`), so the value is unbiased,
    exactly 0 for equal tables, and can be slightly negative when the distributions agree.

    Raises:
        Undefined: fewer than two rows can be compared.

    Reference: Székely and Rizzo, "Energy statistics", J. Stat. Plan. Inference 2013.
    """
    return _energy(comparison, mean_over_pairs)


def energy_v(comparison: Comparison) -> float:
    """Return the energy distance between the two empirical distributions: the means run over all n² pairs.

    V-statistic, what most programs print: never negative, 0 for equal tables only. It exceeds :func:`energy` by about
    (2/n) E‖x_i − y_i‖, the distance of a row from its own completion, and therefore favours mean imputation.

    Raises:
        Undefined: no row can be compared.
    """
    # Rounding may end at -1e-16. np.maximum keeps the NaN of overflowed distances, which max() would turn into 0.
    return float(np.maximum(0.0, _energy(comparison, mean_over_all)))


def _energy(comparison: Comparison, mean: Callable[[np.ndarray], float]) -> float:
    truth, imputed, between = means_of(comparison, np.sqrt, mean)
    return 2.0 * between - truth - imputed


ENERGY = Metric(
    name="energy",
    label="energy distance",
    function=energy,
    higher_is_better=False,
    description="Energy distance between completed and true rows (no square root).",
    formula="2 E||X-Y|| - E||X-X'|| - E||Y-Y'||",
    reference="Szekely and Rizzo 2013",
    row_capped=True,
)

ENERGY_V = Metric(
    name="energy_v",
    label="energy distance, V-statistic",
    function=energy_v,
    higher_is_better=False,
    description="Energy distance, V-statistic: a row is also compared with its own completion (no square root).",
    formula="2 E||X-Y|| - E||X-X'|| - E||Y-Y'|| over all n^2 pairs",
    reference="Szekely and Rizzo 2013",
    row_capped=True,
)
