"""Central 90 % intervals of the draws: how often they contain the truth, and how wide they are."""

from __future__ import annotations

import numpy as np

from mirimpute.metrics.base import Metric
from mirimpute.metrics.comparison import Undefined
from mirimpute.metrics.draws import Draws

LEVEL = 0.9
FEWEST = 19
"""With m draws from the truth's own distribution, P(truth below the k-th smallest) = k / (m + 1): 5 % takes m = 19."""


def ends(draws: Draws) -> np.ndarray:
    """Return lower and upper ends (2, k) of the central interval of level 0.9 of each cell.

    Order statistics at ranks 0.05 (m + 1) and 0.95 (m + 1), with a line between neighbours, so that draws from the
    right distribution cover 90 % whatever their number.

    Raises:
        Undefined: there are fewer than 19 draws.
    """
    m = len(draws.values)
    if m < FEWEST:
        raise Undefined(f"{m} draw(s) give no interval of level {LEVEL:g}: it takes {FEWEST}")
    tail = (1 - LEVEL) / 2
    return np.quantile(draws.values, [tail, 1 - tail], axis=0, method="weibull")


def coverage_90(draws: Draws) -> float:
    """Return the fraction of the scored cells whose truth lies in the interval of :func:`ends`; best is 0.9."""
    lower, upper = ends(draws)
    return float(((lower <= draws.truth) & (draws.truth <= upper)).mean())


def coverage_error_90(draws: Draws) -> float:
    """Return |coverage − 0.9|, which has a direction."""
    return abs(coverage_90(draws) - LEVEL)


def interval_width(draws: Draws) -> float:
    """Return the mean width of the intervals, in the scale of the tables; of two that cover, the narrower is better."""
    lower, upper = ends(draws)
    return float((upper - lower).mean())


_REFERENCE = "Gneiting & Raftery 2007, section 6; ranks as in Hyndman & Fan 1996, type 6"
COVERAGE_90: Metric[Draws] = Metric(
    name="coverage_90",
    label="coverage of 90 % intervals",
    function=coverage_90,
    higher_is_better=None,
    description="Fraction of the scored cells inside the central 90 % interval of the draws; best is 0.9.",
    formula="mean_{(i,j) scored} 1[q_05(X_ij) <= x_ij <= q_95(X_ij)]",
    reference=_REFERENCE,
)
COVERAGE_ERROR_90: Metric[Draws] = Metric(
    name="coverage_error_90",
    label="|coverage - 0.9|",
    function=coverage_error_90,
    higher_is_better=False,
    description="Distance of the coverage of central 90 % intervals from 0.9.",
    formula="|coverage_90 - 0.9|",
    reference=_REFERENCE,
)
INTERVAL_WIDTH: Metric[Draws] = Metric(
    name="interval_width",
    label="width of 90 % intervals",
    function=interval_width,
    higher_is_better=False,
    description="Mean width of the central 90 % interval of the draws over the scored cells.",
    formula="mean_{(i,j) scored} q_95(X_ij) - q_05(X_ij)",
    reference=_REFERENCE,
)
