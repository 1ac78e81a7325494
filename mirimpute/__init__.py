"""An honest benchmark of missing-value imputation, and the mutual-information rectified-flow imputer (MIRF)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mirimpute.analysis.analyses import Analyses, with_
    from mirimpute.analysis.sensitivity import delta_adjusted, sensitivity, tipping_points
    from mirimpute.data_page.write_data_page import write_data_page
    from mirimpute.diagnostics.overimputation import overimpute
    from mirimpute.imputers.imputer import Imputer
    from mirimpute.imputers.mirf_imputer import MirfImputer
    from mirimpute.imputers.pooling import Pooled, pool
    from mirimpute.table.reading import read_table

__version__ = "0.1.0"
__all__ = [
    "Analyses",
    "Imputer",
    "MirfImputer",
    "Pooled",
    "__version__",
    "delta_adjusted",
    "overimpute",
    "pool",
    "read_table",
    "sensitivity",
    "tipping_points",
    "with_",
    "write_data_page",
]

_HOME = {
    "Analyses": "mirimpute.analysis.analyses",
    "Imputer": "mirimpute.imputers.imputer",
    "MirfImputer": "mirimpute.imputers.mirf_imputer",
    "Pooled": "mirimpute.imputers.pooling",
    "delta_adjusted": "mirimpute.analysis.sensitivity",
    "overimpute": "mirimpute.diagnostics.overimputation",
    "pool": "mirimpute.imputers.pooling",
    "read_table": "mirimpute.table.reading",
    "sensitivity": "mirimpute.analysis.sensitivity",
    "tipping_points": "mirimpute.analysis.sensitivity",
    "with_": "mirimpute.analysis.analyses",
    "write_data_page": "mirimpute.data_page.write_data_page",
}


def __getattr__(name: str) -> Any:
    """Import the public names when they are asked for: the command line must start without scikit-learn."""
    if name not in _HOME:
        raise AttributeError(f"module 'mirimpute' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)
