"""Forecasts of seconds, and time left, where the truth is known."""

import numpy as np
import pytest

from mirimpute import Imputer
from mirimpute.imputers import time_left
from mirimpute.imputers.forecast import Forecast, forecast
from mirimpute.imputers.time_left import Clock, Lines, share_of


@pytest.mark.parametrize("n_rows", [5_000, 50_000, 1_000_000])
@pytest.mark.parametrize("exponent", [0.8, 1.0, 1.2])
@pytest.mark.parametrize("fixed", [0.0, 3.0])
def test_the_range_holds_what_the_work_takes(n_rows, exponent, fixed):
    def seconds(n):
        return fixed + 0.02 * n**exponent

    found = forecast(seconds, n_rows, (0.8, 1.2))
    assert found is not None
    assert found.low <= seconds(n_rows) <= found.high


def test_work_that_is_soon_done_or_cannot_be_tried_is_not_foreseen():
    assert forecast(lambda n: 1e-5 * n, 100_000, (0.8, 1.2)) is None
    assert forecast(lambda n: None, 100_000, (0.8, 1.2)) is None


def test_several_tables_take_several_times_as_long():
    once, often = (forecast(lambda n: 0.01 * n, 20_000, (0.8, 1.2), times) for times in (1.0, 20.0))
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
    x = rng.normal(size=(2_000, 3))
    x[rng.random(x.shape) < 0.2] = np.nan
    monkeypatch.setattr("mirimpute.imputers.forecast.WORTH_SAYING_S", 0.0)
    told = Imputer("ice", verbose=1, random_state=0).fit_transform(x)
    assert "will take about" in capsys.readouterr().err
    assert np.array_equal(told, Imputer("ice", random_state=0).fit_transform(x))
