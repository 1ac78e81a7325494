"""The realised rate, and what a mask may not depend on, over random tables."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirimpute.amputation import MECHANISMS, RATES_OF, amputate
from mirimpute.errors import UserError

NAMES = sorted(set(MECHANISMS) - {"copy", "fitted"})  # which need a table with holes, see test_copying.py


def run(values, mechanism, rate, rate_of="overall", seed=0, **parameters):
    rng = np.random.default_rng(seed)
    return amputate(values, MECHANISMS[mechanism](name=mechanism, **parameters), rate, rate_of, rng)


def attempt(*arguments):
    """The refusal and None, or "" and the result."""
    try:
        return "", run(*arguments)
    except UserError as error:
        return str(error), None


def column(kind, n, rng):
    if kind == "integer":
        return rng.integers(0, 6, n).astype(float)
    if kind == "binary":
        return (rng.random(n) < 0.2).astype(float)
    if kind == "constant":
        return np.full(n, rng.normal())
    if kind == "heavy":
        return rng.standard_t(1.5, n)
    return rng.normal(size=n)


@st.composite
def tables(draw):
    """Tables of 5 to 60 rows with awkward columns, scales from 1e-6 to 1e6 and their own missing cells."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(5, 60))
    kinds = draw(
        st.lists(
            st.sampled_from(["normal", "normal", "heavy", "integer", "binary", "constant", "duplicate"]),
            min_size=2,
            max_size=7,
        )
    )
    columns = []
    for kind in kinds:
        columns.append(columns[-1].copy() if kind == "duplicate" and columns else column(kind, n, rng))
    values = np.column_stack(columns) * 10.0 ** rng.integers(-6, 7, len(columns))
    values[rng.random(values.shape) < draw(st.sampled_from([0.0, 0.1, 0.5]))] = np.nan
    return values


@settings(max_examples=300, deadline=None, derandomize=True)
@given(tables(), st.sampled_from(NAMES), st.floats(0.01, 0.97), st.sampled_from(RATES_OF), st.integers(0, 1000))
def test_rate_is_met_or_refused_with_a_rate_that_is_met(values, mechanism, rate, rate_of, seed):
    before = values.copy()
    refusal, result = attempt(values, mechanism, rate, rate_of, seed)
    if result is None:
        advice = re.search(r"give at (most|least) ([\d.e-]+)", refusal)
        if advice is None:
            assert re.search(r"use mechanism=mcar|give a larger table", refusal)
            return
        assert f"missing_rate={rate}" in refusal
        assert float(advice[2]) < rate if advice[1] == "most" else float(advice[2]) > rate
        rate = float(advice[2])
        result = run(values, mechanism, rate, rate_of, seed)
    np.testing.assert_array_equal(values, before)
    observed = ~np.isnan(values)
    assert not (result.scored & ~observed).any()
    assert not (result.scored & ~result.eligible).any()
    base = observed.sum() if rate_of == "overall" else result.eligible.sum()
    assert abs(result.scored.sum() - rate * base) <= 1 + 1e-9
    assert result.scored.any()
    assert result.realised_rate == result.scored.sum() / observed.sum()
    assert result.nominal_rate == rate
    for j in range(values.shape[1]):
        if observed[:, j].any():
            assert result.realised_rate_by_column[j] == result.scored[:, j].sum() / observed[:, j].sum()
        else:
            assert np.isnan(result.realised_rate_by_column[j])
    left = observed & ~result.scored
    assert left[observed.any(axis=1)].any(axis=1).all()
    for j in range(values.shape[1]):
        assert left[:, j].sum() >= min(2, observed[:, j].sum())
        distinct = len(np.unique(values[observed[:, j], j]))
        assert len(np.unique(values[left[:, j], j])) >= min(2, distinct)


