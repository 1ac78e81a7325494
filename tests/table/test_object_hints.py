"""Columns of objects of which nothing can be learnt say how they are converted, and the conversion works."""

import datetime

import numpy as np
import pandas as pd
import pytest

from mirimpute import Imputer
from mirimpute.errors import MirimputeWarning, UserError

DAYS = [datetime.datetime(2021, 1, 1) + datetime.timedelta(days=i) for i in range(60)]
UTC = datetime.timezone.utc


def table(values):
    frame = pd.DataFrame({"x": np.arange(60) ** 1.5, "v": pd.Series(values, dtype=object)})
    frame.loc[[3, 8], "v"] = None
    return frame


@pytest.mark.parametrize(
    ("values", "said", "converted"),
    [
        (list(pd.period_range("2021-01", periods=60, freq="M")), "periods as objects", r"astype\('period\[M\]'\)"),
        ([each if i % 2 else each.replace(tzinfo=UTC) for i, each in enumerate(DAYS)], "with and without", "utc=True"),
        ([i + 0.5 if i % 9 else "nan" for i in range(60)], "numbers and texts, the first text is 'nan'", "coerce"),
        ([i + 0.5 if i % 9 else "" for i in range(60)], "numbers and texts, the first text is ''", "coerce"),
        (
            [each if i % 9 else "none" for i, each in enumerate(DAYS)],
            "dates and texts, the first text is 'none'",
            "coe",
        ),
        ([datetime.time(i % 24, i) for i in range(60)], "times of day", "minutes since midnight"),
    ],
)
@pytest.mark.filterwarnings("ignore:Could not infer format")
def test_the_advice_names_the_conversion(values, said, converted):
    X = table(values)
    with pytest.raises(UserError, match=f"column 'v' holds .*{said}.*{converted}") as caught:
        Imputer("mean").fit(X)
    way = str(caught.value).partition(": ")[2]
    if "X['v']" in way:
        call = way[way.index("pd.") if "pd." in way else way.index("X[") :].partition(")")[0] + ")"
        X["v"] = eval(call, {"pd": pd, "X": X})
        assert Imputer("mean").fit_transform(X).notna().all(axis=None)


def test_few_numbers_and_a_text_are_told():
    with pytest.warns(MirimputeWarning, match="'v' holds numbers and texts, the first text is 'x'"):
        Imputer("mean").fit(table([i % 5 if i % 9 else "x" for i in range(60)]))


def test_an_empty_text_is_told_as_a_category():
    with pytest.warns(MirimputeWarning, match="7 of 58 values are '', a category like others: replace '' by None"):
        Imputer("mean").fit(table(["ab"[i % 2] if i % 9 else "" for i in range(60)]))


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ([f"{i % 28 + 1:02d}/{i % 12 + 1:02d}/2021" for i in range(60)], "is text, dates, the first is '01/01/2021'"),
        (
            [f"{i} kg" for i in range(60)],
            "is text, numbers with a unit.*write the numbers alone, or .*Imputer.ignore=.'v'",
        ),
        (["<0.3" if i % 5 == 1 else 0.3 + i for i in range(60)], "limits, the first is '<0.3': Imputer.censored=.'v'"),
        ([f"Mr {i} Smith" for i in range(60)], "is text: 58 different values"),
    ],
)
def test_texts_are_refused_with_what_the_shell_says_of_them(texts, said):
    with pytest.raises(UserError, match=f"column 'v' .*{said}"):
        Imputer("mean").fit(table(texts))


@pytest.mark.parametrize("cells", [["<0.3", "1.5", "2.5"] * 20, ["<0.3", 1.5, 2.5] * 20])
def test_limits_taken_for_categories_are_told(cells):
    with pytest.warns(MirimputeWarning, match="'v' is taken for categories, limits, .*'<0.3': Imputer.censored"):
        Imputer("mean").fit(table(cells))
    assert Imputer("gaussian_em", censored=["v"]).fit_transform(table(cells))["v"].notna().all()
