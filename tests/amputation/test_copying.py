"""Patterns copied from the table's own rows."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirimpute.amputation import Copy, Fitted, amputate
from mirimpute.errors import UserError
from tests.amputation.test_amputate import tables

BOTH = pytest.mark.parametrize("kind", [Copy, Fitted])


@pytest.fixture
def holey():
    """Columns 0 and 1 are missing together, column 2 alone, column 3 never."""
    x = np.random.default_rng(0).normal(size=(1000, 4))
    x[:100, :2] = np.nan
    x[100:300, 2] = np.nan
    return x


def run(x, rate, seed=0, kind=Copy, rate_of="overall"):
    return amputate(x, kind(name="copy"), rate, rate_of, np.random.default_rng(seed))


def attempt(x, kind, rate, seed):
    """The refusal and None, or "" and the result."""
    try:
        return "", run(x, rate, seed, kind)
    except UserError as error:
        return str(error), None


@BOTH
def test_columns_go_missing_together_as_they_do_in_the_table(holey, kind):
    result = run(holey, 0.1, kind=kind)
    fresh = ~np.isnan(holey[:, :2]).any(axis=1)
    assert (result.scored[fresh, 0] == result.scored[fresh, 1]).mean() > 0.995  # but for the row at which a rate is met
    assert not result.scored[:, 3].any()
    assert "column(s) 3 stay observed" in result.notes[0]
    together = (result.scored[fresh, 0] & result.scored[fresh, 2]).mean()
    assert together == pytest.approx(0.01, abs=4 * np.sqrt(0.01 / fresh.sum()))  # of two that are independent at 0.1


@BOTH
@pytest.mark.parametrize("rate_of", ["overall", "eligible"])
def test_every_incomplete_column_loses_the_same_share_of_its_own_cells(holey, kind, rate_of):
    holey[5, 3] = np.nan  # one hole is enough
    observed = (~np.isnan(holey)).sum(axis=0)
    for rate in (0.1, 0.3, 0.6):
        result = run(holey, rate, kind=kind, rate_of=rate_of)
        assert result.scored.sum() == round(rate * observed.sum())
        assert np.abs(result.scored.sum(axis=0) - rate * observed).max() <= 1 + result.repaired_cells
    assert not (result.scored & np.isnan(holey)).any()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(tables(), st.sampled_from([Copy, Fitted]), st.floats(0.01, 0.97), st.integers(0, 1000))
def test_rate_is_met_or_refused_with_a_rate_that_is_met(values, kind, rate, seed):
    refusal, result = attempt(values, kind, rate, seed)
    if result is None:
        advice = re.search(r"give at (most|least) ([\d.e-]+)", refusal)
        if advice is None:
            assert re.search(r"use mechanism=mcar|give a larger table", refusal)
            return
        rate = float(advice[2])
        result = run(values, rate, seed, kind)
    assert abs(result.scored.sum() - rate * result.eligible.sum()) <= 1 + 1e-9
    assert not (result.scored & np.isnan(values)).any()
    assert not result.scored[:, ~np.isnan(values).any(axis=0)].any()


def test_a_partner_comes_along_as_often_as_in_the_table():
    """Of the rows that lack column 0, three in ten lack column 1 too, which is missing elsewhere as often as that."""
    x = np.random.default_rng(3).normal(size=(20_000, 3))
    x[:1000, 0] = np.nan
    x[700:1700, 1] = np.nan
    scored = run(x, 0.05).scored[1700:]
    n = scored[:, 0].sum()
    by_chance = 0.7 * 0.05  # the row gets a second pattern
    assert scored[scored[:, 0], 1].mean() == pytest.approx(0.3 + by_chance, abs=by_chance + 3 * np.sqrt(0.21 / n))


def test_patterns_do_not_depend_on_values(holey):
    other = np.where(np.isnan(holey), np.nan, np.random.default_rng(1).exponential(size=holey.shape))
    first, second = run(holey, 0.2), run(other, 0.2)
    assert (first.scored != second.scored).mean() < 1e-3  # the repair rules look at values


@BOTH
def test_smaller_rates_are_parts_of_larger_ones(holey, kind):
    small, large = (run(holey, rate, kind=kind).scored for rate in (0.1, 0.3))
    assert not (small & ~large).any()


@BOTH
def test_complete_tables_are_refused(kind):
    with pytest.raises(UserError, match="no row lacks one: use mechanism=mcar or mar"):
        run(np.random.default_rng(0).normal(size=(50, 3)), 0.2, kind=kind)


def test_complete_tables_lose_cells_at_random_where_that_is_asked_for():
    x = np.random.default_rng(0).normal(size=(50, 3))
    mechanism = Copy(name="copy", mcar_if_complete=True)
    result = amputate(x, mechanism, 0.2, "overall", np.random.default_rng(0))
    assert result.scored.sum() == 30
    assert result.notes == ("the table misses no cell: cells were hidden completely at random",)


@BOTH
def test_rows_that_miss_all_are_patterns_that_leave_one_cell(holey, kind):
    x = np.where(np.isnan(holey), 0.0, holey)
    x[:20] = np.nan
    scored = run(x, 0.3, kind=kind).scored
    hidden = scored[20:].sum(axis=1)
    assert (np.isin(hidden, [0, 3])).mean() > 0.99  # but for the rows at which the rates are met
    assert hidden.max() == 3
