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
