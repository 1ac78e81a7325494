"""Bounds, whole numbers, sums, orders and formulas hold in every filled cell, of points and of draws."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirimpute import Imputer
from mirimpute.errors import MirimputeWarning, UserError
from mirimpute.imputers.column_choice import all_of
from mirimpute.imputers.constraints import constraints_of
from mirimpute.imputers.options import Options
from mirimpute.table.columns import Column, Kind

QUICK = {"mice": {"rounds": 1, "chains": 3}, "gaussian_em": {"draws": 3}, "hot_deck": {"draws": 3}}
METHODS = st.sampled_from(sorted(QUICK))


def completed(frame, method, **options):
    """Return point and draws of a quick fit, without its warnings."""
    imputer = Imputer(method, parameters=QUICK[method], random_state=0, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MirimputeWarning)
        return [imputer.fit_transform(frame), *imputer.sample(frame, 3)]


def check_observed(tables, frame):
    seen = frame.notna()
    for each in tables:
        assert each.notna().all(axis=None)
        pd.testing.assert_frame_equal(each.where(seen), frame.where(seen))


@st.composite
def incomplete(draw, names, positive=False):
    """Return a table of numbers, some of them whole, that observes each column twice at least."""
    n = draw(st.integers(8, 25))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = rng.normal(size=(n, len(names))) * 10.0 ** rng.integers(-2, 4, len(names))
    x = np.abs(x) if positive else x
    whole = rng.random(len(names)) < 0.3
    x[:, whole] = np.round(x[:, whole])
    x[rng.random(x.shape) < draw(st.floats(0.1, 0.6))] = np.nan
    x[:2] = np.where(np.isnan(x[:2]), rng.integers(1, 9, (2, len(names))), x[:2])
    return pd.DataFrame(x, columns=list(names))


@settings(max_examples=8, deadline=None)
@given(incomplete("abc"), METHODS, st.data())
def test_filled_cells_are_inside_their_bounds_and_whole_where_the_column_is(frame, method, data):
    bounds = {}
    for name in frame:
        low = data.draw(st.none() | st.floats(-50, 50))
        width = data.draw(st.floats(1.0, 60))
        high = data.draw(st.none() | st.just((low or 0.0) + width))
        bounds[name] = (low, high)
    whole = [name for name in frame if (frame[name].dropna() % 1 == 0).all()]
    tables = completed(frame, method, bounds=bounds)
    check_observed(tables, frame)
    for each in tables:
        for name, (low, high) in bounds.items():
            filled = each.loc[frame[name].isna(), name]
            assert low is None or (filled >= low).all()
            assert high is None or (filled <= high).all()
            assert name not in whole or (filled % 1 == 0).all()


@settings(max_examples=8, deadline=None)
@given(incomplete("abcd", positive=True), METHODS, st.integers(0, 99), st.booleans())
def test_parts_sum_to_their_total_in_every_row_that_is_filled(frame, method, seed, whole):
    parts = frame[list("abc")].to_numpy()
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet([1.0, 2.0, 0.5], len(frame))
    if whole:
        counts = np.array([rng.multinomial(20, each) for each in shares]).astype(float)
        total, cells = 20, counts
    else:
        total, cells = 100.0, 100 * shares
    frame[list("abc")] = np.where(np.isnan(parts) & (np.arange(len(frame)) > 1)[:, None], np.nan, cells)
    tables = completed(frame, method, sum_to={("a", "b", "c"): total}, bounds={"b": (0, None)})
    check_observed(tables, frame)
    filled = frame[list("abc")].isna().any(axis=1)
    for each in tables:
        assert np.allclose(each.loc[filled, list("abc")].sum(axis=1), total, rtol=1e-12)
        assert (each.loc[filled, list("abc")] >= 0).all(axis=None)
        if whole:
            assert (each.loc[filled, list("abc")] % 1 == 0).all(axis=None)


@settings(max_examples=8, deadline=None)
@given(incomplete("abcde"), METHODS)
def test_orders_hold_in_every_row_that_is_filled(frame, method):
    """A graph with a join: a <= b <= d and c <= d <= e; whole columns among others; e ends at 1e4."""
    frame[list("abde")] = np.sort(frame[list("abde")].to_numpy(), axis=1)  # sorts missing ones to the end
    rng = np.random.default_rng(len(frame))
    frame = frame.mask(rng.random(frame.shape) < 0.3)
    frame.iloc[:2] = [[1.0, 2.0, 0.0, 3.0, 4.5], [-2.0, 2.0, 1.0, 3.0, 3.0]]
    frame["c"] = frame["c"].clip(upper=frame[["d", "e"]].min(axis=1))
    frame["c"] = np.floor(frame["c"])
    pairs = [("a", "b"), ("b", "d"), ("c", "d"), ("d", "e")]
    tables = completed(frame, method, order=[("a", "b", "d"), ("c", "d"), ("d", "e")], bounds={"e": (None, 1e4)})
    check_observed(tables, frame)
    for each in tables:
        for before, after in pairs:
            assert (each[before] <= each[after])[frame[[before, after]].isna().any(axis=1)].all()


@settings(max_examples=8, deadline=None)
@given(incomplete(("weight", "height", "age"), positive=True), METHODS)
def test_formulas_hold_in_every_row_that_is_filled(frame, method):
    frame += 0.5
    frame["bmi"] = frame["weight"] / frame["height"] ** 2
    frame["twice"] = 2 * frame["bmi"] + frame["age"]
    rng = np.random.default_rng(len(frame))
    holes = frame.mask(rng.random(frame.shape) < 0.25)
    holes.iloc[:2] = frame.iloc[:2]
    holes.iloc[:2] = holes.iloc[:2].fillna(1.5)
    derived = {"twice": "2 * bmi + age", "bmi": "weight / height**2"}
    tables = completed(holes, method, derived=derived, integers=False)
    check_observed(tables, holes)
    for each in tables:
        missing = holes["twice"].isna()
        assert np.allclose(each["twice"][missing], (2 * each["bmi"] + each["age"])[missing], rtol=1e-9)
        parts = holes[["weight", "height"]].isna().any(axis=1)
        solved = (parts & (np.arange(len(holes)) > 1)) | holes["bmi"].isna()
        again = each["weight"] / each["height"] ** 2
        assert np.allclose(again[solved], each["bmi"][solved], rtol=1e-5)


def test_dates_keep_order_whatever_their_steps():
    """One column is of days, the other of minutes: a filled day is not before an observed minute of it."""
    rng = np.random.default_rng(0)
    n = 60
    start = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 90 * 1440, n), unit="min")
    end = (start + pd.to_timedelta(rng.integers(0, 5, n), unit="D")).ceil("D")
    frame = pd.DataFrame({"admitted": start, "discharged": end})
    frame.loc[::3, "discharged"] = None
    frame.loc[1::4, "admitted"] = None
    bounds = {"admitted": ("2020-01-05", None), "discharged": (None, "2021-01-01")}
    tables = completed(frame, "gaussian_em", order=[("admitted", "discharged")], bounds=bounds)
    check_observed(tables, frame)
    for each in tables:
        filled = frame.isna().any(axis=1)
        assert (each["admitted"] <= each["discharged"])[filled].all()
        assert (each["admitted"][frame["admitted"].isna()] >= pd.Timestamp("2020-01-05")).all()
        assert (each["discharged"].dt.normalize() == each["discharged"]).all()


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.0, 1.0), st.sampled_from([1e-3, 1.0, 1e3, 1e9]))
def test_constraints_alone_are_kept_by_any_answer(seed, rate, size):
    """Whatever a method returns, far outside too; and what keeps to them already is not moved."""
    rng = np.random.default_rng(seed)
    x = np.abs(rng.normal(size=(40, 5)))
    x[:, 0] = np.minimum(x[:, 0], 3)
    x[:, 1] += x[:, 0]
    x[:, 2:] *= 10 / x[:, 2:].sum(axis=1, keepdims=True)
    missing = rng.random(x.shape) < rate
    missing[:2] = False
    columns = tuple(Column(name, Kind.CONTINUOUS) for name in "abcde")
    options = Options(bounds={"a": (0, 3)}, order=[("a", "b")], sum_to={("c", "d", "e"): 10})
    holes = np.where(missing, np.nan, x)
    constraints = constraints_of(holes, columns, all_of(tuple("abcde")), options)
    assert constraints.check(holes, None) == []
    held, said = constraints.hold(holes, x)
    assert np.allclose(held, x, rtol=1e-12)
    assert said == []
    wild = np.where(missing, size * rng.standard_cauchy(size=x.shape), x)
    held, _ = constraints.hold(holes, wild)
    assert np.array_equal(held[~missing], x[~missing])
    assert held[:, 0].min() >= 0
    assert held[missing[:, 0], 0].max(initial=0) <= 3
    assert (held[:, 0] <= held[:, 1])[missing[:, :2].any(axis=1)].all()
    assert np.allclose(held[:, 2:].sum(axis=1), 10, rtol=1e-12)
    assert held[:, 2:].min() >= 0


def test_moved_parts_are_the_nearest_in_standard_deviations():
    x = np.array([[0.0, 0.0], [2.0, 20.0], [np.nan, np.nan]])
    columns = (Column("a", Kind.CONTINUOUS), Column("b", Kind.CONTINUOUS))
    options = Options(sum_to={("a", "b"): 101.0}, bounds={"a": (-9, None), "b": (-9, None)})
    constraints = constraints_of(x, columns, all_of(("a", "b")), options)
    held, _ = constraints.hold(x, np.array([[0.0, 0.0], [2.0, 20.0], [0.0, 0.0]]))
    assert held[2] == pytest.approx([1.0, 100.0])  # variances 1 and 100


def test_a_part_is_solved_from_an_observed_formula_and_what_cannot_be_is_told():
    frame = pd.DataFrame(
        {"w": [60.0, 80.0, np.nan, 75.0], "h": [1.6, 2.0, 2.0, np.nan], "bmi": [20.0, 20.0, 25.0, 20.0]}
    )
    frame["free"] = [1.0, 2.0, 3.0, 4.0]
    done = Imputer("mean", derived={"bmi": "w / h**2"}).fit_transform(frame)
    assert done["w"][2] == pytest.approx(100.0)
    assert done["h"][3] == pytest.approx((75 / 20) ** 0.5)
    odd = frame.assign(s=[62.56, 84.0, 30.0, 80.0]).drop(columns="bmi")
    with pytest.warns(MirimputeWarning, match="cannot be solved"):
        Imputer("mean", derived={"s": "abs(w) + h * h"}).fit_transform(odd)
    with pytest.warns(MirimputeWarning, match="check the formula"):
        Imputer("mean", derived={"bmi": "w / h"}).fit_transform(frame)


def test_observed_cells_that_keep_to_nothing_are_told_and_kept():
    frame = pd.DataFrame({"a": [1.0, -5.0, 2.0, np.nan], "b": [3.0, 4.0, 1.0, 9.0]})
    for options, words in (
        ({"bounds": {"a": (0, None)}}, "1 observed value outside of its bounds.*-5 in row 1"),
        ({"order": [("a", "b")]}, "'a' is after 'b' in 1 row"),
        ({"sum_to": {("a", "b"): 4}, "bounds": {"a": (-9, 9)}}, "do not sum to 4 in 2 whole rows,"),
    ):
        imputer = Imputer("mean", **options)
        with pytest.warns(MirimputeWarning, match=words):
            done = imputer.fit_transform(frame)
        assert done["a"][1] == -5.0
        assert any("row" in note for note in imputer.notes_)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sum_to": {("a", "b", "c"): 10}}, "row 2"),
        ({"order": [("a", "b", "c")]}, "'b' has no ordered value in row 3"),
        ({"order": [("a", "b")], "bounds": {"b": (None, 0)}}, "no ordered value in row 3"),
    ],
)
def test_rows_that_leave_no_room_are_refused_before_the_work(options, words, monkeypatch):
    monkeypatch.setattr("mirimpute.imputers.table_model.learnt", lambda *_: pytest.fail("it learns"))
    frame = pd.DataFrame(
        {
            "a": [1.0, 2.0, 9.5, 5.0],
            "b": [2.0, 3.0, 9.5, np.nan],
            "c": [7.0, 5.0, np.nan, 1.0],
            "d": [1.0, 2.0, 3.0, 4.0],
        }
    )
    with pytest.raises(UserError, match=words):
        Imputer("mean", **options).fit(frame)


STEPS = pd.DataFrame({"x": np.arange(40.0) ** 1.1}).assign(
    pay=lambda table: 100 * (table["x"] / 3).round(),
    rate=lambda table: (table["x"] / 7).round() / 4,
    free=lambda table: (table["x"] / 7).round(3),
)


def test_a_column_of_multiples_is_filled_with_multiples():
    """Salaries in hundreds, rates in quarters; asked for otherwise, or moved by another constraint, they are not."""
    frame = STEPS.mask(np.random.default_rng(0).random(STEPS.shape) < 0.2)
    for each in completed(frame, "mice"):
        assert (each["pay"] % 100 == 0).all()
        assert (each["rate"] % 0.25 == 0).all()
        assert (each["free"][frame["free"].isna()] % 0.001 > 1e-9).any()
    for options in ({"integers": False}, {"kinds": {"pay": "continuous"}}, {"derived": {"pay": "300 * x / 9"}}):
        assert (completed(frame, "mice", **options)[0]["pay"] % 100 != 0).any(), options


def test_quarters_of_an_hour_stay_such():
    minutes = pd.to_timedelta(15 * (np.arange(60) * 7 % 40), unit="min")
    frame = pd.DataFrame({"long": minutes, "when": pd.Timestamp("2024-05-01") + 3 * minutes, "x": np.arange(60) ** 1.1})
    frame = frame.mask(np.random.default_rng(0).random(frame.shape) < 0.2)
    for each in completed(frame, "mice"):
        assert (each["long"] % pd.Timedelta(minutes=15) == pd.Timedelta(0)).all()
        assert (each["when"].dt.minute % 15 == 0).all()


def test_a_step_that_leaves_no_value_between_bounds_is_none():
    frame = STEPS.mask(np.random.default_rng(0).random(STEPS.shape) < 0.2)
    filled = completed(frame, "mice", bounds={"pay": (110, 190)})[0]["pay"][frame["pay"].isna()]
    assert filled.between(110, 190).all()
