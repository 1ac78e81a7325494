"""Whole numbers that are dates or times of day without separators are told."""

import numpy as np
import pandas as pd
import pytest

from mirimpute.table.code_hints import dates_of_digits_in

DAYS = pd.Series(pd.date_range("2019-11-01 00:05", "2021-07-01", freq="250h"))


@pytest.mark.parametrize("form", ["%Y%m", "%Y%m%d", "%d%m%Y", "%m%d%Y", "%y%m%d", "%Y%j", "%Y%m%d%H%M", "%Y%m%d%H%M%S"])
def test_dates_of_digits_are_told(form):
    values = np.append(DAYS.dt.strftime(form).astype(float), np.nan)
    assert "all are dates without separators" in dates_of_digits_in(values, "a", "A", "B")
    assert dates_of_digits_in(values, "a", "A", "B").endswith("A")
    assert dates_of_digits_in(np.append(values, values[0] + 0.5), "a", "A", "B") == ""
    last = 10 ** len(DAYS.dt.strftime(form)[0]) - 1
    assert dates_of_digits_in(np.append(values, last), "a", "A", "B") == ""


def test_times_of_digits_are_told():
    values = pd.Series(pd.date_range("2020-01-01", periods=60, freq="77min")).dt.strftime("%H%M").astype(float)
    assert dates_of_digits_in(values.to_numpy(), "a", "A", "B").endswith("if they are times of day, B")
    assert dates_of_digits_in(np.append(values, 1075.0), "a", "A", "B") == ""


@pytest.mark.parametrize(
    "values",
    [100.0 * np.arange(24), 50.0 * np.arange(48), np.arange(60.0), 200_001.0 + np.arange(12), np.arange(-9.0, 9.0)],
)
def test_round_numbers_small_ones_and_counters_are_no_times(values):
    assert dates_of_digits_in(values, "a", "A", "B") == ""
