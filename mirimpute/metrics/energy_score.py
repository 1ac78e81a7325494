"""The energy score of one column's draws, which the energy-I-score averages: it needs no truth of a missing cell."""

from __future__ import annotations

from mirimpute.metrics.base import Metric
from mirimpute.metrics.categories import brier
from mirimpute.metrics.crps import mean_crps
from mirimpute.metrics.draws import Draws


def energy_score(draws: Draws) -> float:
    """Return the mean energy score of draws of observed cells of one column: smaller is better.

    E|X - x| - E|X - X'| / 2 with X and X' two different draws, of numbers in the scale of the problem; the distance of
    two categories is 1, which makes it half the Brier score. Of one completion it is the mean error.
    """
    if draws.n_categories is not None:
        return brier(draws) / 2
    return mean_crps(draws)


ISCORE: Metric[Draws] = Metric(
    name="iscore",
    label="energy-I-score",
    function=energy_score,
    higher_is_better=False,
    description="Energy-I-score: how well the method, taught by its own completions of a column, draws the column's "
    "observed cells; no truth is needed.",
    formula="sum_j w_j mean_{i observed} (E|X_ij - x_ij| - E|X_ij - X'_ij| / 2) / sum_j w_j, "
    "w_j = P(m_j = 1) P(m_j = 0)",
    reference="Naef, Grzesiak & Scornet 2025 (arXiv 2507.11297), section 4",
)
