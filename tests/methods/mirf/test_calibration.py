"""What the held-out cells choose for the draws."""

import numpy as np
import pytest
import torch

from mirimpute.methods.mirf.calibration import calibrate
from mirimpute.methods.mirf.rows import Rows
from mirimpute.numerics.crps import crps


class KnownFlow:
    """A flow whose mean is right and whose draws have a known deviation; the truth's is 0.2."""

    def __init__(self, mean, deviation, base_spread=1.0):
        self._mean, self._deviation = mean, deviation
        self._base_spread = np.full(mean.shape, base_spread)

    def rows(self, x, hidden):
        values = torch.as_tensor(x)
        return Rows(values, torch.as_tensor(hidden), torch.as_tensor(self._mean), torch.as_tensor(self._base_spread))

    def mean(self, rows):
        return self._mean

    def draw(self, rows, count, generator):
        noise = torch.randn((count, *self._mean.shape), generator=generator, dtype=torch.float64).numpy()
        return self._mean + np.asarray(self._deviation) * noise


def chosen(deviation, n=800, d=3):
    rng = np.random.default_rng(0)
    mean = rng.normal(size=(n, d))
    x = mean + 0.2 * rng.normal(size=(n, d))
    held_out = np.ones((n, d), dtype=bool)
    generator = torch.Generator().manual_seed(0)
    return x, mean, calibrate(KnownFlow(mean, deviation), mean, x, held_out, generator)


@pytest.mark.parametrize("deviation", [0.5, 0.8])
def test_draws_that_are_far_too_wide_are_narrowed_to_the_errors(deviation):
    x, mean, calibration = chosen(deviation)
    np.testing.assert_allclose(calibration.spread[-1], 0.2 / deviation, rtol=0.15)  # the steps between factors
    noise = deviation * np.random.default_rng(1).normal(size=(20, *x.shape))
    plain, narrowed = (
        crps((mean + factor * noise)[:, :, 0], x[:, 0]).mean() for factor in (1.0, calibration.spread[-1])
    )
    assert narrowed < 0.8 * plain


@pytest.mark.parametrize("deviation", [0.1, 0.2, 0.24])
def test_draws_of_about_the_right_width_keep_it(deviation):
    _, _, calibration = chosen(deviation)
    np.testing.assert_array_equal(calibration.spread, 1.0)


def test_cells_that_the_base_knows_say_nothing_of_the_width_of_others():
    """A tenth of the cells are seen without their copy and drawn rightly; the others are drawn ten times too widely."""
    rng = np.random.default_rng(0)
    n, d = 800, 3
    known = rng.random((n, d)) < 0.9
    mean = rng.normal(size=(n, d))
    deviation = np.where(known, 0.05, 0.5)
    x = mean + np.where(known, 0.005, 0.5) * rng.normal(size=(n, d))
    flow = KnownFlow(mean, deviation, deviation)
    found = calibrate(flow, mean, x, np.ones((n, d), dtype=bool), torch.Generator().manual_seed(0)).spread
    assert (found[2] < 0.2).all()
    np.testing.assert_array_equal(found[4], 1.0)
