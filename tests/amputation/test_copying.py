"""Patterns copied from the table's own rows."""

import numpy as np
import pytest

from mirimpute.amputation import Copy, amputate
from mirimpute.errors import UserError


@pytest.fixture
def holey():
    """Columns 0 and 1 are missing together, column 2 alone, column 3 never."""
    x = np.random.default_rng(0).normal(size=(1000, 4))
    x[:100, :2] = np.nan
    x[100:300, 2] = np.nan
    return x


def run(x, rate, seed=0):
    return amputate(x, Copy(name="copy"), rate, "overall", np.random.default_rng(seed))


def test_columns_go_missing_together_as_they_do_in_the_table(holey):
    result = run(holey, 0.1)
    fresh = ~np.isnan(holey).any(axis=1)
    hidden = result.scored[fresh]
    assert (hidden[:, 0] == hidden[:, 1]).mean() > 0.995  # but for the row at which the rate is reached
    assert not hidden[:, 3].any()
    rows = hidden[hidden.any(axis=1)]
    # a third of the incomplete rows miss the first two
    assert rows[:, 0].mean() == pytest.approx(1 / 3, abs=4 * np.sqrt(2 / 9 / len(rows)))
    assert result.notes == ("complete column(s) 3 stay observed",)


def test_rate_is_exact_and_own_holes_are_never_scored(holey):
    result = run(holey, 0.2)
    assert result.scored.sum() == round(0.2 * (~np.isnan(holey)).sum())
    assert not (result.scored & np.isnan(holey)).any()


def test_second_patterns_reach_rates_that_one_cannot(holey):
    """One pattern per row hides at most a third of the cells; eight reach nearly all of three columns."""
    assert run(holey, 0.6).scored[:, :3].mean() > 0.5
    with pytest.raises(UserError, match="columns miss nothing in the table and stay observed"):
        run(holey, 0.9)


def test_patterns_do_not_depend_on_values(holey):
    other = np.where(np.isnan(holey), np.nan, np.random.default_rng(1).exponential(size=holey.shape))
    first, second = run(holey, 0.2), run(other, 0.2)
    assert (first.scored != second.scored).mean() < 1e-3  # the repair rules look at values


def test_smaller_rates_are_parts_of_larger_ones(holey):
    small, large = run(holey, 0.1).scored, run(holey, 0.3).scored
    assert not (small & ~large).any()


def test_complete_tables_are_refused():
    with pytest.raises(UserError, match="no row has one: use mechanism=mcar or mar"):
        run(np.random.default_rng(0).normal(size=(50, 3)), 0.2)


def test_complete_tables_lose_cells_at_random_where_that_is_asked_for():
    x = np.random.default_rng(0).normal(size=(50, 3))
    mechanism = Copy(name="copy", mcar_if_complete=True)
    result = amputate(x, mechanism, 0.2, "overall", np.random.default_rng(0))
    assert result.scored.sum() == 30
    assert result.notes == ("the table misses no cell: cells were hidden completely at random",)


def test_rows_that_miss_all_are_patterns_that_leave_one_cell(holey):
    x = np.where(np.isnan(holey), 0.0, holey)
    x[:20] = np.nan
    scored = run(x, 0.3).scored
    hidden = scored[20:].sum(axis=1)
    assert (np.isin(hidden, [0, 3])).mean() > 0.995  # but for the row at which the rate is reached
