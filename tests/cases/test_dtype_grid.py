"""Every dtype in every condition is filled in its own type, with its observed cells as they were, or refused."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from mirimpute import MirfImputer
from mirimpute.datasets.files import File
from mirimpute.errors import UserError
from mirimpute.table.reading import content_of
from mirimpute.table.writing import write_completed
from tests.cases.dtypes import CONDITIONS, DTYPES, LEFT_ALONE, cells, column, table

QUICK = {"steps": 5, "final_steps": 5, "rounds": 1, "trees": 4, "width": 8}

pytestmark = pytest.mark.filterwarnings("ignore:column .* far outside:mirimpute.errors.MirimputeWarning")

ONE_TEXT = (
    *("string", "string[pyarrow]", "object strings", "object times", "Interval"),
    *("arrow string", "arrow large_string", "arrow string_view", "arrow time32", "arrow time64", "arrow binary"),
)
"""Dtypes of which a single value is text: none occurs twice."""
NEW_CATEGORIES = (*(each for each in ONE_TEXT if each != "Interval"), "arrow dictionary")
"""Dtypes whose extreme values are categories that the fit does not have."""
NOT_IN_PARQUET = (
    *(
        "longdouble",
        "big-endian float64",
        "big-endian float32",
        "Sparse",
        "object Fractions",
        "complex",
        "object complex",
    ),
)
NOT_IN_PARQUET_WHEN_EXTREME = ("object datetime64", "object timedeltas", "object Decimals", "object ints")
NOT_IN_CSV = ("arrow string_view",)
NOT_IN_CSV_WHEN_EXTREME = ("UInt64", "arrow uint64")
"""pandas 2.3 reads a column with holes and 2**64 - 1 as text and the holes as the text ""."""
TYPED_BY_PANDAS = (
    *("category", "ordered category", "category of numbers", "category of days", "arrow dictionary"),
    *("datetime64[ns, zone]", "datetime64[us, zone]", "timedelta64[ns]", "timedelta64[s]", "object datetimes in UTC"),
    *(
        "object datetime64",
        "object timedeltas",
        "object timedelta64",
        "object Fractions",
        "object booleans",
        "Period[M]",
        "Period[Q]",
    ),
    *(
        "arrow timestamp[us, zone]",
        "arrow duration[us]",
        "arrow duration[s]",
        "complex",
        "object complex",
        "object lists",
    ),
    *("arrow list", "arrow struct"),
)
"""Dtypes of which a CSV has only the text, so that a single value is text there."""


def refused(name, condition, way):
    """Return whether a combination may be refused, or left alone with a warning: each has its reason above."""
    if condition == "all missing" and way != "new rows":
        return True  # nothing can be learnt
    if name == "arrow null" or (way != "csv" and name in LEFT_ALONE):
        return True
    if way == "new rows":
        return condition == "extreme" and name in NEW_CATEGORIES
    if condition == "one value":
        return name in ONE_TEXT or (way == "csv" and name in TYPED_BY_PANDAS)
    return False


def fitted(frame):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return MirfImputer(preset="mirf_fast", parameters=QUICK, random_state=0).fit(frame)


def check(completed, frame, name, condition):
    """Check type, observed cells, and that no hole is left."""
    pd.testing.assert_series_equal(completed.dtypes, frame.dtypes)
    after, before = (each["v"].array for each in (completed, frame))
    if isinstance(frame["v"].dtype, pd.ArrowDtype):
        after, before = (pa.array(each).to_pylist() for each in (after, before))
    for new, old, value in zip(after, before, cells(name, condition), strict=True):
        if value is None:
            assert not is_hole(new)
        else:
            assert type(new) is type(old)
            assert new == old


def is_hole(value):
    return value is None or value is pd.NA or value is pd.NaT or bool(value != value)


def in_python(name, conditions):
    for condition in conditions:
        frame = table(name, condition)
        completed = answer_of(lambda frame=frame: fitted(frame).transform(frame), name, condition, "fit")
        if completed is not None:
            check(completed, frame, name, condition)
    if name in LEFT_ALONE:
        return
    imputer = fitted(table(name, "usual"))
    for condition in conditions:
        frame = table(name, condition)
        completed = answer_of(lambda frame=frame: imputer.transform(frame), name, condition, "new rows")
        if completed is not None:
            check(completed, frame, name, condition)


def answer_of(work, name, condition, way):
    """Return what the work returns, None where it is refused in a sentence and may be."""
    try:
        return work()
    except UserError as error:
        text = str(error)
    assert "'v'" in text
    assert "\n" not in text
    assert len(text) < 500
    assert refused(name, condition, way), text
    return None


def in_files(name, conditions, folder):
    for condition in conditions:
        frame = table(name, condition)
        if name not in NOT_IN_CSV and not (name in NOT_IN_CSV_WHEN_EXTREME and condition == "extreme"):
            source = folder / f"{condition}.csv"
            frame.to_csv(source, index=False)
            in_file(source, name, condition, "csv")
        source = folder / f"{condition}.parquet"
        if name in NOT_IN_PARQUET or (name in NOT_IN_PARQUET_WHEN_EXTREME and condition == "extreme"):
            continue
        frame.to_parquet(source)
        in_file(source, name, condition, "parquet")


def in_file(source, name, condition, way):
    """Check that a file is written again with every hole filled and every other cell as it was."""
    file = File(path=str(source))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loaded = answer_of(lambda: file.load(Path()), name, condition, way)
    if loaded is None:
        return
    names = [each.name for each in loaded.columns]
    made_up = np.where(loaded.missing, 0.0, loaded.values)
    for j, each in enumerate(loaded.columns):
        if not each.categories:
            made_up[loaded.missing[:, j], j] = np.nanmean(loaded.values[:, j] / 2) * 2
    target = source.with_stem("completed")
    write_completed(content_of(file.file), loaded, made_up, target)
    if "v" not in names:
        assert refused(name, condition, way), "left out as text"
        return
    missing = loaded.missing[:, names.index("v")]
    assert missing.tolist() == [value is None for value in cells(name, condition)]
    if way == "csv":
        before, after = (pd.read_csv(each, dtype=str, keep_default_na=False)["v"].tolist() for each in (source, target))
    else:
        tables = [pa.parquet.read_table(each) for each in (source, target)]
        assert tables[0].schema.equals(tables[1].schema, check_metadata=True)
        before, after = (each.column("v").to_pylist() for each in tables)
    for old, new, hidden in zip(before, after, missing, strict=True):
        assert (not is_hole(new) and new != "") if hidden else new == old


@pytest.mark.parametrize("name", DTYPES)
def test_the_usual_column_in_python(name):
    in_python(name, ["usual"])


@pytest.mark.slow
@pytest.mark.parametrize("name", DTYPES)
def test_the_other_conditions_in_python(name):
    in_python(name, CONDITIONS[1:])


@pytest.mark.parametrize("name", DTYPES)
def test_every_condition_in_files(name, tmp_path):
    in_files(name, CONDITIONS, tmp_path)


def test_the_grid_has_the_size_that_it_should_have():
    """35 dtypes and more that are filled; of these the usual column is refused nowhere."""
    filled = [name for name in DTYPES if name not in LEFT_ALONE]
    assert len(filled) >= 35
    ways = ("fit", "new rows", "csv", "parquet")
    assert not any(refused(name, "usual", way) for name in filled for way in ways)
    assert all(column(name, "usual").isna().any() or "with NaN" in name for name in filled if "view" not in name)
