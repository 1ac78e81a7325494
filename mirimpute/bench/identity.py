"""Which cell a row is of: the fields that identify it, and the versions that its result depends on."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from mirimpute import __version__
from mirimpute.bench.config import CellConfig

VERSIONED = ("numpy", "pandas", "scipy", "scikit-learn", "torch", "POT")


def row_identity(config: CellConfig, data_sha256: str = "") -> dict[str, Any]:
    """Return the fields of a row that say which cell it is."""
    return {
        "dataset": config.dataset.name,
        "max_rows": config.dataset.max_rows,
        "mechanism": config.mechanism.name,
        "missing_rate": config.missing_rate,
        "method": config.method.name,
        "method_hash": config.method_hash(),
        "method_version": config.method.version,
        "protocol": config.protocol.name,
        "seed": config.seed,
        "device": config.device,
        "config_hash": config.config_hash(data_sha256),
        "versions": versions(),
    }


@cache
def versions() -> str:
    """Return the versions that a result depends on, in one line."""
    found = [f"mirimpute {__version__}", f"python {platform.python_version()}"]
    for name in VERSIONED:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return "; ".join(found)
