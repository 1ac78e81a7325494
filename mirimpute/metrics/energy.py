"""Energy distance between true and completed rows."""

from __future__ import annotations

import numpy as np

from mirimpute.metrics.base import Metric
from mirimpute.metrics.comparison import Comparison
from mirimpute.metrics.distances import squared_between, squared_within_imputed, squared_within_truth


def energy(comparison: Comparison) -> float:
    """Return 2 E‖X − Y‖ − E‖X − X'‖ − E‖Y − Y'‖, in the scale of the tables (units of a distance).

    This is Székely and Rizzo's energy distance itself, without the square root that some libraries take
    (``scipy.stats.energy_distance`` returns its root). V-statistic: the means run over all n² pairs of
    ``comparison.rows``, so the value is never negative and exactly 0 for equal tables.

    Raises:
        Undefined: no row can be compared.

    Reference: Székely and Rizzo, "Energy statistics", J. Stat. Plan. Inference 2013.
    """
    truth, imputed, between = (
        np.mean(np.sqrt(comparison.once(squared)))
        for squared in (squared_within_truth, squared_within_imputed, squared_between)
    )
    # Rounding may end at -1e-16. np.maximum keeps the NaN of overflowed distances, which max() would turn into 0.
    return float(np.maximum(0.0, 2.0 * between - truth - imputed))


ENERGY = Metric(
    name="energy",
    function=energy,
    higher_is_better=False,
    description="Energy distance between completed and true rows (no square root).",
    formula="2 E||X-Y|| - E||X-X'|| - E||Y-Y'||",
    reference="Szekely and Rizzo 2013",
    row_capped=True,
)
