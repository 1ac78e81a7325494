"""The mechanisms by name."""

from __future__ import annotations

from mirimpute.amputation.base import Mechanism
from mirimpute.amputation.copying import Copy
from mirimpute.amputation.mar import Mar
from mirimpute.amputation.mcar import Mcar
from mirimpute.amputation.mnar_logistic import MnarLogistic
from mirimpute.amputation.mnar_quantile import MnarQuantile
from mirimpute.amputation.mnar_self import MnarSelf

MECHANISMS: dict[str, type[Mechanism]] = {
    "mcar": Mcar,
    "mar": Mar,
    "mnar_logistic": MnarLogistic,
    "mnar_self": MnarSelf,
    "mnar_quantile": MnarQuantile,
    "copy": Copy,
}
"""Name, as in ``mechanism=<name>``, to class."""
