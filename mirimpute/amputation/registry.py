"""The mechanisms by name."""

from __future__ import annotations

from mirimpute.amputation.base import Mechanism
from mirimpute.amputation.block import Block
from mirimpute.amputation.copying import Copy
from mirimpute.amputation.fitted import Fitted
from mirimpute.amputation.mar import Mar
from mirimpute.amputation.mar_driver import MarDriver
from mirimpute.amputation.mar_threshold import MarThreshold
from mirimpute.amputation.mcar import Mcar
from mirimpute.amputation.mnar_censored import MnarCensored
from mirimpute.amputation.mnar_latent import MnarLatent
from mirimpute.amputation.mnar_logistic import MnarLogistic
from mirimpute.amputation.mnar_quantile import MnarQuantile
from mirimpute.amputation.mnar_self import MnarSelf
from mirimpute.amputation.panel import Panel
from mirimpute.amputation.sequential import Sequential

MECHANISMS: dict[str, type[Mechanism]] = {
    "mcar": Mcar,
    "mar": Mar,
    "mar_driver": MarDriver,
    "mar_threshold": MarThreshold,
    "mnar_logistic": MnarLogistic,
    "mnar_self": MnarSelf,
    "mnar_quantile": MnarQuantile,
    "mnar_latent": MnarLatent,
    "mnar_censored": MnarCensored,
    "block": Block,
    "panel": Panel,
    "sequential": Sequential,
    "copy": Copy,
    "fitted": Fitted,
}
"""Name, as in ``mechanism=<name>``, to class."""
