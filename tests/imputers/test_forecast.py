"""Forecasts of seconds, and time left, where the truth is known."""

import math

import numpy as np
import pytest

from mirimpute import Imputer
from mirimpute.imputers import forecast as forecasts
from mirimpute.imputers import time_left
from mirimpute.imputers.forecast import Forecast, forecast
from mirimpute.imputers.time_left import Clock, Lines, share_of


class Trials:
    """Work that takes ``fixed + rate n^exponent`` seconds, and what was spent on trials of it."""

    def __init__(self, fixed, rate, exponent=1.0):
        self.fixed, self.rate, self.exponent, self.spent = fixed, rate, exponent, []

    def of(self, n):
        return self.fixed + self.rate * n**self.exponent

    def __call__(self, n, limit):
        self.spent.append(min(self.of(n), limit))
        return self.of(n) if self.of(n) <= limit else math.inf


@pytest.mark.parametrize("n_rows", [5_000, 50_000, 1_000_000])
@pytest.mark.parametrize("exponent", [0.8, 1.0, 1.2])
@pytest.mark.parametrize("fixed", [0.0, 0.2])
def test_the_range_holds_what_the_work_takes(n_rows, exponent, fixed):
    work = Trials(fixed, 30 / n_rows**exponent, exponent)
    found = forecast(work, n_rows, (0.8, 1.2))
    assert found is not None
    assert found.low <= work.of(n_rows) <= found.high


@pytest.mark.parametrize("n_rows", [4_000, 10_000, 50_000, 200_000, 1_000_000])
@pytest.mark.parametrize("rows_of_fixed", [0, 300, 1_500])
@pytest.mark.parametrize("whole", [20.0, 200.0, 2_000.0, 20_000.0])
@pytest.mark.parametrize("times", [1, 2, 10])
def test_trials_take_about_a_tenth_of_the_work_and_two_minutes_at_most(n_rows, rows_of_fixed, whole, times):
    rate = whole / (n_rows + rows_of_fixed) / times
    work = Trials(rate * rows_of_fixed, rate)
    forecast(work, n_rows, (0.8, 1.2), times)
    assert sum(work.spent) <= 0.12 * whole
    assert sum(work.spent) <= 120.0


def test_a_quarter_of_a_small_table_is_tried_where_it_is_completed_ten_times():
    work = Trials(1.0, 0.01)
    assert forecast(work, 1_000, (0.8, 1.2), 9) is None
    found = forecast(work, 1_000, (0.8, 1.2), 10)
    assert found.low <= 10 * work.of(1_000) <= found.high
    assert sum(work.spent) <= 0.1 * 10 * work.of(1_000)


def test_what_does_not_end_in_time_says_how_long_it_takes_at_least():
    work = Trials(0.0, 0.01)
    found = forecast(work, 1_000_000, (0.8, 1.2))
    assert math.isinf(found.high)
    assert 300.0 < found.low <= work.of(1_000_000)
    assert "more than" in found.sentence("mice")
    assert forecast(Trials(5.0, 0.01), 5_000, (0.8, 1.2)) is None  # not even the first trial


def test_a_trial_in_this_process_ends_at_its_limit(monkeypatch):
    now, reports = [0.0], []
    monkeypatch.setattr(forecasts.time, "monotonic", lambda: now[0])

    class Slow:
        libraries = ()

        def fit(self, problem, progress):
            for k in range(100):
                now[0] += 1.0
                reports.append(k)
                progress("round 1/1", k, 100)

    assert math.isinf(forecasts._fitted_here(Slow(), None, 5.0))
    assert len(reports) == 6


def test_work_that_is_soon_done_or_cannot_be_tried_is_not_foreseen():
    assert forecast(lambda n, limit: 1e-5 * n, 100_000, (0.8, 1.2)) is None
    assert forecast(lambda n, limit: None, 100_000, (0.8, 1.2)) is None


def test_rows_of_a_sparse_table_that_are_too_few_are_tried_again():
    found = forecast(lambda n, limit: None if n < 200 else 0.002 * n, 50_000, (0.8, 1.2))
    assert found.low <= 100.0 <= found.high


def test_several_tables_take_several_times_as_long():
    once, often = (forecast(lambda n, limit: 0.005 * n, 20_000, (0.8, 1.2), times) for times in (1.0, 20.0))
    assert often.high == pytest.approx(20 * once.high)


def test_faster_methods_are_named_where_an_hour_is_ahead():
    assert "faster" not in Forecast(60, 600, 800, 20_000).sentence("mirf")
    said = Forecast(3_000, 9_000, 800, 20_000).sentence("mirf_fast")
    assert "faster" in said
    assert said.count("mirf_fast") == 1


def test_time_left_runs_down(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(time_left.time, "monotonic", lambda: now[0])
    clock = Clock(Forecast(50.0, 100.0, 800, 20_000))
    now[0] = 20.0
    assert clock.left("trees", 1, 2) == "30 s to 1 min left"
    assert clock.left("round 2/4", 0, 8) == "about 1 min left"  # a quarter is done in 20 s
    now[0] = 90.0
    assert clock.left("trees", 1, 2) == "0 s to 10 s left"
    now[0] = 200.0
    assert "longer" in clock.left("trees", 1, 2)
    assert "more than" in Clock(Forecast(400.0, math.inf, 800, 20_000)).left("trees", 1, 2)


def test_lines_come_once_a_minute(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr(time_left.time, "monotonic", lambda: now[0])
    lines = Lines("table", Clock(None))
    for second in range(0, 200, 5):
        now[0] = float(second)
        lines("round 1/4", second, 200)
    assert len(capsys.readouterr().err.splitlines()) == 4


def test_shares_never_fall():
    shares = [share_of(f"round {k}/3", done, 4) for k in (1, 2, 3) for done in range(5)]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_verbose_says_what_is_ahead_and_changes_nothing(monkeypatch, capsys):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4_000, 3))
    x[rng.random(x.shape) < 0.2] = np.nan
    monkeypatch.setattr("mirimpute.imputers.forecast.WORTH_SAYING_S", 0.0)
    told = Imputer("ice", verbose=1, random_state=0).fit_transform(x)
    assert "will take about" in capsys.readouterr().err
    assert np.array_equal(told, Imputer("ice", random_state=0).fit_transform(x))
