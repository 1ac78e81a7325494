"""Exponents and the page of the speed benchmark, from hand-made rows."""

import math

import numpy as np
import pytest

from benchmarks import speed
from benchmarks.frame import frame_of
from benchmarks.scaling import exponent
from benchmarks.speed_page import costs, exponents
from tests.benchmarks.rows import row
from tests.report.row_factory import write


@pytest.mark.parametrize("power", [-1.0, 0.0, 0.5, 1.0, 2.5])
def test_exponent_of_a_power_law_is_its_power(power):
    sizes = np.array([1e3, 1e4, 1e5, 1e6])
    assert exponent(sizes, 0.03 * sizes**power) == pytest.approx(power)


def test_exponent_is_the_least_squares_slope():
    rng = np.random.default_rng(0)
    sizes, costs = np.array([5.0, 20.0, 100.0, 500.0]), rng.uniform(1, 9, size=4)
    assert exponent(sizes, costs) == pytest.approx(np.polyfit(np.log(sizes), np.log(costs), 1)[0])


def test_exponent_leaves_out_what_has_no_logarithm():
    assert exponent([1, 10, 100, 1000], [2.0, math.nan, 200.0, 0.0]) == pytest.approx(1.0)
    assert exponent([10, 100], [1.0, math.nan]) is None
    assert exponent([10, 10], [1.0, 2.0]) is None


def test_costs_are_medians_of_ok_rows():
    rows = [row("mirf", seed=seed, fit_s=fit, impute_s=1.0, cpu_s=2 * fit) for seed, fit in enumerate([1.0, 2.0, 9.0])]
    rows += [row("mirf", seed=3, status="timeout", fit_s=900.0)]
    assert costs(frame_of(rows), "a", "mirf") == {"seconds": 3.0, "cpu_s": 4.0, "peak_rss_mb": 250.0}


def test_exponents_of_a_curve_skip_sizes_that_timed_out():
    sweeps = {n: speed.gaussian(n, 20, (0,)) for n in (10, 100, 1000)}
    rows = [
        row("mirf", sweeps[n].dataset, fit_s=0.1 * n**2, impute_s=0.0, cpu_s=0.1 * n, peak_rss_mb=7.0)
        for n in (10, 100)
    ]
    rows += [row("mirf", sweeps[1000].dataset, status="timeout")]
    found = exponents(frame_of(rows), sweeps)
    assert found == pytest.approx({"seconds": 2.0, "cpu_s": 1.0, "peak_rss_mb": 0.0})


def test_table_only_writes_page_from_rows(tmp_path):
    for n in (1000, 10000):
        sweep = speed.gaussian(n, 20, (0,))
        write(tmp_path / "rows", row("mirf", sweep.dataset, fit_s=n / 100, impute_s=0.0))
    write(tmp_path / "rows", row("mirf", "digits", fit_s=2.0, impute_s=0.5))
    options = ["--table-only", "--results-dir", str(tmp_path / "rows"), "--out", str(tmp_path), "--skip-paper"]
    assert speed.main([*options, "--datasets", "digits", "--largest-n", "10000", "--largest-d", "100"]) == 0
    page = (tmp_path / "speed.md").read_text()
    assert "| digits | mirf | 2.50 | 1.00 | 250 |  |" in page
    assert "| digits | hyperimpute/hyperimpute | — | — | — | 1 missing |" in page
    assert "mirf\\_paper" not in page
    assert "| 10,000 | 100 | 1.00 | 250 |  |" in page
    assert "| exponent | 1.00 | 0.00 | 0.00 |  |" in page
    assert "| 500 |" not in page
    assert "3 of the 7 cells of the grid have a row" in page
    assert (tmp_path / "speed.csv").read_text().count("\n") == 4


def test_curves_label_each_size_and_share_one():
    assert speed.gaussian(1000, 20, (0,)).arguments == [
        "dataset=synthetic/gaussian",
        "dataset.name=gaussian_1000x20",
        "mechanism=mcar",
        "missing_rate=0.3",
        "seed=0",
        "method=mirf",
        "dataset.n_rows=1000",
        "dataset.n_columns=20",
    ]
