"""Tables before and after as numbers, and what they are compared by."""

import re

import numpy as np
import pytest
from scipy import stats

from mirimpute.diagnostics.best_predictors import best_predictors
from mirimpute.diagnostics.changes import changes, rows_of, sentences
from mirimpute.diagnostics.completions import Completions, completions_of
from mirimpute.diagnostics.propensity import Propensity, propensity
from mirimpute.errors import UserError
from mirimpute.table.columns import Column, Kind

from .filled import before_and_after


@pytest.fixture
def tables():
    return before_and_after()


def test_columns_of_every_kind_become_numbers(tables):
    before, completed = tables
    found = completions_of(before, completed, [completed, completed])
    assert found.names == ("age", "crp", "ward", "when")
    assert found.draws.shape == (2, *before[list(found.names)].shape)
    assert np.array_equal(found.missing, before[list(found.names)].isna().to_numpy())
    assert np.array_equal(found.point[~found.missing], found.before[~found.missing])
    assert found.incomplete == sorted(found.incomplete, key=lambda j: -found.missing[:, j].sum())


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda before, completed: (before, completed[:5]), "not its completion"),
        (lambda before, completed: (before, before), "still has missing values"),
        (lambda before, completed: (before, completed.to_numpy()), "ndarray"),
        (lambda before, completed: (before.to_numpy(), completed), "ndarray"),
    ],
)
def test_what_is_no_completion_is_refused(tables, spoil, words):
    with pytest.raises(UserError, match=re.escape(words)):
        completions_of(*spoil(*tables))


def test_changes_are_means_and_shares(tables):
    before, completed = tables
    lines = {each.column: each for each in changes(completions_of(before, completed))}
    assert set(lines) == {1, 2, 3}  # age is complete
    crp, hidden = lines[1], before["crp"].isna()
    assert crp.filled == hidden.sum()
    assert crp.imputed == pytest.approx(completed.loc[hidden, "crp"].mean())
    spread = before["crp"].std(ddof=0)
    assert crp.difference == pytest.approx((crp.imputed - before["crp"].mean()) / spread)
    hidden = before["ward"].isna()
    seen, made = (each.value_counts(normalize=True) for each in (before["ward"], completed.loc[hidden, "ward"]))
    assert lines[2].difference == pytest.approx(seen.sub(made, fill_value=0).abs().sum() / 2)


def test_values_outside_of_the_observed_ones_are_told_with_their_rows(tables):
    before, completed = tables
    row = int(np.flatnonzero(before["crp"].isna())[0])
    completed.loc[row, "crp"] = before["crp"].max() + 1
    (sentence,) = [each for each in sentences(completions_of(before, completed)) if "outside" in each]
    assert "'crp'" in sentence
    assert rows_of(np.arange(len(before)) == row) in sentence


def test_a_wild_cell_rules_no_mean(tables):
    before, completed = tables
    usual = changes(completions_of(before, completed))
    row = int(np.flatnonzero(before["crp"].notna())[0])
    for table in tables:
        table.loc[row, "crp"] = 1e9
    found = completions_of(before, completed)
    assert not found.observed[row, 1]
    assert changes(found)[0].observed == pytest.approx(usual[0].observed, rel=0.2)
    assert found.tame(found.point)[row, 1] < 1e4


def numbers(values, hidden=()):
    x = np.asarray(values, dtype=float)
    before = x.copy()
    for row, column in hidden:
        before[row, column] = np.nan
    return Completions(tuple(Column(f"x{j}", Kind.CONTINUOUS) for j in range(x.shape[1])), before, x)


def test_the_best_predictor_is_the_one_with_the_largest_rank_correlation():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 5)) + rng.normal(size=(200, 1)) * [1.0, 0.1, 2.0, 0.5, 0.0]
    found = best_predictors(numbers(np.exp(x)), 0, count=4)
    correlations = np.abs(stats.spearmanr(x).statistic[0])
    assert found == sorted(range(1, 5), key=lambda j: -correlations[j])


def test_categories_are_predictors_too():
    rng = np.random.default_rng(1)
    ward = rng.integers(0, 3, size=200)
    table = numbers(
        np.column_stack([np.array([0.0, 5.0, 1.0])[ward] + rng.normal(size=200), rng.normal(size=200), ward])
    )
    columns = (*table.columns[:2], Column("ward", Kind.CATEGORICAL, ("a", "b", "c")))
    assert best_predictors(Completions(columns, table.before, table.point), 0)[0] == 2
    assert best_predictors(Completions(columns, table.before, table.point), 2)[0] == 0


def test_propensity_finds_what_tells_the_missing_cells():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(400, 3))
    told = rng.random(400) < 1 / (1 + np.exp(-3 * x[:, 0]))
    blind = rng.random(400) < 0.5
    hidden = [(row, 1) for row in np.flatnonzero(told)] + [(row, 2) for row in np.flatnonzero(blind)]
    table = numbers(x, hidden)
    by_other, by_nothing = propensity(table, 1), propensity(table, 2)
    assert isinstance(by_other, Propensity)
    assert isinstance(by_nothing, Propensity)
    assert by_other.auc > 0.8
    assert abs(by_nothing.auc - 0.5) < 4 * np.sqrt(400 / 12) / np.sqrt(blind.sum() * (~blind).sum())
    assert ((by_other.chance > 0) & (by_other.chance < 1)).all()


def test_propensity_says_why_there_is_none():
    assert "10 missing" in propensity(numbers(np.ones((30, 2)), [(0, 0)]), 0)
    assert "no other column" in propensity(numbers(np.ones((30, 1)), [(k, 0) for k in range(15)]), 0)
