"""The levels of a category belong to the fit, whatever new rows declare."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.base import clone

from mirimpute import MirfImputer
from mirimpute.amputation import Mcar
from mirimpute.bench.cell import run_cell
from mirimpute.bench.config import CellConfig, Protocol
from mirimpute.datasets.files import File
from mirimpute.errors import UserError
from mirimpute.methods.presets import named_method

QUICK = {"steps": 5, "final_steps": 5, "rounds": 1, "trees": 4, "width": 8}
COLOUR = pd.CategoricalDtype(["never", "red", "green", "blue"])
SIZE = pd.CategoricalDtype(["tiny", "small", "middle", "large", "huge"], ordered=True)  # only small and large occur


def quick(**arguments):
    return MirfImputer(preset="mirf_fast", parameters=QUICK, random_state=0, **arguments)


def rows(n=60, seed=0):
    z = np.random.default_rng(seed).normal(size=n)
    frame = pd.DataFrame({"x": z, "colour": np.where(z > 0.3, "red", np.where(z < -0.3, "green", "blue"))})
    frame["size"] = np.where(z > 0, "large", "small")
    frame["word"] = np.where(z > 0, "yes", "no")
    frame = frame.astype({"colour": COLOUR, "size": SIZE})
    for place, name in enumerate(("colour", "size", "word")):
        frame.loc[place::7, name] = None
    return frame


@pytest.fixture(scope="module")
def fitted():
    return quick().fit(rows())


@pytest.mark.parametrize(
    "change",
    [
        lambda f: f.assign(colour=f["colour"].cat.remove_unused_categories()),
        lambda f: f.assign(colour=f["colour"].cat.reorder_categories(["blue", "green", "never", "red"], ordered=True)),
        lambda f: f.assign(colour=f["colour"].cat.add_categories(["pink"])),
        lambda f: f.assign(colour=f["colour"].astype(object)),
        lambda f: f.assign(colour=f["colour"].astype("string")),
        lambda f: f.assign(size=f["size"].cat.as_unordered().cat.remove_unused_categories()),
        lambda f: f.assign(size=f["size"].astype(object)),
        lambda f: f[f["colour"].isna() | (f["colour"] == "red")].assign(
            colour=lambda g: g["colour"].cat.remove_unused_categories()
        ),
        lambda f: f.assign(colour=None, size=np.nan),
        lambda f: f.head(1),
    ],
    ids=["fewer", "other order", "more", "object", "string", "unordered", "object size", "one", "none", "one row"],
)
def test_the_type_of_the_fit_comes_out(fitted, change):
    new = change(rows(30, seed=1))
    for completed in (fitted.transform(new), *fitted.sample(new, 2)):
        assert completed["colour"].dtype == COLOUR
        assert completed["size"].dtype == SIZE
        assert list(completed["colour"].cat.categories) == list(COLOUR.categories)
        assert completed["word"].dtype == new["word"].dtype
        assert completed.notna().all(axis=None)
        for name in ("colour", "size", "word"):
            seen = new[name].notna()
            assert completed.loc[seen, name].tolist() == new.loc[seen, name].tolist()
        assert set(completed["colour"]) <= {"red", "green", "blue"}


def test_what_new_rows_declare_does_not_change_their_answer(fitted):
    new = rows(30, seed=1)
    fewer = new.assign(colour=new["colour"].astype(object), size=new["size"].cat.remove_unused_categories())
    pd.testing.assert_frame_equal(fitted.transform(fewer), fitted.transform(new))


def test_a_declared_level_that_the_fit_did_not_see_is_accepted(fitted):
    new = rows(30, seed=1)
    new.loc[3, "colour"], new.loc[3, "size"], new.loc[3, "x"] = "never", "middle", np.nan
    completed = fitted.transform(new)
    assert completed.loc[3, ["colour", "size"]].tolist() == ["never", "middle"]
    assert (completed["colour"].dtype, completed["size"].dtype) == (COLOUR, SIZE)
    unknown = new.copy()
    unknown.loc[3, "colour"] = None
    assert completed.loc[3, "x"] == fitted.transform(unknown).loc[3, "x"]  # as an input it counts as missing
    ends = {
        size: fitted.transform(new.assign(size=pd.Categorical([size] * 30, dtype=SIZE))).loc[3, "x"]
        for size in SIZE.categories
    }
    assert ends["tiny"] == ends["small"]  # a level beyond those that occur counts as the nearest
    assert ends["huge"] == ends["large"]


def declared_in(library):
    """Return how texts become a column of a table whose type declares the level "never"."""
    levels = ["never", "red", "green"]
    if library == "polars":
        polars = pytest.importorskip("polars")
        return lambda x, words: polars.DataFrame({"x": x, "k": polars.Series(words, dtype=polars.Enum(levels))})

    def of(x, words):
        codes = pa.array([None if each is None else levels.index(each) for each in words], pa.int8())
        return pa.table({"x": x, "k": pa.DictionaryArray.from_arrays(codes, pa.array(levels))})

    return of


@pytest.mark.parametrize("library", ["polars", "arrow"])
def test_levels_that_other_libraries_declare_are_accepted(library, tmp_path):
    table = declared_in(library)
    x = np.random.default_rng(0).normal(size=40).tolist()
    imputer = quick().fit(table(x, [None if i % 7 == 0 else "red" if x[i] > 0 else "green" for i in range(40)]))
    imputer.save(tmp_path / "imputer.safetensors")
    new = table([0.5, 1.0], ["never", None])
    for each in (imputer, MirfImputer.load(tmp_path / "imputer.safetensors")):
        completed = each.transform(new)
        assert completed.schema == new.schema
        assert list(completed["k"])[0:1] == list(new["k"])[0:1]
    with pytest.raises(UserError, match="'pink'"):
        imputer.transform(pd.DataFrame({"x": [0.5], "k": ["pink"]}))


def test_an_unseen_category_is_refused_with_value_and_row(fitted):
    new = rows(30, seed=1).astype({"colour": object})
    new.loc[[4, 9], "colour"] = "pink"
    with pytest.raises(UserError, match=r"'colour' holds 'pink'.* in 2 row\(s\), first in row 4.*unseen='missing'"):
        fitted.transform(new)


def test_an_unseen_category_may_be_taken_for_missing_row_by_row():
    imputer = quick(unseen="missing").fit(rows())
    new = rows(30, seed=1).astype({"colour": object})
    plain = imputer.transform(new)
    new.loc[4, ["colour", "word"]], new.loc[4, "x"] = ["pink", "perhaps"], np.nan
    completed = imputer.transform(new)
    pd.testing.assert_frame_equal(completed.drop(index=4).astype({"colour": COLOUR}), plain.drop(index=4))
    assert completed.loc[4, ["colour", "word"]].tolist() == ["pink", "perhaps"]  # they were observed
    assert list(completed["colour"].cat.categories) == [*COLOUR.categories, "pink"]
    missing = new.assign(colour=new["colour"].where(new.index != 4), word=new["word"].where(new.index != 4))
    assert completed.loc[4, "x"] == imputer.transform(missing).loc[4, "x"]
    alone = imputer.transform(new.loc[[4]])
    assert alone.loc[4, "x"] == completed.loc[4, "x"]


def test_unseen_is_a_parameter_like_others(tmp_path):
    imputer = quick(unseen="missing").fit(rows())
    assert clone(imputer).unseen == "missing"
    assert quick().get_params()["unseen"] == "error"
    imputer.save(tmp_path / "imputer")
    again = MirfImputer.load(tmp_path / "imputer")
    assert again.unseen == "missing"
    new = rows(30, seed=1).astype({"colour": object})
    new.loc[4, "colour"] = "pink"
    pd.testing.assert_frame_equal(again.transform(new), imputer.transform(new))
    assert again.transform(rows(9, seed=2))["size"].dtype == SIZE
    with pytest.raises(UserError, match="unknown unseen 'mising': did you mean 'missing'"):
        quick(unseen="mising").fit(rows())


@pytest.mark.parametrize(
    ("levels", "value"),
    [([3, 1, 2], 1), (["a"], "a"), ([True, False], True), ([1.5, 0.5], 0.5), (pd.to_datetime(["2020-01-01"]), None)],
    ids=["numbers", "one level", "booleans", "floats", "a day"],
)
def test_levels_of_other_types(levels, value):
    dtype = pd.CategoricalDtype(levels)
    codes = np.arange(40) % len(dtype.categories)
    frame = pd.DataFrame({"x": np.arange(40.0) % 9, "c": pd.Categorical.from_codes(codes, dtype=dtype)})
    frame.loc[3, "c"] = None
    completed = quick().fit(frame).transform(frame)
    assert completed["c"].dtype == dtype
    assert completed["c"].notna().all()
    single = frame[frame["c"] == (dtype.categories[0] if value is None else value)].head(2)
    single = single.assign(c=single["c"].cat.remove_unused_categories())
    assert quick().fit(frame).transform(single)["c"].dtype == dtype


@pytest.mark.parametrize("method", ["mean", "ice", "missforest", "mirf_fast", "knn"])
def test_a_category_of_the_test_fold_alone(method, tmp_path):
    """The levels of a file are those of all its rows, so each seed has a row of a level that its fit may lack."""
    z = np.random.default_rng(0).normal(size=60)
    frame = pd.DataFrame({"x": z + 0.1, "word": np.where(z > 0, "a", "b")})
    frame.loc[7, "word"] = "rare"
    frame["size"] = pd.Categorical(np.where(np.arange(60) == 7, "middle", "small"), dtype=SIZE)
    frame.to_parquet(tmp_path / "t.parquet")
    parameters = {"steps": 5, "final_steps": 5, "trees": 4, "rounds": 1} if method == "mirf_fast" else None
    for seed in range(3):
        config = CellConfig(
            dataset=File(path=str(tmp_path / "t.parquet")),
            mechanism=Mcar(name="mcar"),
            method=named_method(method, parameters),
            protocol=Protocol(train_fraction=0.5),
            results_dir=str(tmp_path / "results"),
            seed=seed,
        )
        row = run_cell(config, Path("not there")).row
        assert (row["status"], row["reason"]) == ("ok", "")
