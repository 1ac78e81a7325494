"""Arrays and lists of any type are filled in their own form, or refused in a sentence."""

import datetime
import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from mirimpute import Imputer, MirfImputer
from mirimpute.errors import MirimputeWarning, UserError

QUICK = {"steps": 5, "final_steps": 5, "rounds": 1, "trees": 4, "width": 8}
RNG = np.random.default_rng(0)
WHOLE = RNG.normal(size=(40, 3))
MASK = np.zeros((40, 3), dtype=bool)
MASK[::5, 1] = True
HOLES = np.where(MASK, np.nan, WHOLE)


def quick():
    return MirfImputer(preset="mirf_fast", parameters=QUICK, random_state=0)


def filled(x):
    return quick().fit(x).transform(x)


@pytest.fixture(scope="module")
def answer():
    return filled(HOLES)


def test_the_mask_of_a_masked_array_is_what_is_missing(answer):
    masked = np.ma.masked_array(np.where(MASK, 1e9, WHOLE), mask=MASK)  # what is under the mask is nothing
    completed = filled(masked)
    assert type(completed) is np.ndarray
    assert np.array_equal(completed, answer)
    assert np.array_equal(quick().fit(HOLES).transform(masked), answer)
    assert np.array_equal(quick().fit(masked).sample(masked, 1)[0], quick().fit(HOLES).sample(HOLES, 1)[0])
    both = np.ma.masked_array(np.where(np.arange(40)[:, None] % 10 == 0, HOLES, WHOLE), mask=MASK)  # and NaN besides
    assert np.array_equal(filled(both), answer)
    assert np.array_equal(filled(np.ma.masked_array(HOLES)), answer)


def test_masked_integers_and_booleans():
    numbers = np.ma.masked_array((10 * WHOLE).round().astype(np.int32), mask=MASK)
    completed = filled(numbers)
    assert completed.dtype == np.float64
    assert np.array_equal(completed[~MASK], numbers.data[~MASK])
    assert np.array_equal(completed, filled(np.where(MASK, np.nan, numbers.data)))
    truths = np.ma.masked_array(WHOLE > 0, mask=MASK)
    completed = filled(truths)
    assert completed.dtype == bool
    assert np.array_equal(completed[~MASK], (WHOLE > 0)[~MASK])


@pytest.mark.parametrize("dtype", ["f4", "f2", ">f8", ">f4", "longdouble", "O"])
def test_numbers_of_every_type_are_float64(dtype):
    x = HOLES.astype(dtype)
    completed = filled(x)
    assert completed.dtype == np.float64
    assert np.array_equal(completed[~MASK], x[~MASK].astype(np.float64))
    assert np.isfinite(completed).all()


@pytest.mark.parametrize("dtype", ["i1", "u1", ">i4", "i8", "u8", "bool"])
def test_whole_numbers_are_read(dtype):
    x = (np.abs(WHOLE) * 10).astype(dtype)
    assert np.array_equal(filled(x), x.astype(np.float64))


@pytest.mark.parametrize("hole", [None, np.nan, pd.NA, pd.NaT])
def test_holes_of_objects(answer, hole):
    x = WHOLE.astype(object)
    x[MASK] = hole
    assert np.array_equal(filled(x), answer)
    assert np.array_equal(filled(x.tolist()), answer)


@pytest.mark.parametrize("unit", ["ns", "us", "s", "D", "M"])
def test_dates_are_filled_with_dates(unit):
    days = (np.datetime64("2020-01-01") + (100 * WHOLE).astype(int)).astype(f"M8[{unit}]")
    x = np.where(MASK, np.datetime64("NaT"), days)
    completed = filled(x)
    assert completed.dtype == x.dtype
    assert np.array_equal(completed[~MASK], x[~MASK])
    assert not np.isnat(completed).any()
    far = completed[MASK].astype("M8[D]") - np.datetime64("2020-01-01")
    assert (np.abs(far) < np.timedelta64(366 * 3, "D")).all()


def test_dates_beyond_nanoseconds():
    x = np.full((40, 2), np.datetime64("9999-12-31"))
    x[::3, 0], x[::5, 1] = np.datetime64("2020-01-01"), np.datetime64("NaT")
    completed = filled(x)
    assert (completed[:, 1] == np.datetime64("9999-12-31")).all()


def test_durations_are_filled_with_durations():
    x = np.where(MASK, np.timedelta64("NaT"), (1000 * WHOLE).astype("m8[s]"))
    completed = filled(x)
    assert completed.dtype == x.dtype
    assert np.array_equal(completed[~MASK], x[~MASK])
    assert not np.isnat(completed).any()
    assert (np.abs(completed[MASK]) < np.timedelta64(1, "D")).all()


