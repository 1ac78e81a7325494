"""Pictures of missing and imputed values, of one's own table: functions that return matplotlib figures.

>>> import pandas as pd
>>> from mirimpute import plots
>>> figure = plots.matrix(pd.DataFrame({"a": [1.0, None], "b": [None, 2.0]}))
>>> figure.savefig("matrix.png")  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mirimpute.plots.of_frames import (
        distributions,
        flux,
        matrix,
        overimputation,
        patterns,
        propensity,
        shares,
        strip,
        tipping_point,
        trace,
        xy,
    )

__all__ = [
    "distributions",
    "flux",
    "matrix",
    "overimputation",
    "patterns",
    "propensity",
    "shares",
    "strip",
    "tipping_point",
    "trace",
    "xy",
]


def __getattr__(name: str) -> Any:
    """Import matplotlib when a picture is asked for."""
    if name not in __all__:
        raise AttributeError(f"module 'mirimpute.plots' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module("mirimpute.plots.of_frames"), name)
