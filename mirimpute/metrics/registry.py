"""Every metric by name. A new one is a file with a `Metric` and a line here."""

from __future__ import annotations

import re

from mirimpute.errors import UserError, unknown
from mirimpute.metrics.base import Metric
from mirimpute.metrics.categories import BRIER, ERROR_RATE, LOG_SCORE
from mirimpute.metrics.comparison import Comparison
from mirimpute.metrics.coverage import COVERAGE_90, COVERAGE_ERROR_90, INTERVAL_WIDTH
from mirimpute.metrics.crps import CRPS
from mirimpute.metrics.downstream import (
    DOWNSTREAM_BOOSTED,
    DOWNSTREAM_BOOSTED_MEAN,
    DOWNSTREAM_LINEAR,
    DOWNSTREAM_LINEAR_MEAN,
)
from mirimpute.metrics.draws import Draws
from mirimpute.metrics.energy import ENERGY, ENERGY_V
from mirimpute.metrics.energy_score import ISCORE
from mirimpute.metrics.gower import ENERGY_GOWER
from mirimpute.metrics.mmd2 import MMD2, MMD2_V
from mirimpute.metrics.mutual_information import (
    MASK_AUC,
    MASK_AUC_BOOSTED,
    MASK_AUC_BOOSTED_SE,
    MASK_AUC_SE,
    MI_BITS,
    MI_BITS_BOOSTED,
    MI_BITS_BOOSTED_SE,
    MI_BITS_SE,
)
from mirimpute.metrics.pointwise import MAE, RMSE
from mirimpute.metrics.sliced_w2 import SLICED_W2
from mirimpute.metrics.w1_marginal import W1_MARGINAL_SCORED, W1_MARGINAL_SUM
from mirimpute.metrics.w2 import W2, W2SQ, W2SQ_HALF
from mirimpute.types import import_object

METRICS: dict[str, Metric[Comparison]] = {
    "rmse": RMSE,
    "mae": MAE,
    "w2": W2,
    "w2sq": W2SQ,
    "w2sq_half": W2SQ_HALF,
    "w1_marginal_sum": W1_MARGINAL_SUM,
    "w1_marginal_scored": W1_MARGINAL_SCORED,
    "sliced_w2": SLICED_W2,
    "mmd2": MMD2,
    "energy": ENERGY,
    "mmd2_v": MMD2_V,
    "energy_v": ENERGY_V,
    "downstream_boosted": DOWNSTREAM_BOOSTED,
    "downstream_boosted_mean": DOWNSTREAM_BOOSTED_MEAN,
    "downstream_linear": DOWNSTREAM_LINEAR,
    "downstream_linear_mean": DOWNSTREAM_LINEAR_MEAN,
    "mask_auc": MASK_AUC,
    "mask_auc_se": MASK_AUC_SE,
    "mi_bits": MI_BITS,
    "mi_bits_se": MI_BITS_SE,
    "mask_auc_boosted": MASK_AUC_BOOSTED,
    "mask_auc_boosted_se": MASK_AUC_BOOSTED_SE,
    "mi_bits_boosted": MI_BITS_BOOSTED,
    "mi_bits_boosted_se": MI_BITS_BOOSTED_SE,
}
"""Of one completed table."""

CATEGORY_METRICS: dict[str, Metric[Comparison]] = {"error_rate": ERROR_RATE, "energy_gower": ENERGY_GOWER}
"""Of one completed table with categorical columns, besides those that the protocol names."""

CATEGORY_DRAWS_METRICS: dict[str, Metric[Draws]] = {"brier": BRIER, "log_score": LOG_SCORE}
"""Likewise of all draws, over the cells of categories."""

DRAWS_METRICS: dict[str, Metric[Draws]] = {
    "crps": CRPS,
    "coverage_90": COVERAGE_90,
    "coverage_error_90": COVERAGE_ERROR_90,
    "interval_width": INTERVAL_WIDTH,
}
"""Of all draws, over the cells of numbers."""

IMPUTER_METRICS: dict[str, Metric[Draws]] = {"iscore": ISCORE}
"""That need the imputer, not the truth; the bench computes them (:mod:`mirimpute.bench.iscore`)."""


_FIELD = re.compile(r"[a-z][a-z0-9_]*")


def metric(name: str) -> Metric[Comparison]:
    """Return the metric of one completed table called ``name``, or the one at ``module.NAME`` outside the package.

    Raises:
        UserError: there is none; the message lists the valid names and the nearest.
    """
    own = {**METRICS, **CATEGORY_METRICS}
    if name in own:
        return own[name]
    if "." not in name:
        raise unknown("metric", name, own)
    found = import_object(name, "protocol.metrics")
    if not isinstance(found, Metric):
        raise UserError(f"protocol.metrics: {name} is no mirimpute.metrics.Metric, but a {type(found).__name__}")
    if not _FIELD.fullmatch(found.name) or found.name in own:
        raise UserError(f"protocol.metrics: the name {found.name!r} of {name} must be new, of a-z, 0-9 and _")
    return found


def draws_metric(name: str) -> Metric[Draws]:
    """Return the metric of all draws called ``name``.

    Raises:
        UserError: there is none; the message lists the valid names and the nearest.
    """
    own = {**DRAWS_METRICS, **CATEGORY_DRAWS_METRICS}
    if name not in own:
        raise unknown("metric of draws", name, own)
    return own[name]
