"""An honest benchmark of missing-value imputation, and the mutual-information rectified-flow imputer (MIRF)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mirimpute.imputers.imputer import Imputer
    from mirimpute.imputers.mirf_imputer import MirfImputer
    from mirimpute.imputers.pooling import Pooled, pool
    from mirimpute.table.reading import read_table

__version__ = "0.1.0"
__all__ = ["Imputer", "MirfImputer", "Pooled", "__version__", "pool", "read_table"]

_HOME = {
    "Imputer": "mirimpute.imputers.imputer",
    "MirfImputer": "mirimpute.imputers.mirf_imputer",
    "Pooled": "mirimpute.imputers.pooling",
    "pool": "mirimpute.imputers.pooling",
    "read_table": "mirimpute.table.reading",
}


def __getattr__(name: str) -> Any:
    """Import the public names when they are asked for: the command line must start without scikit-learn."""
    if name not in _HOME:
        raise AttributeError(f"module 'mirimpute' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)
