"""A step is found where it is no accident, and nowhere else."""

import numpy as np
import pytest

from mirimpute.numerics.common_step import common_step


@pytest.mark.parametrize("step", [100.0, 12.0, 5.0, 0.5, 0.25, 0.05])
def test_the_step_of_a_column_is_found(step):
    values = step * np.random.default_rng(0).integers(-40, 60, size=80)
    assert common_step(values) == pytest.approx(step, rel=1e-15)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "values",
    [
        np.arange(50.0),
        np.arange(50) / 10,
        np.random.default_rng(0).normal(size=50),
        np.array([100.0, 200.0, 300.0]),  # few
        np.tile([0.0, 2.0, 4.0], 40),  # codes
        np.append(100.0 * np.arange(2000), 7.0),  # but for the last one, which is not looked at first
        np.full(50, 100.0),
        np.array([]),
        1e300 * np.arange(1, 30),
    ],
)
def test_what_may_be_an_accident_is_no_step(values):
    assert common_step(values) == 0
