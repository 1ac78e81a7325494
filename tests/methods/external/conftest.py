"""What tests of the wrapped library share."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def _library(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("hyperimpute"):
        pytest.importorskip("hyperimpute", reason="the extra `hyperimpute` is not installed")


@pytest.fixture(scope="module")
def table() -> np.ndarray:
    """Four columns that depend on two factors, 60 rows, 30 % missing."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2)) @ rng.normal(size=(2, 4)) + 0.3 * rng.normal(size=(60, 4))
    return np.where(rng.random(x.shape) < 0.3, np.nan, (x - x.mean(axis=0)) / x.std(axis=0))
