"""`mirimpute-impute`: what is left alone, bounds, sums, orders, formulas, draws of several models."""

import numpy as np
import pandas as pd
import pytest

from mirimpute.cli.impute import main


@pytest.fixture
def hospital(tmp_path, monkeypatch):
    """Return a table with holes; its CSV is in the working directory."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    n = 90
    z = rng.normal(size=n)
    shares = rng.dirichlet([2, 3, 5], n)[:, :2].round(3)
    frame = pd.DataFrame(
        {
            "id": [f"p{i}x" for i in range(n)],
            "ward": rng.choice(["a", "b"], n),
            "crp": np.exp(z).round(2),
            "w": (70 + 9 * z).round(1),
            "h": (1.7 + 0.1 * rng.normal(size=n)).round(2),
            "p": (100 * shares[:, 0]).round(1),
            "q": (100 * shares[:, 1]).round(1),
            "day": (pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 99, n), unit="D")).astype(str),
        }
    )
    frame["r"] = (100 - frame["p"] - frame["q"]).round(1)
    frame["bmi"] = (frame["w"] / frame["h"] ** 2).round(2)
    frame["end"] = (pd.to_datetime(frame["day"]) + pd.to_timedelta(rng.integers(0, 9, n), unit="D")).astype(str)
    holes = rng.random(frame.shape) < 0.2
    holes[:, :2] = False
    frame = frame.mask(holes)
    frame.to_csv("in.csv", index=False)
    return pd.read_csv("in.csv")


ASKED = [
    *("--ignore", "id", "--min", "crp=0.5", "--max", "crp=2.05", "--sum", "p,q,r=100", "--order", "day,end"),
    *("--derived", "bmi=w / h**2", "--groups", "ward"),
]


def check(done, given):
    """Check what ``ASKED`` asks, of the numbers as they are written."""
    pd.testing.assert_frame_equal(done.where(given.notna()), given)
    assert done["crp"][given["crp"].isna()].between(0.5, 2.05).all()
    parts = given[["p", "q", "r"]].isna().any(axis=1)
    assert (done[["p", "q", "r"]].sum(axis=1).round(9) == 100)[parts].all()
    assert (done[["p", "q", "r"]] >= 0).all(axis=None)
    assert (done["day"] <= done["end"])[given[["day", "end"]].isna().any(axis=1)].all()
    assert np.allclose((done["w"] / done["h"] ** 2)[given["bmi"].isna()], done["bmi"][given["bmi"].isna()], atol=0.006)


def test_constraints_hold_in_the_text_of_points_and_draws(hospital):
    assert main(["in.csv", "-o", "out.csv", "--method", "mice", "--draws", "2", *ASKED]) == 0
    for name in ("out.csv", "out.draw-1.csv", "out.draw-2.csv"):
        done = pd.read_csv(name)
        check(done, hospital)
        assert done.notna().all(axis=None)


def test_several_models_write_a_file_each(hospital, tmp_path):
    quick = ["--method", "mice", "--multiple", "3", *ASKED]
    assert main(["in.csv", "-o", "out.csv", *quick]) == 0
    tables = [pd.read_csv(f"out.draw-{k}.csv") for k in (1, 2, 3)]
    assert not (tmp_path / "out.csv").exists()
    for each in tables:
        check(each, hospital)
    assert not tables[0].equals(tables[1])


def test_models_of_mirf_are_learnt_from_samples_of_rows(hospital, monkeypatch):
    from mirimpute.imputers import drawing

    few = {"rounds": 1, "steps": 5, "final_steps": 5, "trees": 2, "chains": 1}
    own = drawing.method_with_draws
    monkeypatch.setattr(drawing, "method_with_draws", lambda name, parameters, draws, *more: own(name, few, draws))
    assert main(["in.csv", "-o", "out.csv", "--method", "mirf_fast", "--multiple", "2", *ASKED]) == 0
    first, second = (pd.read_csv(f"out.draw-{k}.csv") for k in (1, 2))
    check(first, hospital)
    assert not first.equals(second)


def test_cells_and_columns_that_are_left_alone_keep_their_bytes(hospital, tmp_path, capsys):
    where = pd.DataFrame({"w": np.arange(90) % 2 == 0, "h": True, "crp": True})
    where.to_csv("where.csv", index=False)
    options = ["--method", "mean", "--ignore", "id", "--exclude", "crp", "--where", "where.csv"]
    assert main(["in.csv", "-o", "out.csv", *options]) == 0
    done = pd.read_csv("out.csv")
    for name in hospital:
        filled = hospital[name].isna() & (where[name] if name in ("w", "h") else False)
        assert (done[name].isna() == (hospital[name].isna() & ~filled)).all(), name
    count = int((hospital["w"].isna() & where["w"]).sum() + hospital["h"].isna().sum())
    assert f"{count} cells filled" in capsys.readouterr().out


def test_feather_keeps_its_types(hospital):
    given = hospital.convert_dtypes()
    given.to_feather("in.feather")
    assert main(["in.feather", "-o", "out.feather", "--method", "mean", *ASKED]) == 0
    done = pd.read_feather("out.feather")
    assert done.dtypes.equals(pd.read_feather("in.feather").dtypes)
    assert done.drop(columns="id").notna().all(axis=None)


def test_excel_takes_a_library(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    try:
        import openpyxl  # noqa: F401
    except ImportError:
        (tmp_path / "in.xlsx").write_bytes(b"PK")
        assert main(["in.xlsx", "-o", "out.xlsx", "--method", "mean"]) == 2
        assert "openpyxl" in capsys.readouterr().err
        return
    pd.DataFrame({"a": [1, None, 3], "b": ["x", "x", None], "c": [0.5, 1.5, None]}).to_excel("in.xlsx", index=False)
    assert main(["in.xlsx", "-o", "out.xlsx", "--method", "mean"]) == 0
    done = pd.read_excel("out.xlsx")
    assert done["a"].tolist() == [1, 2, 3]
    assert done["b"].tolist() == ["x"] * 3
    assert done["c"].tolist() == [0.5, 1.5, 1.0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--multiple", "2", "--method", "missforest"], "multiple imputation by it"),
        (["--multiple", "-1"], "--multiple -1 is too small"),
        (["--multiple", "2", "--draws", "2"], "give one of them"),
        (["--multiple", "2", "--jobs", "0"], "--jobs 0"),
        (["--jobs", "0"], "--jobs 0"),
        (["--min", "crp"], "--min 'crp' is no COLUMN=VALUE"),
        (["--sum", "p,q"], "--sum 'p,q' is no A,B,C=TOTAL"),
        (["--derived", "bmi"], "--derived 'bmi' is no COLUMN=FORMULA"),
        (["--min", "crpp=0"], "unknown column in --min or --max 'crpp': did you mean 'crp'"),
        (["--min", "crp=low"], "--min or --max of column 'crp': 'low' is no number: give a number"),
        (["--min", "crp=5", "--max", "crp=1"], "--min 5 and --max 1 of column 'crp' are reversed"),
        (["--min", "ward=1"], "leave it out of --min or --max"),
        (["--sum", "p,qq=1"], "unknown column in --sum 'qq'"),
        (["--order", "day,dayy"], "unknown column in --order 'dayy'"),
        (["--derived", "bmii=w"], "unknown column in --derived 'bmii'"),
        (["--censored", "crpp"], "unknown column in --censored 'crpp'"),
        (["--derived", "bmi=w/h", "--min", "bmi=1"], "column 'bmi' is both in --derived and in --min or --max"),
        (["--thousands", ",,"], "--thousands ',,' is not possible"),
        (["--method", "command"], "--method command needs a program"),
        (["--min", "crp=1", "--min", "crp=2"], "twice"),
        (["--min", "day=4"], "is no date"),
        (["--sum", "p,q=x"], "'x' is no finite number"),
        (["--sum", "p=3"], "two columns or more"),
        (["--sum", "p,q,r=1"], "correct the row"),
        (["--order", "day"], "is no pair"),
        (["--order", "day,w"], "cannot be compared"),
        (["--derived", "bmi=import os"], "cannot be read"),
        (["--predictors", "crp"], "no column before a '~'"),
        (["--predictors", "crp~crp"], "predict itself"),
        (["--predictors", "crp~wardd"], "did you mean 'ward'"),
        (["--predictors", "crp~w", "--predictors", "crp~h"], "twice"),
        (["--method", "mirf", "--predictors", "crp~w"], "does not go column by column"),
        (["--ignore", "idd"], "did you mean 'id'"),
        (["--exclude", "crpp"], "did you mean 'crp'"),
        (["--ignore", "crp", "--kind", "crp=integer"], "which the method does not get"),
        (["--groups", "wardd"], "did you mean 'ward'"),
        (["--where", "nowhere.csv"], "does not exist"),
        (["--where", "short.csv"], "has 1 rows"),
        (["--where", "in.csv"], "unknown column"),
        (["--where", "odd.csv"], "give true and false"),
    ],
)
def test_bad_values_are_one_sentence_before_the_work(hospital, tmp_path, capsys, monkeypatch, arguments, words):
    monkeypatch.setattr("mirimpute.bench.run.isolation.run_isolated", lambda *_, **__: pytest.fail("it runs"))
    (tmp_path / "short.csv").write_text("w,h\ntrue,false\n")
    (tmp_path / "odd.csv").write_text("w,h\n" + "3,4\n" * 90)
    method = [] if "--method" in arguments else ["--method", "mice"]
    assert main(["in.csv", "-o", "out.csv", "--ignore", "id", *method, *arguments]) == 2
    assert words in capsys.readouterr().err.splitlines()[-1]
    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize("option", ["--sep", "--decimal", "--thousands", "--encoding", "--comment"])
def test_an_empty_option_is_no_option(hospital, capsys, option):
    assert main(["in.csv", "-o", "out.csv", "--method", "mean", option, ""]) == 2
    assert f"{option} '' is empty" in capsys.readouterr().err


def test_the_warning_of_an_id_names_the_option_that_leaves_it_alone(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = [f"{1000 + k},{k % 7}" for k in range(40)]
    (tmp_path / "in.csv").write_text("\n".join(["my id,v", *rows, ",3"]) + "\n")
    assert main(["in.csv", "-o", "out.csv", "--method", "mean"]) == 0
    assert "--ignore 'my id'" in capsys.readouterr().err


@pytest.mark.parametrize(("decimal", "sep"), [(".", ","), (",", ";")])
def test_limits_among_numbers_are_filled_inside(hospital, decimal, sep, capsys):
    crp = hospital["crp"]
    texts = crp.map(lambda each: "<0.7" if each < 0.7 else ">3" if each > 3 else each).astype(object)
    table = hospital.assign(
        crp=texts.map(lambda each: each if isinstance(each, str) else f"{each:.1f}").mask(crp.isna())
    )
    written = table.apply(lambda column: column.astype(object).map(lambda each: str(each).replace(".", decimal)))
    written.mask(table.isna()).to_csv("lab.csv", index=False, sep=sep)
    assert main(["lab.csv", "-o", "told.csv", "--method", "mean", "--ignore", "id"]) == 0
    assert "--censored crp" in capsys.readouterr().err
    assert (
        main(["lab.csv", "-o", "out.csv", "--method", "mice", "--draws", "2", "--ignore", "id", "--censored", "crp"])
        == 0
    )
    for name in ("out.csv", "out.draw-1.csv", "out.draw-2.csv"):
        found = pd.read_csv(name, sep=sep, decimal=decimal)["crp"]
        assert found[crp < 0.7].between(0, 0.6).all()
        assert (found[crp > 3] > 3).all()
        np.testing.assert_allclose(found[crp.between(0.7, 3)], crp[crp.between(0.7, 3)], atol=0.051)
        assert found.notna().all()


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        (["--censored", "crq"], ["censored", "crq"]),
        (["--censored", "ward"], ["ward"]),
        (["--censored", "crp", "--order", "crp,w"], ["crp", "censored", "order"]),
    ],
)
def test_limits_of_no_such_column_are_refused(hospital, asked, named, capsys):
    assert main(["in.csv", "-o", "out.csv", "--method", "mean", *asked]) == 2
    said = capsys.readouterr().err
    assert all(each in said for each in named)


def test_what_a_formula_contradicts_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    a = rng.normal(size=80)
    frame = pd.DataFrame({"a": a, "square": a**2, "x": a + rng.normal(size=80)})
    frame.loc[3, ["a", "square"]] = [np.nan, -4.0]  # no number has this square
    frame.to_csv("in.csv", index=False)
    for asked in (
        ["--method", "mean"],
        ["--method", "mice", "--multiple", "2"],
        ["--method", "mirf_fast", "--multiple", "2"],
    ):
        out = f"{asked[1]}.csv"
        assert main(["in.csv", "-o", out, "--derived", "square=a**2", *asked]) == 0
        assert "cannot be solved" in capsys.readouterr().err


def test_predictors_of_any_name(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 1)) + 0.1 * rng.normal(size=(60, 3))
    x[rng.random(x.shape) < 0.2] = np.nan
    pd.DataFrame(x, columns=["x+y", "p~q", "b"]).to_csv("in.csv", index=False)
    assert main(["in.csv", "-o", "out.csv", "--method", "ice", "--predictors", "`x+y`~`p~q`+b"]) == 0
    assert main(["in.csv", "-o", "none.csv", "--method", "ice", "--predictors", "b~x+y"]) == 2
    assert "backticks" in capsys.readouterr().err
