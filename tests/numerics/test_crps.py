"""CRPS against closed forms."""

import numpy as np
import pytest

from mirimpute.numerics.crps import crps


@pytest.mark.parametrize("m", [2, 8, 50])
def test_normal_forecast_of_its_own_distribution(m):
    """E CRPS of N(0, 1) at its own draws is 1 / sqrt(pi), whatever the number of draws (Gneiting & Raftery 2007)."""
    rng = np.random.default_rng(0)
    scores = crps(rng.normal(size=(m, 100_000)), rng.normal(size=100_000))
    assert scores.mean() == pytest.approx(1 / np.sqrt(np.pi), abs=4 * scores.std() / 100_000**0.5)


def test_agrees_with_the_definition_pair_by_pair():
    rng = np.random.default_rng(0)
    draws, truth = rng.normal(size=(6, 10)), rng.normal(size=10)
    pairs = np.abs(draws[:, None] - draws[None]).sum(axis=(0, 1)) / (6 * 5)
    assert crps(draws, truth) == pytest.approx(np.abs(draws - truth).mean(axis=0) - pairs / 2, rel=1e-12)


def test_one_draw_is_the_absolute_error():
    assert crps(np.array([[1.0, -2.0]]), np.zeros(2)).tolist() == [1.0, 2.0]


def test_right_spread_is_best():
    """A proper score: too narrow and too wide a normal both cost."""
    rng = np.random.default_rng(0)
    noise, truth = rng.normal(size=(20, 50_000)), rng.normal(size=50_000)
    scores = {sd: crps(sd * noise, truth).mean() for sd in (0.5, 1.0, 2.0)}
    assert min(scores, key=lambda sd: scores[sd]) == 1.0