def test_objects_that_are_more_than_numbers_come_back_as_objects():
    x = WHOLE.astype(object)
    x[:, 1] = np.where(WHOLE[:, 0] > 0, "a", "b")
    x[:, 2] = [datetime.date(2020, 1, 1 + k % 28) for k in range(40)]
    seen = ~MASK
    holes = x.copy()
    holes[MASK] = None
    imputer = quick().fit(holes)
    for rows in (slice(None), slice(3), slice(0, 1)):
        completed = imputer.transform(holes[rows])
        assert completed.dtype == object
        assert completed[seen[rows]].tolist() == holes[rows][seen[rows]].tolist()
        assert set(completed[:, 1]) <= {"a", "b"}
    lists = quick().fit([list(row) for row in holes]).transform([list(row) for row in holes])
    assert lists.tolist() == imputer.transform(holes).tolist()


def test_very_large_numbers_are_filled_with_such():
    completed = filled(HOLES * 1e300 / np.nanmax(np.abs(HOLES)))
    assert np.isfinite(completed).all()
    assert (np.abs(completed[MASK]) <= 1e300).all()
    assert (np.abs(completed[MASK]) > 1e295).any()


class Frame:
    """Stands for one of another library."""

    def to_pandas(self):
        raise AssertionError("nobody asked for it")


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (WHOLE * (1 + 1j), "Complex data not supported"),
        (np.where(MASK, np.inf, WHOLE), "column 1 holds infinite values"),
        (np.where(MASK, -1e308, WHOLE), r"column 1 holds numbers beyond 1e\+300"),
        (np.where(MASK, 10**400, WHOLE.astype(object)), "beyond 1e308"),
        (WHOLE[:, 0], "Reshape your data"),
        (pd.Series(WHOLE[:, 0]), "to_frame"),
        (WHOLE[None], "has 3"),
        (np.float64(3), "no table"),
        (None, "no table"),
        ("a.csv", "no table"),
        ([[1, 2], [3]], "1 to 2 cells"),
        (np.zeros(5, dtype=[("a", "f8"), ("b", "i4")]), r"pd\.DataFrame"),
        (np.where(MASK, "nan", "a"), "cannot mark a cell as missing"),
        (np.full((9, 2), 2**60 + 1), r"beyond 2\*\*53"),
        (scipy.sparse.csr_matrix(WHOLE), "toarray"),
        (Frame(), r"to_pandas\(\)"),
        (WHOLE[:0], r"0 sample\(s\)"),
        (WHOLE[:1], r"1 sample\(s\)"),
        (WHOLE[:, :0], r"0 feature\(s\)"),
        (pd.DataFrame(index=range(5)), r"0 feature\(s\)"),
        (np.where(MASK, {"a": 1}, WHOLE.astype(object)), "string or a number"),
        (np.where(MASK, 1j, WHOLE.astype(object)), "complex numbers"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_what_is_no_table_is_refused_in_a_sentence(x, words):
    with pytest.raises(UserError, match=words) as caught:
        quick().fit(x)
    assert "\n" not in str(caught.value)


def test_new_rows_too_far_away_are_finite_or_refused():
    imputer = quick().fit(HOLES)
    for size in (1e6, 1e30, 1e299, 1e301):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", MirimputeWarning)  # of the cell, which is told
                completed = imputer.transform(np.array([[size, np.nan, 0.0]]))
        except UserError as error:
            assert "column" in str(error)  # noqa: PT017 - both answers are right
        else:
            assert np.isfinite(completed).all()


@pytest.mark.parametrize(
    "values", [["a", "b"] * 100 + [f"name {k}" for k in range(300)], [f"id {k}" for k in range(500)]]
)
def test_text_says_what_to_do(values):
    with pytest.raises(UserError, match=r"'name' is text: (302|500) different values") as caught:
        quick().fit(pd.DataFrame({"x": range(500), "name": values}))
    assert "remove it" in str(caught.value)
    assert "category" in str(caught.value)


@pytest.mark.parametrize("options", [{}, {"kinds": {"x": "continuous"}}])
def test_numbers_as_texts_are_refused_with_the_way_to_read_them(options):
    frame = pd.DataFrame({"x": [f"{k / 8}" for k in range(60)], "y": np.arange(60.0)})
    with pytest.raises(UserError, match=r"'x' holds numbers as texts, such as '0.0': convert it by pd.to_numeric"):
        Imputer("mean", **options).fit_transform(frame)


def test_a_table_without_any_value_is_refused_in_a_sentence():
    with (
        pytest.warns(MirimputeWarning, match="no value at all"),
        pytest.raises(UserError, match="no column has a value to learn from"),
    ):
        Imputer("mean").fit_transform(np.full((4, 2), np.nan))
