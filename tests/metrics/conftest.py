"""Two tables side by side, with every cell scored unless the test says otherwise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mirimpute.metrics import Comparison


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20240607)


@pytest.fixture
def compare() -> Callable[..., Comparison]:
    def build(x_true, x_imputed, scored=None, max_rows=2000, rng_seed=0) -> Comparison:
        x_true, x_imputed = np.asarray(x_true, dtype=float), np.asarray(x_imputed, dtype=float)
        scored = np.ones(x_true.shape, dtype=bool) if scored is None else scored
        return Comparison(x_true, x_imputed, scored, max_rows=max_rows, rng_seed=rng_seed)

    return build


@pytest.fixture
def rotation(rng) -> np.ndarray:
    """A random orthogonal matrix of size 4."""
    return np.linalg.qr(rng.standard_normal((4, 4)))[0]
