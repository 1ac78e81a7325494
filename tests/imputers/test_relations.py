"""What whole rows keep to is told with the option that keeps it, and the option works."""

import warnings

import numpy as np
import pandas as pd
import pytest

from mirimpute import Imputer
from mirimpute.cli.impute import main
from mirimpute.errors import MirimputeWarning
from mirimpute.imputers.relations import relations_in
from mirimpute.table.columns import Column, Kind

RNG = np.random.default_rng(0)
N = 60
PARTS = (RNG.dirichlet([5, 3, 2], N) * 100).round(1)
COUNTS = RNG.poisson(20, (N, 2)).astype(float)
START = pd.to_datetime("2024-01-01") + pd.to_timedelta(RNG.integers(0, 300, N), unit="D")
TABLES = {
    "a composition": pd.DataFrame(
        {"x": PARTS[:, 0], "y": PARTS[:, 1], "z": (100 - PARTS[:, 0] - PARTS[:, 1]).round(1)}
    ),
    "a total": pd.DataFrame({"men": COUNTS[:, 0], "women (F)": COUNTS[:, 1], "all": COUNTS.sum(axis=1)}),
    "an order": pd.DataFrame({"in": START, "out": START + pd.to_timedelta(RNG.integers(0, 9, N), unit="D"), "w": 1.5}),
}
OPTIONS = {
    "a composition": ("--sum x,y,z=100", {"sum_to": {("x", "y", "z"): 100}}),
    "a total": ("--derived 'all=men + `women (F)`'", {"derived": {"all": "men + `women (F)`"}}),
    "an order": ("--order in,out", {"order": [("in", "out")]}),
}


def keeps(table, name):
    if name == "a composition":
        return table.sum(axis=1).sub(100).abs().max() < 1e-9
    if name == "a total":
        return (table["men"] + table["women (F)"]).sub(table["all"]).abs().max() < 1e-9
    return (table["in"] <= table["out"]).all()


@pytest.mark.parametrize("name", TABLES)
def test_a_relation_is_told_with_the_option_that_keeps_it(name, tmp_path, capsys):
    holes = np.random.default_rng(1).random((N, 3)) < 0.15
    frame = TABLES[name].mask(holes & (holes.sum(axis=1, keepdims=True) < 2))
    shell, options = OPTIONS[name]
    with pytest.warns(MirimputeWarning) as told:
        Imputer("mean").fit(frame)
    ((option, value),) = options.items()
    assert any(f"{option}={value!r}" in str(each.message) for each in told)
    with warnings.catch_warnings():
        warnings.simplefilter("error", MirimputeWarning)
        assert keeps(Imputer("mean", **options).fit_transform(frame), name)
    frame.to_csv(tmp_path / "a.csv", index=False)
    assert main([str(tmp_path / "a.csv"), "-o", str(tmp_path / "b.csv"), "--method", "mean"]) == 0
    assert f": {shell} keeps that" in capsys.readouterr().err


@pytest.mark.parametrize("name", TABLES)
def test_what_nothing_can_break_or_most_rows_alone_keep_to_is_not_told(name):
    def told(table):
        kinds = Kind.DATETIME if name == "an order" else Kind.CONTINUOUS
        table = table.iloc[:, :2] if name == "an order" else table
        columns = [Column(each, kinds) for each in table]
        x = np.column_stack([pd.to_numeric(table[each]).astype(float).where(table[each].notna()) for each in table])
        return relations_in(x, columns, (), shell=True)

    whole = TABLES[name]
    assert told(whole) == []
    holes = whole.mask(np.eye(N, 3, dtype=bool))
    assert len(told(holes)) == 1
    assert told(holes[:9]) == []
    broken = holes.copy()
    broken.iloc[30, 0] = broken.iloc[31:, 0].max() + (pd.Timedelta(days=30) if name == "an order" else 30)
    assert told(broken) == []


@pytest.mark.filterwarnings("error")
def test_huge_numbers_have_no_relations():
    x = 1e305 * PARTS
    x[::7, 0] = np.nan
    assert relations_in(x, [Column(each, Kind.CONTINUOUS) for each in "abc"], (), shell=True) == []
