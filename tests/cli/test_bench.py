"""The command line as a user meets it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mirimpute.bench.conf_location import conf_dir, descriptions
from mirimpute.bench.results.row import COST_FIELDS
from mirimpute.bench.results.store import read_rows
from mirimpute.cli.bench import main
from mirimpute.cli.help import bench_help
from mirimpute.methods.registry import METHODS
from tests.commands import bench

TINY_MIRF = [f"method.{x}" for x in ("rounds=1", "steps=4", "final_steps=4", "width=8", "batch=16", "trees=3")]


pytestmark = pytest.mark.usefixtures("elsewhere")


def test_one_cell_writes_one_row_and_prints_one_table(elsewhere, capsys):
    assert bench("method=ice", "dataset=iris") == 0
    out = capsys.readouterr().out
    assert "iris mcar 0.3 seed 0" in out
    assert "ice" in out
    (row,) = read_rows(elsewhere / "results")
    assert (row["method"], row["dataset"], row["status"]) == ("ice", "iris", "ok")
    assert sorted(path.name for path in elsewhere.iterdir()) == ["results"]  # Hydra leaves nothing of its own


def test_sweep_runs_every_combination_and_a_failure_is_a_row(elsewhere, capsys):
    assert bench("-m", "dataset=iris", "method=mean,ice", "seed=0,1", "missing_rate=0.3,1.5") == 1
    rows = read_rows(elsewhere / "results")
    assert len(rows) == 8
    failed = [row for row in rows if row["status"] == "failed"]
    assert {row["missing_rate"] for row in failed} == {1.5}
    assert all("missing_rate=1.5 is outside (0, 1)" in row["reason"] for row in failed)
    assert "failed" in capsys.readouterr().out


def test_transport_and_solver_make_another_method(elsewhere):
    composed = ["method.transport=linear", "method.solver.steps=1", "method.name=composed"]
    assert bench("method=chained", *composed, "dataset=iris") == 0
    assert bench("method=ice", "dataset=iris") == 0
    first, second = read_rows(elsewhere / "results")
    assert {first["method"], second["method"]} == {"composed", "ice"}
    scores = [{name: row[name] for name in row if name.startswith(("point_", "draw_"))} for row in (first, second)]
    assert scores[0] == scores[1]


def test_the_same_command_twice_is_the_same_row(elsewhere):
    command = ["method=mirf", "dataset=iris", *TINY_MIRF]
    rows = []
    for folder in ("a", "b"):
        assert bench(*command, f"results_dir={folder}") == 0
        (path,) = (elsewhere / folder).rglob("row.json")
        row = json.loads(path.read_text())
        rows.append({name: value for name, value in row.items() if name not in COST_FIELDS})
    assert rows[0] == rows[1]


def test_resume_computes_nothing_again(elsewhere, capsys):
    assert bench("method=ice", "dataset=iris") == 0
    (path,) = (elsewhere / "results").rglob("row.json")
    before = path.stat().st_mtime_ns
    assert bench("method=ice", "dataset=iris", "resume=true") == 0
    assert path.stat().st_mtime_ns == before
    assert "not computed again" in capsys.readouterr().out


def test_saved_tables_and_experiment(elsewhere):
    assert bench("experiment=toy_2d", "method=hot_deck", "dataset.n_rows=60") == 0
    (row,) = read_rows(elsewhere / "results")
    assert row["dataset"] == "synthetic/two_gaussians"
    assert len(list((elsewhere / "results").rglob("tables/*.parquet"))) == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["method=mirff"], ["unknown method 'mirff'", "did you mean 'mirf'", "hyperimpute/gain"]),
        (["dataset=leter"], ["unknown dataset 'leter'", "'letter'"]),
        (["mechanism=mcr"], ["unknown mechanism 'mcr'", "'mcar'"]),
        (["experiment=toy"], ["unknown experiment 'toy'", "toy_2d"]),
        (["protocol=defalt"], ["unknown protocol 'defalt'", "'default'"]),
        (["missing_rat=0.3"], ["unknown key 'missing_rat'", "'missing_rate'"]),
        (["+extra=1"], ["unknown key 'extra'"]),
        (["method.round=3"], ["unknown key of method 'round'", "'rounds'"]),
        (["+method.round=3"], ["unknown key of method 'round'"]),
        (["missing_rate=1.2"], ["missing_rate=1.2 is outside (0, 1)", "0.3"]),
        (["missing_rate=much"], ["missing_rate=much: 'much' is no number: give one, such as 0.3"]),
        (["seed=abc"], ["seed=abc: 'abc' is no whole number: give one, such as 3"]),
        (["force=maybe"], ["force=maybe: 'maybe' is neither true nor false"]),
        (["seed=-1"], ["seed=-1 is negative"]),
        (["method=mean,ice"], ["add -m to sweep"]),
        (["method"], ["key=value"]),
        (["größe=3"], ["unknown key 'größe'", "seed"]),
        (["dataset.größe=3"], ["unknown key 'dataset.größe'"]),
        (["results_dir=a(1)"], ["results_dir=a(1) cannot be read", """'results_dir="a(1)"'"""]),
        (["dataset=file", "dataset.target=x=y"], ["dataset.target=x=y cannot be read", """'dataset.target="x=y"'"""]),
        (["dataset=file", "dataset.path=a,ü.csv"], ["a,ü.csv is several values", """'dataset.path="a,ü.csv"'"""]),
        (["dataset=file", "dataset.path=a_ü.csv"], ["'a_ü.csv' does not exist"]),
        (["+dataset.kinds.größe=klein,groß"], ["'+dataset.kinds.größe=[klein,groß]'"]),
        (["+dataset.kinds={größe: text}"], ["{größe: text} cannot be read", "+dataset.kinds.<column>=<kind>"]),
        (["dataset.kinds.größe=text"], ["+dataset.kinds.<column>=<kind>"]),
        (["dataset=iris", "+dataset.kinds.sepal length (m)=text"], ["did you mean 'sepal length (cm)'"]),
        (["dataset=file"], ["dataset.path=my.csv"]),
        (["dataset=file", "dataset.path=nowhere.csv"], ["'nowhere.csv' does not exist"]),
        (["dataset=openml"], ["dataset.id=61"]),
        (["results_dir=/proc/results"], ["cannot write to results folder '/proc/results'", "results_dir=<folder>"]),
        (["mechanism=mnar_quantile", "mechanism.quantile=0.7"], ["quantile=0.7 is outside (0, 0.5)"]),
        (["mechanism=mar", "missing_rate=0.9"], ["0.9"]),
        (["method=chained", "method.solver.step=1"], ["unknown key of method.solver 'step'", "'steps'"]),
        (["method=chained", "+method.solver.step=1"], ["unknown key of method.solver 'step'"]),
        (
            ["method=chained", "method.solver=euler"],
            ["method.solver has keys of its own", "method.solver.<key>=<value>"],
        ),
        (["method=chained", "method.transport=lineer"], ["unknown method.transport 'lineer'", "'linear'"]),
        (["method=chained", "method.transport=pmm", "method.sweep=joint"], ["pmm does not go with method.sweep=joint"]),
        (["method.transport=linear", "method.sweep=columnwise"], ["method=chained method.transport=linear"]),
        (["+method.sweep=columnwise"], ["method=chained", "method.sweep=columnwise"]),
        (["method.bins=8"], ["bins=8", "since version 9"]),
        (["+method.bins=8"], ["bins=8", "since version 9"]),
        (["method.solver.steps=2"], ["solver.steps=2", "since version 9"]),
        (["-m", "method=mirf,mirf_fast", "method.passes=1,2"], ["passes=1", "since version 9"]),
        (["method.name.length=2"], ["unknown key of method 'name.length'", "'name'"]),
        (["methd.steps=2"], ["unknown key 'methd.steps'", "'method'"]),
        (["method.rounds=null"], ["method.rounds=null", "whole number"]),
        (["method.steps=0"], ["method.steps=0 is too small"]),
        (["-m", "method=mean,icee"], ["unknown method 'icee'", "'ice'"]),
        (["-m", "method=ice,mean", "method.rounds=3"], ["unknown key of method 'rounds'", "valid for mean: name"]),
        (["-m", "method=knn,mean", "+method.n_neighbors=3"], ["there already: give method.n_neighbors=3"]),
        (["-m", "mechanism=mar_driver,mcar", "mechanism.driver=0"], ["'driver'", "valid for mcar: name"]),
        (["protocol.metrics=rmse"], ["protocol.metrics=rmse is no list", "protocol.metrics=[rmse]"]),
        (["~method"], ["names no method", "method=<name>"]),
        (["method=chained", "method.solver={step: 1}"], ["unknown key of method.solver 'step'", "'steps'"]),
        (["--config-dir", "nowhere"], ["'nowhere' is no folder"]),
        (["--foo"], ["--foo", "mirimpute-bench --help"]),
        (["method=mean", "seed=1", "method=ice"], ["method is given twice", "method=mean", "method=ice"]),
        (["-m", "seed=0", "seed=1"], ["seed is given twice", "seed=0", "seed=1"]),
        (["-m", "method=mean,ice,mean"], ["method=mean,ice,mean", "method=mean more than once"]),
        (["-m", "method=mean", "seed=range(0)"], ["seed=range(0)", "no value"]),
        (["-m", "method=mean", "seed=0,00"], ["seed=0 and seed=00 are the same cells"]),
        (["-m", "method=mean,'mean'"], ["method=mean and method='mean' are the same cells"]),
        (["-m", "method=mean", "results_dir=a,b"], ["results_dir=a,b is several values", "one value"]),
        (["-m", "method=mean", "timeout_s=9,10"], ["timeout_s=9,10 is several values", "one value"]),
        (["-m", "method=mean", "seed=-1,-2"], ["seed=-1 is negative"]),
        (["-m", "method=mean,ice", "timeout_s=-1"], ["timeout_s=-1.0 leaves no time"]),
        (["-m", "method=ice,mice", "method.rounds=0"], ["method.rounds=0 is too small"]),
        (["-m", "method=mean,ice", "device=gpu"], ["device='gpu' is unknown"]),
        (["-m", "method=mean", "resume=yes"], ["resume='yes' is unknown"]),
        (["-m", "method=command", "method.command="], ["method.command is empty"]),
        (["-m", "method=mean,ice", "--cfg", "job"], ["method=mean,ice is several values", "--cfg", "one value"]),
        (["-m", "hydra/launcher=local,basic"], ["hydra/launcher=local,basic is several values", "one value"]),
        (["-m", "seed=0,,1"], ["seed=0,,1 cannot be read", "commas"]),
        (["+=3"], ["'+=3' has no key", "key=value"]),
        (["+seed=3"], ["+seed=3 adds a key that is there already: give seed=3"]),
        (["--cfg", "job", "--package", "methd"], ["--package methd is no part"]),
        (["seed='a\nb'"], ["seed=a\\nb", "whole number"]),
        (["results_dir="], ["results_dir=''", "give one"]),
        (["-m", "method=mean,ice", "results_dir="], ["results_dir=''", "give one"]),
        (["method.name="], ["method.name=''", "give a name"]),
        (["-m", "hydra/launcher=local", "hydra.launcher.n_jobs=many"], ["hydra.launcher.n_jobs=many"]),
        (["-m", "hydra/launcher=null"], ["hydra/launcher=null", "hydra/launcher=<name>"]),
        (["-m", "hydra/job_logging=5"], ["hydra/job_logging=5", "hydra/job_logging=<name>"]),
        (["-m", "hydra.launcher=null"], ["hydra.launcher=null", "hydra/launcher=<name>"]),
        (["-m", "hydra.sweeper=5"], ["hydra.sweeper=5", "hydra/sweeper=<name>"]),
        (["dataset=file", "dataset.missing_markers=null"], ["missing_markers=null", "missing_markers=[<value>]"]),
        (["dataset=file", "dataset.path=[a,b]"], ["dataset.path=['a', 'b']", "dataset.path=<text>"]),
    ],
)
def test_what_cannot_be_served_is_one_sentence_and_exit_code_2(arguments, words, capsys, elsewhere):
    assert bench(*arguments) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.startswith("mirimpute-bench: ")
    assert streams.err.count("\n") == 1
    assert "Traceback" not in streams.err
    assert all(word in streams.err for word in words), streams.err
    assert read_rows(elsewhere / "results") == []


def test_no_experiment_is_the_default(elsewhere):
    assert bench("dataset=iris", "method=mean", "protocol.metrics=[rmse]", "experiment=null") == 0
    assert len(read_rows(elsewhere / "results")) == 1


def test_a_default_is_offered_only_where_there_is_one(capsys, elsewhere):
    assert bench("dataset=file", "dataset.path=null") == 2
    assert "leave" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["empty"]),
        ("a,b\nx,y\nz,w\n", ["no column that can be imputed, only text"]),
        ("a,b\n1,2\n", ["1 row"]),
        ("a,b\n1,2\ninf,3\n4,5\n", ["infinite", "'a'"]),
        ("a,a\n1,2\n3,4\n", ["duplicate", "'a'"]),
        ("a,b\n1,\n3,\n", ["no value at all", "'b'"]),
    ],
)
def test_files_that_cannot_be_used_say_why(text, words, capsys, elsewhere):
    path = elsewhere / "my.csv"
    path.write_text(text)
    assert bench("method=mean", "dataset=file", f"dataset.path={path}") == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert all(word in error for word in words), error


@pytest.mark.parametrize("name", ["uci/wine", "letter"])
def test_no_network_names_dataset_folder_and_prefetch(name, capsys, monkeypatch, elsewhere):
    from mirimpute.datasets import connection

    monkeypatch.setattr(connection, "_why_unreachable", lambda url: "no network here")
    assert bench("method=mean", f"dataset={name}") == 2
    error = capsys.readouterr().err
    assert all(word in error for word in (name, str(elsewhere / "data"), f"mirimpute-data fetch {name}")), error


def test_wrong_checksum_is_refused(capsys, elsewhere):
    path = elsewhere / "data/uci/wine/data.csv.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not the wine")
    assert bench("method=mean", "dataset=uci/wine") == 2
    assert "SHA-256" in capsys.readouterr().err
    assert path.read_bytes() == b"not the wine"


def test_an_absent_rival_says_how_to_get_it(capsys, monkeypatch, elsewhere):
    monkeypatch.setenv("MIRIMPUTE_RIVALS", str(elsewhere / "nowhere"))
    assert bench("method=hyperimpute/ice", "dataset=iris") == 2
    assert "make rivals" in capsys.readouterr().err


def test_traceback_when_asked(monkeypatch):
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    with pytest.raises(ValueError, match="is outside"):
        main(["missing_rate=1.2"])


def test_columns_of_text_are_left_out_with_a_warning_that_names_them(capsys, elsewhere):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=30), "city": [f"x{i}" for i in range(30)], "b": rng.normal(size=30)})
    frame.to_csv(elsewhere / "my.csv", index=False)
    assert bench("method=mean", "dataset=file", "dataset.path=my.csv") == 0
    error = capsys.readouterr().err
    assert error.startswith("mirimpute-bench: warning: ")
    assert "city" in error
    assert error.count("\n") == 1


def test_a_typing_error_in_a_numeric_column_is_named(capsys, elsewhere):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(40, 3)), columns=["a", "b", "c"]).astype(object)
    frame.loc[5, "a"] = "oops"
    frame.to_csv(elsewhere / "my.csv", index=False)
    assert bench("method=mean", "dataset=file", "dataset.path=my.csv") == 0
    assert "a (1 of 40 values is no number, the first is 'oops': correct it)" in capsys.readouterr().err


def test_help_lists_everything_with_a_sentence():
    text = bench_help()
    for group in ("method", "dataset", "mechanism", "protocol"):
        for name, sentence in descriptions(group).items():
            assert sentence
            assert any(line.split()[:1] == [name] and line.endswith(sentence) for line in text.splitlines())


def test_help_loads_no_heavy_library():
    code = (
        "import sys; from mirimpute.cli.bench import main; main(['--help']); "
        "print([m for m in ('torch', 'hydra', 'sklearn', 'scipy', 'pandas', 'matplotlib') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip().endswith("[]")


def test_every_named_part_composes_to_its_class():
    """Each file under conf/ becomes the dataclass it is based on, under the name that is typed."""
    from hydra import compose, initialize_config_dir
    from omegaconf import open_dict

    from mirimpute.bench.sweeps.schema import GROUPS, cell_config, register_schema

    register_schema()
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        for group in ("method", "mechanism", "protocol"):
            for name in set(descriptions(group)) - {"custom"}:  # which needs a target, see test_outside.py
                cfg = compose("config", overrides=[f"{group}={name}"], return_hydra_config=True)
                with open_dict(cfg):
                    del cfg["hydra"]
                part = getattr(cell_config(cfg), group)
                assert type(part) in GROUPS[group].values()
                assert part.name == name
    assert set(METHODS) - {"sklearn", "statsmodels"} <= set(descriptions("method"))


def test_works_from_any_folder_as_an_installed_command(elsewhere):
    command = Path(sys.executable).parent / "mirimpute-bench"
    if not command.exists():
        pytest.skip("the package is not installed in this environment")
    environment = {**os.environ, "MIRIMPUTE_DATA_DIR": str(elsewhere / "data")}
    result = subprocess.run(
        [command, "method=mean", "dataset=wine_recognition"], capture_output=True, text=True, env=environment
    )
    assert result.returncode == 0, result.stderr
    assert "wine_recognition mcar 0.3 seed 0" in result.stdout
    assert result.stderr == ""  # no progress bar in a pipe
