"""CRPS of the draws over the scored cells."""

from __future__ import annotations

from mirimpute.metrics.base import Metric
from mirimpute.metrics.draws import Draws
from mirimpute.numerics.crps import crps


def mean_crps(draws: Draws) -> float:
    """Return the mean of :func:`mirimpute.numerics.crps.crps` over the scored cells; the MAE for a method with one
    draw.
    """
    return float(crps(draws.values, draws.truth).mean())


CRPS: Metric[Draws] = Metric(
    name="crps",
    label="CRPS",
    function=mean_crps,
    higher_is_better=False,
    description="Continuous ranked probability score of the draws over the scored cells (the MAE with one draw).",
    formula="mean_{(i,j) scored} E|X_ij - x_ij| - E|X_ij - X'_ij| / 2, X and X' different draws",
    reference="Gneiting & Raftery 2007, section 4.2; Ferro 2014",
)
