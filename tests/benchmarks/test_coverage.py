"""The pieces of the benchmark of coverage against numpy and statements of the truth."""

import numpy as np
import pandas as pd
import pytest

from benchmarks import coverage
from benchmarks.coverage import WAYS, merged, replication
from benchmarks.coverage_design import QUANTITIES, SCENARIOS, Scenario, estimates


def test_slope_is_that_of_least_squares_with_whites_errors():
    rng = np.random.default_rng(0)
    table = rng.normal(size=(30, 2)) @ np.array([[1.0, 0.5], [0.0, 1.0]])
    values, variances = estimates(table)
    design = np.stack([np.ones(30), table[:, 0]], axis=1)
    coefficients = np.linalg.lstsq(design, table[:, 1], rcond=None)[0]
    bread = np.linalg.inv(design.T @ design)
    meat = design.T @ np.diag((table[:, 1] - design @ coefficients) ** 2) @ design
    assert values[1] == pytest.approx(coefficients[1])
    assert variances[1] == pytest.approx((bread @ meat @ bread)[1, 1] * 30 / 28)
    assert values[0] == pytest.approx(table[:, 1].mean())
    assert variances[0] == pytest.approx(table[:, 1].var(ddof=1) / 30)


@pytest.mark.parametrize("scenario", SCENARIOS[::4], ids=lambda each: each.name)
def test_truths_are_those_of_a_large_table_and_rates_are_met(scenario):
    large = Scenario(scenario.columns, scenario.truth, scenario.mechanism, 200_000, scenario.rate)
    rng = np.random.default_rng(0)
    table = large.table(rng)
    values, variances = estimates(table)
    assert (np.abs(values - scenario.answers) < 5 * variances**0.5).all()
    share = np.isnan(large.with_holes(table, rng)).mean(axis=0)
    assert share[-1] == pytest.approx(scenario.rate, abs=0.01)
    assert share[0] == 0


def test_linear_truth_has_its_closed_form():
    of_two = Scenario(2, "linear", "mcar", 200, 0.5).answers
    assert of_two == pytest.approx([0, 1, np.arctanh(0.5**0.5), 2**0.5 * 0.6744897501960817], abs=1e-9)


def test_proper_draws_and_complete_data_cover_and_one_repeated_value_does_not():
    scenario = Scenario(2, "linear", "mar", 200, 0.5)
    for way in ("complete data", "mice bayes"):
        covered = np.mean([replication(WAYS[way], scenario, seed)[1] for seed in range(60)], axis=0)
        assert (covered > 0.86).all(), way  # 0.95, less three standard errors

    def the_same(complete, x, seed):
        return [np.nan_to_num(x)] * 5

    assert np.mean([replication(the_same, scenario, seed)[1][1] for seed in range(20)]) < 0.2


def test_a_page_is_made_and_later_runs_replace_their_own_rows(tmp_path):
    options = ["--replications", "3", "--out", str(tmp_path), "--ways", "complete data,mice bayes", "--scenarios"]
    assert coverage.main([*options, "2-linear-mcar-200-0.3,5-interaction-mar-200-0.5"]) == 0
    assert coverage.main([*options, "2-linear-mcar-200-0.3"]) == 0
    frame = pd.read_csv(tmp_path / "coverage.csv")
    assert len(frame) == 2 * 2 * len(QUANTITIES)
    assert "5-interaction-mar-200-0.5" in (tmp_path / "coverage.md").read_text()
    assert coverage.main([*options, "3-linear"]) == 2
    assert coverage.main(["--replications", "1", "--out", str(tmp_path)]) == 2
    assert len(merged(frame, [])) == len(frame)
