"""Rhythms of dates are found, and what is filled keeps them."""

import numpy as np
import pandas as pd
import pytest

from mirimpute import Imputer
from mirimpute.numerics.date_rhythm import DateRhythm

DAY = 86_400.0


def seconds(days):
    return np.asarray(days.to_numpy(), dtype="M8[s]").astype(float)


@pytest.mark.parametrize(
    ("frequency", "rhythm"),
    [
        ("MS", DateRhythm("M", 0)),
        ("ME", DateRhythm("M", 1)),
        ("YS", DateRhythm("Y", 0)),
        ("YE", DateRhythm("Y", 1)),
        ("QS", DateRhythm("M", 0)),
        ("W-MON", DateRhythm("W", 3)),
        ("W-THU", DateRhythm("W", 0)),
        ("D", None),
        ("11h", None),
    ],
)
def test_the_rhythm_of_dates(frequency, rhythm):
    days = pd.Series(pd.date_range("1965-02-01", periods=40, freq=frequency))
    assert DateRhythm.of(seconds(days)) == rhythm
    if rhythm is not None:
        moved = seconds(days) + np.random.default_rng(0).uniform(-3, 3, 40) * DAY
        np.testing.assert_array_equal(rhythm.nearest(moved), seconds(days))
        frame = pd.DataFrame({"when": days, "x": np.arange(40) ** 1.1})
        frame.loc[::7, "when"] = pd.NaT
        assert DateRhythm.of(seconds(Imputer("ice").fit_transform(frame)["when"])) == rhythm


def test_few_or_equal_dates_have_none():
    first = pd.Series(pd.date_range("2020-01-01", periods=9, freq="MS"))
    assert DateRhythm.of(seconds(first)) is None
    assert DateRhythm.of(np.repeat(seconds(first[:2]), 20)) is None
    assert DateRhythm.of(np.empty(0)) is None
