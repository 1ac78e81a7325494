"""Energy distance between true and completed rows."""

from __future__ import annotations

import numpy as np

from mirimpute.metrics.base import Metric
from mirimpute.metrics.comparison import Comparison
from mirimpute.metrics.distances import mean_over_pairs, squared_between, squared_within_imputed, squared_within_truth


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
    truth, imputed, between = (
        mean_over_pairs(np.sqrt(comparison.once(squared)))
        for squared in (squared_within_truth, squared_within_imputed, squared_between)
    )
    return 2.0 * between - truth - imputed


ENERGY = Metric(
    name="energy",
    function=energy,
    higher_is_better=False,
    description="Energy distance between completed and true rows (no square root).",
    formula="2 E||X-Y|| - E||X-X'|| - E||Y-Y'||",
    reference="Szekely and Rizzo 2013",
    row_capped=True,
)
