from __future__ import annotations

import numpy as np

from mirimpute.datasets.synthetic import Moons


def test_moons_lie_on_two_half_circles() -> None:
    x = Moons(name="m", noise=0.0).sample()
    upper = np.isclose(np.hypot(x[:, 0], x[:, 1]), 1) & (x[:, 1] >= 0)
    lower = np.isclose(np.hypot(x[:, 0] - 1, x[:, 1] - 0.5), 1) & (x[:, 1] <= 0.5)
    assert np.all(upper | lower)
    assert 400 < upper.sum() < 600
    # The noise is added to the same points, so their difference is the noise itself.
    noise = Moons(name="m", noise=0.05).sample() - x
    assert abs(noise.std() / 0.05 - 1) < 5 / np.sqrt(2 * noise.size)