@pytest.mark.parametrize("mechanism", NAMES)
@pytest.mark.parametrize("rate_of", RATES_OF)
@pytest.mark.parametrize("rate", [0.1, 0.3, 0.45])
@pytest.mark.parametrize("shape", [(40, 3), (500, 8), (30, 60)])
def test_ordinary_tables_are_never_refused(mechanism, rate_of, rate, shape):
    values = np.random.default_rng(5).normal(size=shape)
    parameters = {"quantile": 0.4} if mechanism == "mnar_quantile" else {}
    result = run(values, mechanism, rate, rate_of, **parameters)
    base = values.size if rate_of == "overall" else result.eligible.sum()
    assert abs(result.scored.sum() - rate * base) <= 0.5


@pytest.mark.parametrize(
    "mechanism", ["mar", "mar_driver", "mar_threshold", "mnar_logistic", "mnar_self", "sequential"]
)
def test_an_intercept_per_column_gives_every_eligible_column_the_same_rate(mechanism):
    rng = np.random.default_rng(1)
    values = np.exp(2 * rng.normal(size=(1000, 20)))  # skewed: one intercept for all would give unequal rates
    result = run(values, mechanism, 0.4, "eligible")
    assert result.repaired_cells == 0
    counts = result.scored[:, result.eligible.any(axis=0)].sum(axis=0)
    assert np.abs(counts - 400).max() <= 1


def test_rates_in_columns_differ_by_at_most_the_repaired_cells():
    values = np.random.default_rng(2).normal(size=(300, 2))
    result = run(values, "mnar_self", 0.4)
    assert result.repaired_cells > 0
    assert result.scored.sum() == 240
    assert np.abs(result.scored.sum(axis=0) - 120).max() <= result.repaired_cells + 1


def test_overall_counts_the_cells_of_columns_that_stay_observed():
    values = np.random.default_rng(3).normal(size=(1000, 10))
    overall, eligible = run(values, "mar", 0.35), run(values, "mar", 0.35, "eligible")
    assert (overall.realised_rate, eligible.realised_rate) == (0.35, 0.245)
    assert sorted(overall.realised_rate_by_column) == [0, 0, 0] + [0.5] * 7


def test_two_columns_at_random_reach_the_rate():
    values = np.random.default_rng(4).normal(size=(1000, 2))
    result = run(values, "mcar", 0.3)
    assert result.realised_rate == 0.3
    # A raw rate r empties r² of the rows, each of which gets one cell back: 2r − r² = 0.6, hence r² = 0.135.
    assert abs(result.repaired_cells - 135) < 4 * np.sqrt(1000 * 0.135 * 0.865)
    assert not result.scored.all(axis=1).any()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(tables(), st.sampled_from(NAMES), st.integers(0, 1000))
def test_a_positive_affine_change_of_a_column_leaves_the_mask(values, mechanism, seed):
    rng = np.random.default_rng(seed)
    sd = np.nanstd(np.where(np.isnan(values).all(axis=0), 0, values), axis=0) + (np.isnan(values).all(axis=0))
    scale = 10.0 ** rng.uniform(-6, 6, values.shape[1])
    changed = values * scale + rng.uniform(-10, 10, values.shape[1]) * scale * sd
    refusal, result = attempt(values, mechanism, 0.15, "eligible", seed)
    refusal_of_changed, result_of_changed = attempt(changed, mechanism, 0.15, "eligible", seed)
    assert refusal == refusal_of_changed
    if result is not None:
        np.testing.assert_array_equal(result.scored, result_of_changed.scored)


@pytest.mark.parametrize("mechanism", NAMES)
def test_the_generator_decides(mechanism):
    values = np.random.default_rng(6).normal(size=(200, 5))
    first, again, other = (run(values, mechanism, 0.3, seed=seed).scored for seed in (7, 7, 8))
    np.testing.assert_array_equal(first, again)
    assert (first != other).sum() > 100


@pytest.mark.parametrize("mechanism", NAMES)
def test_a_larger_rate_hides_a_larger_set(mechanism):
    values = np.random.default_rng(7).normal(size=(200, 3))
    smaller = np.zeros(values.shape, dtype=bool)
    for rate in (0.05, 0.2, 0.4, 0.6):
        larger = run(values, mechanism, rate, "eligible").scored
        assert (larger | ~smaller).all()
        assert larger.sum() > smaller.sum()
        smaller = larger
