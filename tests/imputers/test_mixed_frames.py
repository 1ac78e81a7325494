"""`MirfImputer` and cells on tables of numbers, categories and dates."""

import warnings
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirimpute import MirfImputer
from mirimpute.amputation import Mcar
from mirimpute.bench.cell import run_cell
from mirimpute.bench.config import CellConfig, Protocol
from mirimpute.datasets.files import File
from mirimpute.errors import UserError
from mirimpute.methods.presets import named_method

QUICK = {"steps": 3, "final_steps": 3, "rounds": 1, "trees": 8}


def frame_of(n=240, seed=0):
    """Return a complete table of every dtype whose columns follow one number."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=n)
    return pd.DataFrame(
        {
            "number": z + 0.3 * rng.normal(size=n),
            "whole": pd.array((3 * z).round(), dtype="Int64"),
            "complete": (2 * z).round().astype(int),
            "word": np.where(z > 0.3, "high", np.where(z < -0.3, "low", "mid")),
            "category": pd.Categorical(np.where(z > 0, "yes", "no"), categories=["no", "yes", "never"]),
            "size": pd.Categorical(np.digitize(z, [-0.5, 0.5]), categories=[0, 1, 2], ordered=True),
            "bool": pd.Series(z > 0.5, dtype=object),
            "flag": pd.array(z > -0.5, dtype="boolean"),
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta((100 * z).round(), unit="D"),
            "zoned": pd.Timestamp("2020-01-01", tz="Europe/Berlin") + pd.to_timedelta((100 * z).round(), unit="h"),
            "time": pd.to_timedelta((60 * z).round(), unit="s"),
            "written": (pd.Timestamp("2020-01-01") + pd.to_timedelta((100 * z).round(), unit="D")).strftime("%Y-%m-%d"),
            "constant": "x",
            "single": z.astype("float32"),
        }
    )


def with_holes(frame, rate=0.25, seed=1, kept=("complete",)):
    rng = np.random.default_rng(seed)
    holes = frame.copy()
    for name in frame.columns:
        if name not in kept:
            holes.loc[rng.random(len(frame)) < rate, name] = None
    return holes


def check_completed(completed, holes):
    """Check dtypes, observed cells, and that no category is invented."""
    pd.testing.assert_series_equal(completed.dtypes, holes.dtypes)
    assert completed.index.equals(holes.index)
    assert completed.columns.equals(holes.columns)
    assert not completed.isna().any().any()
    for name in holes.columns:
        seen = holes[name].notna()
        pd.testing.assert_series_equal(completed.loc[seen, name], holes.loc[seen, name])
        written = holes.loc[seen, name].astype(str).str.fullmatch(r"\d{4}-\d\d-\d\d").all()
        if holes[name].dtype.kind == "O" and written:
            assert completed[name].str.fullmatch(r"\d{4}-\d\d-\d\d").all()
        elif not pd.api.types.is_numeric_dtype(holes[name]) and holes[name].dtype.kind not in "mM":
            assert set(completed[name]) <= set(holes[name].dropna())


def test_every_dtype_comes_back_and_is_well_predicted(tmp_path):
    truth = frame_of()
    holes = with_holes(truth)
    imputer = MirfImputer(preset="mirf_fast", random_state=0).fit(holes)
    completed = imputer.transform(holes)
    check_completed(completed, holes)
    for draw in imputer.sample(holes, 2):
        check_completed(draw, holes)
    for name in ("word", "category", "size", "bool", "flag"):
        hidden = holes[name].isna()
        assert (completed.loc[hidden, name] != truth.loc[hidden, name]).mean() < 0.15, name
    imputer.save(tmp_path / "imputer.safetensors")
    again = MirfImputer.load(tmp_path / "imputer.safetensors")
    pd.testing.assert_frame_equal(again.transform(holes), completed)
    pd.testing.assert_frame_equal(again.sample(holes, 1)[0], imputer.sample(holes, 1)[0])
    new = with_holes(frame_of(30, seed=5), seed=6)
    check_completed(again.transform(new), new)


@st.composite
def mixed_frames(draw):
    n = draw(st.integers(8, 30))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kinds = {
        "float": lambda: rng.normal(size=n) * 10.0 ** rng.integers(-6, 7),
        "int": lambda: pd.array(rng.integers(-5, 99, n), dtype="Int64"),
        "string": lambda: rng.choice(["a", "b", "c c", "é"], n),
        "bool": lambda: pd.array(rng.random(n) < 0.5, dtype="boolean"),
        "category": lambda: pd.Categorical(rng.choice(["u", "v"], n), categories=["w", "v", "u"]),
        "ordered": lambda: pd.Categorical(rng.choice([1, 2, 3], n), categories=[3, 2, 1], ordered=True),
        "date": lambda: pd.Timestamp("1999-12-31") + pd.to_timedelta(rng.integers(-9999, 9999, n), unit="D"),
        "written": lambda: (
            pd.Timestamp("1999-12-31") + pd.to_timedelta(rng.integers(-9999, 9999, n), unit="D")
        ).strftime("%Y-%m-%d"),
        "constant": lambda: np.full(n, "same"),
        "number": lambda: np.full(n, 7.5),
    }
    chosen = draw(st.lists(st.sampled_from(sorted(kinds)), min_size=2, max_size=6))
    frame = pd.DataFrame({f"{kind}{j}": kinds[kind]() for j, kind in enumerate(chosen)})
    holes = with_holes(frame, rate=draw(st.floats(0.0, 0.6)), seed=draw(st.integers(0, 99)), kept=())
    for name in holes.columns:  # two observed values of each, so that strings repeat
        holes.loc[:1, name] = frame[name].iloc[0]
    holes.index = pd.Index(rng.permutation(n) * 3, name="row")
    return holes


@given(holes=mixed_frames(), output=st.sampled_from(["point", "draw"]))
@settings(max_examples=25, deadline=None)
def test_any_mixed_frame_comes_back_complete(holes, output):
    imputer = MirfImputer(preset="mirf_fast", parameters=QUICK, output=output, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_completed(imputer.fit_transform(holes), holes)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.assign(word=None), "column 'word' has no value at all"),
        (lambda f: f.assign(word=[f"name {i}" for i in range(len(f))]), "column 'word' is text"),
        (lambda f: f.assign(number=np.inf), "'number' holds infinite values"),
        (lambda f: f[:1], "too few to learn from"),
    ],
)
def test_refusals_of_fit(change, words):
    with pytest.raises(ValueError, match=words):
        MirfImputer(preset="mirf_fast", parameters=QUICK).fit(change(frame_of(40)))


def test_refusals_of_transform():
    frame = frame_of(40)
    imputer = MirfImputer(preset="mirf_fast", parameters=QUICK, random_state=0).fit(frame)
    with pytest.raises(ValueError, match="'word' holds 'strange', which it did not hold when the imputer was fitted"):
        imputer.transform(frame.assign(word="strange"))
    with pytest.raises(ValueError, match="'number' was continuous when the imputer was fitted"):
        imputer.transform(frame.assign(number="x"))
    with pytest.raises(ValueError, match="fitted on a DataFrame, and gets a ndarray"):
        imputer.transform(frame.to_numpy())
    with pytest.raises(ValueError, match="feature names"):
        imputer.transform(frame.rename(columns={"word": "wort"}))


def test_a_cell_of_a_mixed_table(tmp_path):
    frame = with_holes(frame_of(150)[["number", "word", "flag", "size"]], rate=0.05, kept=("number", "word"))
    frame.to_parquet(tmp_path / "mixed.parquet")
    config = CellConfig(
        dataset=File(path=str(tmp_path / "mixed.parquet")),
        mechanism=Mcar(name="mcar"),
        method=named_method("ice"),
        protocol=Protocol(),
        results_dir=str(tmp_path / "results"),
        save_tables=True,
    )
    done = run_cell(config, Path("not there"))
    row = done.row
    assert (row["status"], row["reason"]) == ("ok", "")
    assert 0 < row["point_error_rate"] < 0.5
    assert row["point_rmse"] < 1
    assert row["draws_brier"] == pytest.approx(2 * row["draw_error_rate"])  # one draw
    saved = {
        name: pd.read_parquet(done.directory / "tables" / f"{name}.parquet")
        for name in ("truth", "point", "incomplete")
    }
    seen = saved["incomplete"].notna()
    assert saved["point"].where(seen, None).astype(object).equals(saved["incomplete"].where(seen, None).astype(object))
    assert set(saved["point"]["word"]) <= {"high", "mid", "low"}
    hidden = int((saved["truth"].notna() & ~seen).sum().sum())
    assert hidden == row["scored_cells"]  # its own holes are filled, but never scored


def test_new_rows_may_lack_what_the_imputer_knows():
    frame = frame_of(60)
    imputer = MirfImputer(preset="mirf_fast", parameters=QUICK, random_state=0).fit(frame)
    new = frame.head(5).copy()
    new["word"] = pd.Categorical(["mid", None, None, None, None])  # its own categories are fewer
    for name, empty in (("category", np.nan), ("day", None), ("zoned", np.nan), ("time", np.nan), ("flag", None)):
        new[name] = empty
    completed = imputer.transform(new)
    assert not completed.isna().any().any()
    assert set(completed["word"]) <= {"high", "mid", "low"}
    assert set(completed["category"]) <= {"yes", "no"}
    assert completed["day"].dtype.kind == "M"
    with pytest.raises(ValueError, match="'day' was datetime when the imputer was fitted"):
        imputer.transform(frame.assign(day=frame["time"]))


def test_dates_of_new_rows_are_written_as_these_rows_write_them():
    frame = frame_of(60)
    imputer = MirfImputer(preset="mirf_fast", parameters=QUICK, random_state=0).fit(frame)
    new = frame.head(3).copy()
    new["day"] = ["2020-10-10", None, "2019-01-31"]  # fitted as datetime64
    new["written"] = pd.to_datetime(["2020-10-10", None, "2019-01-31"])  # fitted as strings
    completed = imputer.transform(new)
    assert completed["day"].str.fullmatch(r"\d{4}-\d\d-\d\d").all()
    assert completed["written"].dtype.kind == "M"
    assert not completed["written"].isna().any()


def test_new_rows_in_another_time_zone_are_the_same_moments():
    frame = frame_of(60)
    imputer = MirfImputer(preset="mirf_fast", parameters=QUICK, random_state=0).fit(frame)
    holes = with_holes(frame.head(20))
    elsewhere = holes.assign(zoned=holes["zoned"].dt.tz_convert("America/New_York"))
    here, there = imputer.transform(holes), imputer.transform(elsewhere)
    assert there["zoned"].dtype == elsewhere["zoned"].dtype
    pd.testing.assert_frame_equal(there.assign(zoned=there["zoned"].dt.tz_convert("Europe/Berlin")), here)
    with pytest.raises(ValueError, match="had Europe/Berlin time zone when the imputer was fitted, and now have none"):
        imputer.transform(frame.assign(zoned=frame["zoned"].dt.tz_localize(None)))


def test_one_new_row_gets_whole_numbers_where_the_fit_had_them():
    frame = frame_of(60)
    imputer = MirfImputer(preset="mirf_fast", parameters=QUICK, random_state=0).fit(frame)
    completed = imputer.transform(frame.head(1).assign(whole=None, complete=np.nan))
    assert completed["whole"].dtype == "Int64"
    assert completed["complete"].iloc[0] == round(completed["complete"].iloc[0])


def test_decimals_come_back_with_their_places():
    frame = frame_of(60)[["number", "word"]]
    frame["price"] = [Decimal(f"{value:.2f}") for value in frame["number"]]
    holes = with_holes(frame)
    completed = MirfImputer(preset="mirf_fast", parameters=QUICK, random_state=0).fit_transform(holes)
    assert {each.as_tuple().exponent for each in completed["price"]} == {-2}
    seen = holes["price"].notna()
    assert completed.loc[seen, "price"].tolist() == holes.loc[seen, "price"].tolist()


def test_a_refused_fit_leaves_the_imputer_as_it_was():
    frame = frame_of(60)
    imputer = MirfImputer(preset="mirf_fast", parameters=QUICK, random_state=0).fit(frame)
    holes = with_holes(frame)
    before = imputer.transform(holes)
    with pytest.raises(ValueError, match="infinite values"):
        imputer.fit(frame.assign(number=np.inf, word=np.where(frame["number"] > 0, "A", "B")))
    pd.testing.assert_frame_equal(imputer.transform(holes), before)


@pytest.mark.parametrize("names", [["a", 1], ["a", ("b", 1)], [np.str_("a"), "b"]])
@pytest.mark.parametrize("more", [{}, {"c": ["x", "y"] * 20}], ids=["numbers", "mixed"])
def test_names_of_several_types_are_refused_in_a_sentence(names, more):
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 2))).set_axis(pd.Index(names, dtype=object), axis=1)
    for each in (frame, frame.assign(**more)):
        with pytest.raises(UserError, match="of several types, "):
            MirfImputer(preset="mirf_fast").fit(each)
