"""Curves by round: which numbers make one, and the band of their standard errors."""

from __future__ import annotations

import math

import pytest
from matplotlib.figure import Figure

from mirimpute.report.curves import round_panel, trace_curves
from mirimpute.report.palette import method_styles


def test_only_finite_numbers_make_a_curve() -> None:
    trace = [{"loss": 1.0, "flag": True, "once": 1, "gone": None}, {"loss": 2, "flag": False, "gone": math.inf}]
    assert trace_curves(trace) == {"loss": {1.0: 1.0, 2.0: 2.0}}


def test_bands_are_the_standard_errors_of_the_rounds() -> None:
    style = method_styles(["mirf"])
    axes = Figure().subplots()
    curves, errors = [{0.0: 1.0, 1.0: 0.5}, {0.0: 2.0, 1.0: 0.7}], [{0.0: 0.3, 1.0: 0.06}, {0.0: 0.4, 1.0: 0.08}]
    round_panel(axes, {"mirf": curves}, style, {"mirf": errors})
    (band,) = axes.collections
    at_zero = [y for x, y in band.get_paths()[0].vertices if x == 0]
    assert (min(at_zero), max(at_zero)) == pytest.approx((1.25, 1.75))
    round_panel(plain := Figure().subplots(), {"mirf": curves}, style, {})
    assert not plain.collections
