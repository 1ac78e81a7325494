"""One wild cell (a fill value, -999, an amount a million times too large) does not rule its column."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mirimpute import MirfImputer
from mirimpute.bench.results.store import read_rows
from mirimpute.cli import impute
from mirimpute.cli.bench import main as bench
from mirimpute.cli.data import main as data
from mirimpute.errors import MirimputeWarning
from mirimpute.methods.base import problem_of
from mirimpute.methods.presets import named_method
from mirimpute.table.columns import Column, Kind
from mirimpute.table.wild import Fences

CSV = Path(__file__).parent / "csv"
QUICK = {"steps": 30, "final_steps": 30}
FEW_COLUMNS = tuple(Column(name, Kind.CONTINUOUS) for name in "ab")


def imputer(**more):
    return MirfImputer(preset="mirf_fast", parameters=QUICK, random_state=0, **more)


def line(seed=0, n=120):
    """Return complete rows (n, 2) of b = 100 + 20 a + noise, and which cells of b are missing."""
    rng = np.random.default_rng(seed)
    a = rng.normal(size=n)
    x = np.column_stack([a, 100 + 20 * (a + 0.4 * rng.normal(size=n))])
    return x, np.arange(n) % 5 == 2


def wild_cells(values, columns=FEW_COLUMNS[:1]):
    x = np.asarray(values, dtype=float)[:, None]
    return Fences.of(x, columns).wild(x)[:, 0]


@pytest.mark.parametrize("wild", [9.97e36, -999.0, -1e300, 1e8])
def test_estimates_are_those_without_the_wild_cell(wild):
    x, hidden = line()
    x_incomplete = x.copy()
    x_incomplete[hidden, 1] = np.nan
    with_wild = x_incomplete.copy()
    with_wild[8, 1] = wild
    errors = {}
    for name, parameters in (("knn", {}), ("missforest", {"trees": 20}), ("ice", {}), ("mirf_fast", QUICK)):
        for case, incomplete in (("usual", x_incomplete), ("wild", with_wild)):
            problem, encoding, scale = problem_of(incomplete, FEW_COLUMNS, 0)
            imputation = named_method(name, parameters).fit(problem).impute()
            point, draws = (encoding.table_scale(scale).restore(each) for each in (imputation.point, imputation.draws))
            errors[name, case] = np.sqrt(np.mean((point - x)[hidden, 1] ** 2))
            inside = draws[:, hidden, 1]
            assert x[:, 1].min() - 25 < inside.min()
            assert inside.max() < x[:, 1].max() + 25
        assert errors[name, "wild"] < 1.1 * errors[name, "usual"]
    assert errors["mirf_fast", "wild"] < 1.1 * min(errors["knn", "wild"], errors["missforest", "wild"])


def test_the_imputer_names_column_row_and_value_and_keeps_the_cell():
    x, hidden = line()
    frame = pd.DataFrame(x, columns=["age", "dose"], index=[f"p{i}" for i in range(len(x))])
    frame.loc[hidden, "dose"] = np.nan
    frame.loc["p8", "dose"] = -999.0
    with pytest.warns(MirimputeWarning, match=r"'dose'.*-999 in row 'p8'"):
        fitted = imputer().fit(frame)
    assert any("-999" in note for note in fitted.notes_)
    with pytest.warns(MirimputeWarning, match="-999"):
        completed = fitted.transform(frame)
    assert completed.loc["p8", "dose"] == -999.0
    assert completed["dose"].drop("p8").between(0, 200).all()


def test_wild_cells_of_new_rows_are_told_and_answers_are_finite(tmp_path):
    x, hidden = line()
    x[hidden, 1] = np.nan
    fitted = imputer().fit(x)
    path = tmp_path / "imputer.safetensors"
    fitted.save(path)
    for each in (fitted, MirfImputer.load(path)):
        for wild in (9.96921e36, -1e300, 1e300, -1e9):
            rows = np.array([[wild, np.nan], [0.0, np.nan]])
            with pytest.warns(MirimputeWarning, match="row 0"):
                completed = each.transform(rows)
            assert completed[0, 0] == wild
            assert ((completed[:, 1] > 50) & (completed[:, 1] < 150)).all()
            with pytest.warns(MirimputeWarning):
                draws = each.sample(rows, 3)
            assert all(((draw[:, 1] > 30) & (draw[:, 1] < 180)).all() for draw in draws)


def test_rows_far_from_a_constant_column_or_a_tiny_table_have_finite_answers():
    x, _ = line(n=40)
    x[:, 0] = 3.0
    x[1, 1] = np.nan
    fitted = imputer().fit(x)
    with pytest.warns(MirimputeWarning):
        assert np.isfinite(fitted.transform([[9.97e36, np.nan]])).all()
    tiny = np.array([[1.0, 2.0], [9.97e36, 3.0], [2.0, np.nan], [np.nan, 5.0], [3.0, 4.0]])
    completed = imputer().fit_transform(tiny)
    assert np.isfinite(completed).all()


def test_multiple_imputation_is_not_ruled_by_a_wild_cell():
    x, hidden = line()
    x[hidden, 1] = np.nan
    x[8, 1] = 9.97e36
    with pytest.warns(MirimputeWarning, match="row 8"):
        tables = imputer().impute_multiple(x, 2)
    assert all(((table[hidden, 1] > 0) & (table[hidden, 1] < 200)).all() for table in tables)


def test_integers_dates_and_durations_have_wild_cells_too():
    x, _ = line()
    frame = pd.DataFrame(
        {
            "a": x[:, 0],
            "n": pd.array(np.round(x[:, 1]), dtype="Int64"),
            "day": pd.to_datetime("2020-01-01") + pd.to_timedelta(np.round(x[:, 1]), unit="D"),
        }
    )
    frame.loc[3, "n"], frame.loc[4, "day"] = 999999, pd.Timestamp("2261-12-31")
    frame.loc[::6, ["n", "day"]] = pd.NA
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        fitted = imputer().fit(frame)
        completed = fitted.transform(frame)
    told = [str(each.message) for each in told if each.category is MirimputeWarning]
    assert len(told) == 4
    assert any("2261-12-31" in each for each in told)
    assert any("'n' holds 999999 in row 3" in each for each in told)
    assert completed.loc[frame["n"].isna(), "n"].between(30, 170).all()
    assert (completed.loc[frame["day"].isna(), "day"].dt.year == 2020).all()


def test_heavy_tails_and_common_ends_are_not_wild():
    rng = np.random.default_rng(0)
    for draw in (
        lambda: rng.lognormal(sigma=1.5, size=300),
        lambda: rng.standard_t(2, size=300),
        lambda: rng.exponential(size=300),
        lambda: np.where(rng.random(300) < 0.9, 0.0, rng.lognormal(sigma=1.5, size=300)),
    ):
        assert sum(wild_cells(draw()).any() for _ in range(50)) <= 2
    gains = np.where(rng.random(2000) < 0.9, 0.0, rng.uniform(100, 41310, size=2000))
    gains[:20] = 99999.0
    assert not wild_cells(gains).any()
    assert not wild_cells([0.0] * 59 + [5000.0]).any()
    assert not wild_cells([0.0] * 30 + [1.0] * 30).any()
    assert not wild_cells(np.where(np.arange(100) < 30, 0.0, 1450 + np.arange(100))).any()  # idle, or running


def test_several_wild_cells_do_not_hide_one_another():
    usual = np.random.default_rng(0).normal(100, 20, size=60)
    cells = np.concatenate([usual, [-999.0] * 12, [9.97e36, -9.97e36]])
    assert np.flatnonzero(wild_cells(cells)).tolist() == list(range(60, 74))
    assert np.flatnonzero(wild_cells([0.0, 1.0] * 20 + [9.97e36, -999.0])).tolist() == [40, 41]


@pytest.mark.parametrize("mark", [-9, -99, -999, 99, 999, 99.9])
@pytest.mark.parametrize("share", [0.02, 0.3])
def test_marks_of_nines_are_wild_from_one_range_on(mark, share):
    rng = np.random.default_rng(0)
    for usual in (rng.uniform(1, 40, size=100), rng.integers(1, 8, size=100), rng.normal(20, 4, size=100).round(1)):
        cells = np.where(np.arange(100) < 100 * share, mark, usual)
        assert np.flatnonzero(wild_cells(cells)).tolist() == list(range(int(100 * share)))


def test_a_mark_and_a_farther_cell_do_not_hide_each_other():
    usual = np.random.default_rng(0).uniform(0, 400, size=60)
    for others in ([1e15, -999.0], [1e15, 1e9, *[-999.0] * 6], [9999.0, 1e15, -999.0]):
        assert np.flatnonzero(wild_cells([*others, *usual])).tolist() == list(range(len(others)))


def test_scales_that_contain_nines_are_whole():
    rng = np.random.default_rng(0)
    scales = {
        "1 to 9": lambda: rng.integers(1, 10, size=80),
        "-9 to 9": lambda: rng.integers(-9, 10, size=80),
        "ages": lambda: np.clip(rng.gamma(4, 12, size=80).round(), 0, 99),
        "percentages": lambda: (100 * rng.beta(0.3, 0.3, size=80)).round(),
        "counts": lambda: (10 * rng.lognormal(sigma=1.2, size=80)).round(),
        "differences": lambda: (3 * rng.standard_t(2, size=80)).round(),
    }
    for name, draw in scales.items():
        assert sum(wild_cells(draw()).any() for _ in range(50)) <= 1, name


@pytest.mark.parametrize("mark", ["9999-12-31", "9999-01-01", "1900-01-01", "1970-01-01", "0001-01-01"])
def test_days_that_stand_for_no_date_are_told_and_not_learnt_from(mark, tmp_path, capsys):
    x, _ = line()
    days = np.datetime64("2020-01-01") + x[:, 1].astype(int)
    written = np.where(np.arange(len(x)) % 4 == 0, mark, days.astype(str))
    written[1::4] = ""  # marks are a third of what is left
    source, target = tmp_path / "days.csv", tmp_path / "done.csv"
    pd.DataFrame({"a": x[:, 0], "day": written}).to_csv(source, index=False)
    assert impute.main([str(source), "-o", str(target), "--method", "ice"]) == 0
    assert f"'day' holds {mark} in rows 1, 5, 9 and {len(x) // 4 - 3} more" in capsys.readouterr().err
    done = pd.read_csv(target)["day"]
    assert (done[::4] == mark).all()
    assert pd.to_datetime(done[1::4]).dt.year.isin([2019, 2020]).all()


def test_days_that_a_calendar_contains_are_not_wild():
    column = (Column("day", Kind.DATETIME, step=86400),)
    day = 86400.0
    assert not wild_cells(day * np.arange(300), column).any()  # from 1970-01-01 on
    assert not wild_cells(day * np.tile([0, 3652, 7305, 10957], 20), column).any()  # 1970, 1980, 1990, 2000
    assert not wild_cells(day * (365.25 * np.arange(-70, 30)).round(), column).any()  # from 1900 on


@pytest.mark.parametrize("method", ["knn", "mirf_fast", "ice", "gaussian_em"])
def test_the_command_tells_the_wild_cells_of_a_file(method, tmp_path, capsys):
    target = tmp_path / "done.csv"
    assert impute.main([str(CSV / "sentinel.csv"), "-o", str(target), "--method", method]) == 0
    told = capsys.readouterr().err
    assert "warning" in told
    assert "'b' holds -999 in rows 1, 7, 13" in told
    before, after = pd.read_csv(CSV / "sentinel.csv"), pd.read_csv(target)
    holes = before["b"].isna()
    assert (after["b"][~holes] == before["b"][~holes]).all()
    error = np.abs(after["b"] - 2 * after["a"])[holes]
    assert error.max() < 30
    assert after["b"][holes].between(68.1, 141.1).mean() > 0.8


@pytest.mark.parametrize("name", ["huge", "tiny", "offset"])
def test_extreme_columns_are_filled_inside_of_their_range(name, tmp_path):
    before = pd.read_csv(CSV / f"{name}.csv")
    holes, lowest, highest = before["b"].isna(), before["b"].min(), before["b"].max()
    for method in ("mirf_fast", "ice"):
        target = tmp_path / f"{method}.csv"
        assert impute.main([str(CSV / f"{name}.csv"), "-o", str(target), "--method", method]) == 0
        filled = pd.read_csv(target)["b"][holes]
        assert filled.between(lowest, highest).all()
        assert filled.min() < filled.max()


def test_the_bench_says_it_in_the_row_and_scores_in_the_scale_of_the_rest(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    x, _ = line(n=150)
    x[8, 1] = 9.97e36
    pd.DataFrame(x, columns=["a", "b"]).to_csv(tmp_path / "wild.csv", index=False)
    for method in ("ice", "knn"):
        with pytest.raises(SystemExit) as ended:
            bench([f"method={method}", "dataset=file", "dataset.path=wild.csv", "missing_rate=0.2", "seed=2"])
        assert ended.value.code == 0
        assert "9.97e+36" in capsys.readouterr().out
    for row in read_rows(tmp_path / "results"):
        assert "'b' holds 9.97e+36 in row 8" in row["gate"]
        assert 0.1 < row["point_rmse"] < 1.5
        assert np.isfinite(row["draw_energy"])
    with pytest.raises(SystemExit):
        bench(["method=mean", "dataset=file", "dataset.path=wild.csv", "missing_rate=0.2", "seed=1"])
    assert "9.97e+36 in row 8" in (said := " ".join(capsys.readouterr().out.split()))
    assert "scored as it is" in said


def test_data_show_tells_them(capsys):
    assert data(["show", str(CSV / "sentinel.csv")]) == 0
    assert "'b' holds -999" in capsys.readouterr().out
