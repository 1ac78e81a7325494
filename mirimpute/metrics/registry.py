"""Every metric by name. A new one is a file with a `Metric` and a line here."""

from __future__ import annotations

import re

from mirimpute.errors import UserError, unknown
from mirimpute.metrics.base import Metric
from mirimpute.metrics.energy import ENERGY, ENERGY_V
from mirimpute.metrics.mmd2 import MMD2, MMD2_V
from mirimpute.metrics.mutual_information import MASK_AUC, MI_BITS, MI_BITS_SE
from mirimpute.metrics.pointwise import MAE, RMSE
from mirimpute.metrics.sliced_w2 import SLICED_W2
from mirimpute.metrics.w1_marginal import W1_MARGINAL_SCORED, W1_MARGINAL_SUM
from mirimpute.metrics.w2 import W2, W2SQ_HALF
from mirimpute.references import load

METRICS: dict[str, Metric] = {
    "rmse": RMSE,
    "mae": MAE,
    "w2": W2,
    "w2sq_half": W2SQ_HALF,
    "w1_marginal_sum": W1_MARGINAL_SUM,
    "w1_marginal_scored": W1_MARGINAL_SCORED,
    "sliced_w2": SLICED_W2,
    "mmd2": MMD2,
    "energy": ENERGY,
    "mmd2_v": MMD2_V,
    "energy_v": ENERGY_V,
    "mask_auc": MASK_AUC,
    "mi_bits": MI_BITS,
    "mi_bits_se": MI_BITS_SE,
}


_FIELD = re.compile(r"[a-z][a-z0-9_]*")


def metric(name: str) -> Metric:
    """Return the metric called ``name``, or the one at ``module.NAME`` outside the package.

    Raises:
        UserError: there is none; the message lists the valid names and the nearest.
    """
    if name in METRICS:
        return METRICS[name]
    if "." not in name:
        raise unknown("metric", name, METRICS)
    found = load(name, "protocol.metrics")
    if not isinstance(found, Metric):
        raise UserError(f"protocol.metrics: {name} is no mirimpute.metrics.Metric, but a {type(found).__name__}")
    if not _FIELD.fullmatch(found.name) or found.name in METRICS:
        raise UserError(f"protocol.metrics: the name {found.name!r} of {name} must be new, of a-z, 0-9 and _")
    return found
