"""Estimates and draws lie in the range that their column can have: counts, shares and amounts stay what they are."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mirimpute import MirfImputer
from mirimpute.bench.results.store import read_rows
from mirimpute.cli import impute
from mirimpute.cli.bench import main as bench
from mirimpute.methods.base import problem_of
from mirimpute.methods.presets import named_method
from mirimpute.table.columns import Column, Kind
from mirimpute.table.ranges import natural_limits

CSV = Path(__file__).parent / "csv"
QUICK = {"steps": 30, "final_steps": 30}
COLUMNS = (
    *(Column(name, Kind.CONTINUOUS) for name in ("x", "share", "amount", "loss", "free")),
    Column("count", Kind.INTEGER),
    Column("group", Kind.CATEGORICAL, ("a", "b", "c")),
)
METHODS = {
    "gaussian_em": {},
    "ice": {},
    "mice": {"kind": "bayes"},
    "hyper": {"trees": 5},
    "gain": {"steps": 50},
    "sinkhorn": {"rounds": 2, "steps": 5},
    "tdm": {"rounds": 2, "steps": 5},
    "knewimp": {"rounds": 1, "steps": 20},
    "missdiff": {"rounds": 1, "steps": 50},
    "tabcsdi": {"rounds": 1, "steps": 50},
    "diffputer": {"rounds": 1, "steps": 50, "width": 32, "solver_steps": 5, "repeats": 2, "draws": 4},
    "remasker": {"epochs": 5, "width": 8, "depth": 1, "decoder_depth": 1, "heads": 2},
    "miwae": {"steps": 50},
    "mirf_paper": {"epochs": 2, "rounds": 1, "hidden_width": 32},
    "mirf_fast": QUICK,
    "mirf_mnar": QUICK,
}
COMPOSED = ({"transport": "gaussian", "sweep": "joint"}, {"transport": "linear", "solver": {"steps": 1}})


def test_where_no_0_was_seen_none_is_filled_in():
    x = np.array([[0.02, 1.0, 3.0, -0.4, 0.0], [7.0, 4.0, 9.0, -5.0, 2.5]])
    kinds = (Kind.CONTINUOUS, Kind.INTEGER, Kind.INTEGER, Kind.CONTINUOUS, Kind.CONTINUOUS)
    lowest, highest = natural_limits(x, tuple(Column("c", kind) for kind in kinds))
    np.testing.assert_allclose(lowest, [0.01, 1, 2, -np.inf, 0])
    np.testing.assert_allclose(highest, [np.inf, np.inf, np.inf, -0.2, np.inf])


@pytest.mark.parametrize("method", ["ice", "gaussian_em", "mirf_fast"])
def test_amounts_without_a_0_are_filled_with_amounts_and_points_beyond_are_told(method, tmp_path, capsys):
    rng = np.random.default_rng(0)
    x = rng.normal(size=200)
    frame = pd.DataFrame({"x": x, "y": np.exp(1.2 * x + 0.3 * rng.normal(size=200)).round(2)})
    hidden = x < -1
    frame.loc[hidden, "y"] = np.nan
    frame.to_csv(tmp_path / "in.csv", index=False)
    assert impute.main([str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv"), "--method", method]) == 0
    filled, lowest = pd.read_csv(tmp_path / "out.csv")["y"][hidden], frame["y"].min()
    assert filled.min() > 0
    told = "outside of the observed range" in capsys.readouterr().err
    assert told == (filled < lowest).any()
    assert told


def test_percentages_stay_percentages():
    x = np.linspace(-2, 2, 60)[:, None]
    columns = (Column("p", Kind.CONTINUOUS),)
    assert natural_limits(100 / (1 + np.exp(-3 * x)), columns)[1] == [100.0]
    assert natural_limits(80 / (1 + np.exp(-3 * x)), columns)[1] == [np.inf]


def table(n=120):
    """Return rows (n, 7), incomplete mostly where x is extreme, so that regressions extrapolate."""
    rng = np.random.default_rng(0)
    x = 2 * rng.normal(size=n)
    values = np.column_stack(
        [
            x,
            1 / (1 + np.exp(-3 * x)),
            np.exp(x),
            -np.exp(-x),
            x + rng.normal(size=n),
            rng.poisson(np.exp(1 + x / 2)),
            x > 0,
        ]
    )
    hidden = (np.abs(x) > np.quantile(np.abs(x), 0.75))[:, None] & (rng.random(values.shape) < 0.6)
    hidden[:, 0] = False
    return np.where(hidden, np.nan, values)


@pytest.mark.parametrize(
    ("method", "parameters"),
    [*METHODS.items(), *(("chained", each) for each in COMPOSED)],
    ids=lambda each: str(each)[:40],
)
def test_every_native_method_stays_in_the_range_of_each_column(method, parameters):
    x = table()
    problem, encoding, scale = problem_of(x, COLUMNS, 0)
    imputation = named_method(method, parameters).fit(problem).impute()
    missing = np.isnan(x)
    spread = np.nanstd(x, axis=0)
    for completed in (imputation.point, *imputation.draws):
        # what the bench scores, up to rounding, and what is written, exactly
        raw = completed * scale.spread + scale.mean
        written = encoding.table_scale(scale).restore(encoding.decode(completed, scale))
        for values, rounding in ((raw, 1e-9 * np.abs(raw).max()), (written, 0.0)):
            assert values[missing[:, 1], 1].max() <= 1 + rounding
            assert min(values[missing[:, j], j].min() for j in (1, 2, 5)) >= -rounding
            assert values[missing[:, 3], 3].max() <= rounding
            free = values[missing[:, 4], 4]
            assert free.min() >= np.nanmin(x[:, 4]) - spread[4] - 1e-9
            assert free.max() <= np.nanmax(x[:, 4]) + spread[4] + 1e-9


def test_the_imputer_keeps_counts_shares_and_amounts():
    x = table()
    frame = pd.DataFrame(x[:, :6], columns=["x", "share", "amount", "loss", "free", "count"])
    frame["count"] = frame["count"].astype("Int64")
    fitted = MirfImputer(preset="mirf_fast", parameters=QUICK, random_state=0).fit(frame)
    new = pd.DataFrame({**{name: [np.nan] * 4 for name in frame.columns}, "x": [-30.0, -8.0, 8.0, 30.0]})
    new["count"] = new["count"].astype("Int64")
    for rows in (frame, new):
        for completed in (fitted.transform(rows), *fitted.sample(rows, 2)):
            assert completed["share"].between(0, 1).all()
            assert (completed[["count", "amount"]] >= 0).all(axis=None)
            assert (completed["loss"] <= 0).all()
    beyond = fitted.transform(frame)["free"][frame["free"].isna()]
    far = (frame["free"].min() - beyond).clip(lower=0) + (beyond - frame["free"].max()).clip(lower=0)
    told = any("outside of the observed range" in note and "'free'" in note for note in fitted.notes_)
    assert told == (far > 0.1 * frame["free"].std(ddof=0)).any()


@pytest.mark.parametrize("method", ["knn", "mirf_fast", "ice", "gaussian_em", "sklearn/ice"])
def test_the_command_writes_no_negative_amount(method, tmp_path, capsys):
    target = tmp_path / "done.csv"
    assert impute.main([str(CSV / "skew.csv"), "-o", str(target), "--method", method]) == 0
    before, after = pd.read_csv(CSV / "skew.csv"), pd.read_csv(target)
    filled = after["y"][before["y"].isna()]
    assert filled.min() >= 0
    assert filled.max() <= before["y"].max() + before["y"].std()
    told = capsys.readouterr().err
    assert ("pulled in" in told) == (method in ("ice", "gaussian_em", "sklearn/ice"))


def test_draws_of_the_command_are_counts(tmp_path):
    x = table()
    source = tmp_path / "counts.csv"
    pd.DataFrame({"x": x[:, 0], "count": pd.array(x[:, 5], dtype="Int64")}).to_csv(source, index=False)
    target = tmp_path / "done.csv"
    assert impute.main([str(source), "-o", str(target), "--method", "gaussian_em", "--draws", "3"]) == 0
    assert len(written := list(tmp_path.glob("done*.csv"))) == 4
    assert all((pd.read_csv(path)["count"] >= 0).all() for path in written)


def test_the_bench_scores_what_stays_inside_and_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        bench(
            ["method=ice", "dataset=file", f"dataset.path={CSV / 'skew.csv'}", "missing_rate=0.2", "save_tables=true"]
        )
    assert ended.value.code == 0
    (row,) = read_rows(tmp_path / "results")
    assert "pulled in" in row["gate"]
    point = pd.read_parquet(next((tmp_path / "results").rglob("point.parquet")))
    assert (point["y"] >= 0).all()


def test_ends_of_a_scale_are_limits_and_others_are_not():
    n = 300
    rng = np.random.default_rng(0)
    answers, percent = rng.integers(1, 6, size=n), np.clip(rng.normal(80, 20, size=n), 3, 100)
    free, dates = rng.normal(size=n), 1.6e9 + 86400.0 * rng.integers(0, 3000, size=n)
    kinds = (Kind.INTEGER, Kind.CONTINUOUS, Kind.CONTINUOUS, Kind.DATETIME)
    columns = (*(Column("c", kind) for kind in kinds), Column("o", Kind.ORDINAL, ("low", "mid", "high")))
    x = np.column_stack([answers, percent, free, dates, rng.integers(0, 2, size=n)])
    lowest, highest = natural_limits(x, columns)
    assert (lowest[0], highest[0]) == (1, 5)
    assert (lowest[1], highest[1]) == (pytest.approx(percent.min() / 2), 100)
    assert np.isinf([lowest[2], highest[2], lowest[3]]).all()
    assert (lowest[4], highest[4]) == (0, 2)


def test_estimates_outside_of_the_observed_range_are_told():
    rng = np.random.default_rng(0)
    x = rng.normal(size=150)
    y = np.where(x < 0.7, x + 0.1 * rng.normal(size=150), np.nan)
    fitted = MirfImputer(preset="mirf_fast", parameters=QUICK, random_state=0).fit(np.column_stack([x, y]))
    completed = fitted.transform(np.column_stack([x, y]))[:, 1]
    assert np.nanmax(y) + 0.1 < completed.max() <= np.nanmax(y) + np.nanstd(y) + 1e-9
    assert any("outside of the observed range" in note and "'1'" in note for note in fitted.notes_)
