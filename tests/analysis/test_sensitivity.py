"""Shifted draws: only imputed cells move, by what was asked; estimates follow in closed form."""

import re

import numpy as np
import pandas as pd
import pytest

from mirimpute.analysis.sensitivity import delta_adjusted, sensitivity, tipping_points
from mirimpute.errors import UserError

from . import golden


@pytest.fixture
def before():
    return golden.incomplete()


@pytest.fixture
def tables():
    return golden.completed()


def test_only_imputed_cells_move(before, tables):
    missing = before["chl"].isna()
    for shifted, table in zip(delta_adjusted(before, tables, {"chl": 2.5}), tables, strict=True):
        moved = shifted["chl"] - table["chl"]
        assert (moved[missing] == 2.5).all()
        assert (moved[~missing] == 0).all()
        pd.testing.assert_frame_equal(shifted.drop(columns="chl"), table.drop(columns="chl"))


def test_by_group_and_several_columns(before, tables):
    delta = {"chl": {"20-39": 10.0, "60-99": -5.0}, "bmi": 1.0}
    shifted = delta_adjusted(before, tables, delta, by="age")[3]
    moved, missing = shifted["chl"] - tables[3]["chl"], before["chl"].isna()
    expected = before["age"].map({"20-39": 10.0, "60-99": -5.0}).fillna(0) * missing
    assert moved.to_numpy() == pytest.approx(expected.to_numpy())
    assert (shifted["bmi"] - tables[3]["bmi"]).to_numpy() == pytest.approx(before["bmi"].isna().to_numpy(float))


def test_whole_numbers_stay_whole_where_they_can():
    before = pd.DataFrame({"a": pd.array([1, None, 3], dtype="Int64")})
    table = pd.DataFrame({"a": pd.array([1, 2, 3], dtype="Int64")})
    assert delta_adjusted(before, [table], {"a": 2})[0]["a"].dtype == "Int64"
    assert delta_adjusted(before, [table], {"a": 0.5})[0]["a"].tolist() == [1, 2.5, 3]


def test_a_mean_moves_by_the_shift_times_the_share_of_missing_cells(before, tables):
    deltas = [-20.0, 0.0, 10.0]
    found = sensitivity(before, tables, "chl ~ 1", "chl", deltas)
    at_random = found.loc[found["delta"] == 0, "estimate"].item()
    share = before["chl"].isna().mean()
    assert found["estimate"].to_numpy() == pytest.approx([at_random + delta * share for delta in deltas])


def test_a_group_is_shifted_alone(before, tables):
    found = sensitivity(before, tables, "chl ~ 1", "chl", [0.0, 10.0], by="age", group="20-39")
    rows = (before["chl"].isna() & (before["age"] == "20-39")).mean()
    assert np.diff(found["estimate"]) == pytest.approx([10 * rows])


def test_the_tipping_point_is_where_p_crosses():
    table = pd.DataFrame({"delta": [2.0, 0.0, 1.0], "term": "a", "p": [0.25, 0.01, 0.05 + 0.04]})
    assert tipping_points(table, "a") == pytest.approx([0.5])
    assert tipping_points(table, "a", alpha=0.5) == []
    with pytest.raises(UserError, match="unknown term"):
        tipping_points(table, "b")


@pytest.mark.parametrize(
    ("delta", "options", "words"),
    [
        ({}, {}, "names no column"),
        (2.0, {}, "names no column"),
        ({"crp": 2.0}, {}, "unknown column in delta 'crp'"),
        ({"hyp": 1.0}, {}, "holds no numbers"),
        ({"row": 1.0}, {}, "no missing value"),
        ({"chl": np.nan}, {}, "finite number"),
        ({"chl": "two"}, {}, "finite number"),
        ({"chl": {"20-39": 1.0}}, {}, "by= is not given"),
        ({"chl": {"young": 1.0}}, {"by": "age"}, "unknown group of column 'age' in delta 'young': valid: 20-39"),
        ({"chl": 1.0}, {"by": "agee"}, "unknown column for by 'agee': did you mean 'age'"),
    ],
)
def test_bad_shifts_are_one_sentence(before, tables, delta, options, words):
    with pytest.raises(UserError, match=re.escape(words)):
        delta_adjusted(before.assign(row=1.0), tables, delta, **options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"deltas": []}, "deltas is empty"),
        ({"deltas": 3}, "deltas=3 is no grid of shifts: give one such as"),
        ({"deltas": [1.0], "group": "20-39"}, "belong together"),
    ],
)
def test_bad_grids_are_one_sentence(before, tables, options, words):
    with pytest.raises(UserError, match=words):
        sensitivity(before, tables, "chl ~ 1", "chl", **options)


def test_other_rows_are_refused(before, tables):
    with pytest.raises(UserError, match="not its completions"):
        delta_adjusted(before[:9], tables, {"chl": 1.0})
    with pytest.raises(UserError, match="no column 'more'"):
        delta_adjusted(before.assign(more=1), tables, {"chl": 1.0})
