"""The benchmark that holds mice against R's, and the comparison itself in small, where R and its package are."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from benchmarks.mice_r import measures, of_r, ours
from benchmarks.mice_r_page import page_of, ratio_of_means
from benchmarks.mice_r_tables import TABLES, mixed, noise, quadratic
from mirimpute.errors import UserError

SLOW_KINDS = [pytest.param(kind, marks=pytest.mark.slow) for kind in ("cart", "rf")]


@pytest.fixture(scope="module")
def needs_r():
    """Skip where R or its package mice is not installed; the continuous integration installs both."""
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript is not installed (Debian: r-base-core), so there is no other mice to compare with")
    asked = ["Rscript", "-e", "stopifnot(requireNamespace('mice'), requireNamespace('nnet'))"]
    if subprocess.run(asked, capture_output=True, check=False).returncode:
        pytest.skip("R has no package mice or nnet (Debian: r-cran-mice, r-cran-nnet)")


def both(table, seeds, **options):
    """Return the measures of both on the same tables, a frame each of a row per seed."""
    frames = []
    for complete in (ours, of_r):
        cases = [(table(seed), seed) for seed in seeds]
        frames.append(pd.DataFrame([measures(case, complete(case, seed, **options)) for case, seed in cases]))
    return frames


@pytest.mark.parametrize("kind", ["pmm", "bayes", *SLOW_KINDS])
@pytest.mark.parametrize("table", [quadratic, noise])
def test_draws_are_those_of_r_but_for_chance(table, kind, needs_r):
    """Means over five tables, of the same hidden cells: apart by at most a tenth, and five standard errors.

    One column has holes, so that one round is as good as many.
    """
    own, other = both(table, range(5), chains=50, rounds=1, kind=kind)
    for name in own:
        apart = own[name] - other[name]
        allowed = 0.1 * abs(other[name].mean()) + 5 * apart.std(ddof=1) / len(apart) ** 0.5
        assert abs(apart.mean()) <= allowed, name
    # beyond chance: by weights that are shrunk these are 1.6 and 1.7
    assert own["w1"].mean() / other["w1"].mean() == pytest.approx(1, abs=0.25)


@pytest.mark.parametrize("kind", ["pmm", *SLOW_KINDS])
def test_categories_are_drawn_as_r_does(kind, needs_r):
    own, other = both(mixed, range(3), chains=10, rounds=3, kind=kind)
    assert own["brier"].mean() == pytest.approx(other["brier"].mean(), rel=0.1)
    assert own["crps"].mean() == pytest.approx(other["crps"].mean(), rel=0.1)


def test_r_leaves_observed_cells_and_fills_the_others(needs_r):
    case = mixed(0)
    completed = of_r(case, 0, chains=2, rounds=1)
    assert completed.shape == (2, *case.truth.shape)
    assert np.array_equal(completed[:, ~case.missing], np.stack([case.truth[~case.missing]] * 2))
    assert np.isfinite(completed).all()
    assert set(np.unique(completed[:, :, 3])) <= {0.0, 1.0, 2.0}


def test_what_r_says_of_a_table_that_it_refuses_is_told(needs_r):
    case = quadratic(0)
    hidden = np.ones_like(case.missing)
    with pytest.raises(UserError, match="R's mice failed"):
        of_r(replace(case, missing=hidden), 0, chains=1)


def test_without_r_one_is_told_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UserError, match="r-cran-mice"):
        of_r(quadratic(0), 0, chains=1)


def test_measures_of_the_truth_are_those_of_no_error():
    case = noise(0)
    found = measures(case, np.stack([case.truth] * 2))
    assert [found[name] for name in ("energy", "w1", "crps", "bias")] == pytest.approx([0, 0, 0, 0], abs=1e-12)
    assert found["distinct"] == 1
    moved = np.where(case.missing, case.truth + 0.5, case.truth)
    assert measures(case, moved[None])["crps"] == pytest.approx(0.5)
    assert measures(case, moved[None])["w1"] == pytest.approx(0.5)
    assert measures(case, moved[None])["bias"] == pytest.approx(0.5)


def test_the_page_counts_the_ratios_that_are_within_a_tenth():
    rows = [
        {
            "kind": "cart",
            "table": "noise",
            "seed": seed,
            "way": way,
            "energy": energy,
            "crps": 1.0 + 0.01 * seed,
            "bias": 0.1,
        }
        for seed in (0, 1)
        for way, energy in (("mirimpute", 1.2), ("R", 1.0))
    ]
    lines = page_of(pd.DataFrame(rows))
    assert "| cart | noise | energy | 2 | 1.20 | 1.00 | 1.200 ± 0.000 | +0.2 ± 0 |" in lines
    assert "- 1 of 2 ratios are within 10% of 1." in lines


def test_the_interval_of_a_ratio_holds_the_true_one_as_often_as_it_says():
    rng, held = np.random.default_rng(0), []
    for _ in range(400):
        base = 2 + 0.5 * rng.standard_normal(9)
        ratio, half = ratio_of_means(pd.Series(1.3 * base + 0.2 * rng.standard_normal(9)), pd.Series(base))
        held.append(abs(ratio - 1.3) <= half)
    assert np.mean(held) == pytest.approx(0.95, abs=0.035)


def test_hidden_cells_are_those_of_the_seed_and_never_a_whole_row():
    for name, table in TABLES.items():
        if name.startswith("uci/") or name == "titanic":
            continue
        assert np.array_equal(table(3).missing, table(3).missing)
        assert not np.array_equal(table(3).missing, table(4).missing)
        assert not table(3).missing.all(axis=1).any()
