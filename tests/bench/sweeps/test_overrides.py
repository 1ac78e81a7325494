"""Names and paths that Hydra's grammar has no letters for, as they are typed."""

import json
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf

from mirimpute.bench.sweeps.overrides import readable, with_named_columns
from mirimpute.cli import data
from mirimpute.cli.bench import main

NAMES = (
    *(
        "plain",
        "größe",
        "a.b",
        "1.5",
        "1",
        "two  words",
        "it's",
        'the "best"',
        "x=y",
        "=",
        "a=[b",
        "50 %",
        "$HOME",
        "`id`",
    ),
    *("a,b", "{c: d}", "!x", "*", "~", "#", "back\\slash", "back\\", "数", "--kind", "$utf8-61", "${seed}"),
)
SHELL_FUNCTION = """
mirimpute-{0}() {{ "{1}" -c 'import sys; from mirimpute.cli.{0} import main; sys.exit(main())' "$@"; }}
"""
COMMANDS = "".join(SHELL_FUNCTION.format(name, sys.executable) for name in ("bench", "impute"))


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MIRIMPUTE_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


def a_file(path, names=NAMES):
    values = np.random.default_rng(0).integers(0, 3, size=(40, len(names))).astype(float)
    values[0] = np.nan
    pd.DataFrame(values, columns=names).to_csv(path, index=False)


def paste(text):
    return subprocess.run(["bash", "-c", COMMANDS + text], capture_output=True, text=True, check=False)


def kinds_of_the_row(folder):
    (path,) = folder.rglob("config.yaml")
    return yaml.safe_load(path.read_text())["dataset"]["kinds"]


def test_what_show_prints_works_when_it_is_pasted_into_a_shell(elsewhere, capsys):
    name = "it's größe, (1) = 2.csv"
    a_file(elsewhere / name)
    assert data.main(["show", name]) == 0
    lines = capsys.readouterr().out.splitlines()
    bench, impute = (
        next(line for line in lines if line.startswith(f"mirimpute-{each}")) for each in ("bench", "impute")
    )
    options = [re.split(r"  (?='?--kind=)", line, maxsplit=1) for line in lines[lines.index(impute) + 2 :]]
    assert len(options) == len(NAMES) - 1

    run = paste(" ".join([bench.replace("COLUMN", "plain"), *(of_bench for of_bench, _ in options), "method=mean"]))
    assert run.returncode == 0, run.stderr
    assert kinds_of_the_row(elsewhere) == dict.fromkeys(NAMES, "categorical")

    run = paste(
        " ".join([impute.replace("COLUMN", "plain"), *(of_impute for _, of_impute in options), "--method=mean"])
    )
    assert run.returncode == 0, run.stderr
    assert not pd.read_csv(elsewhere / "completed.csv").isna().any(axis=None)


def bench(*arguments):
    with pytest.raises(SystemExit) as ended:
        main([*arguments])
    return ended.value.code


@pytest.mark.parametrize("launcher", ["basic", "local"])
def test_kinds_of_any_column_are_swept_over(launcher, elsewhere):
    a_file(elsewhere / "ä.csv", ["größe", "b", "c"])
    swept = "+dataset.kinds.größe=categorical,[2,0,1]"
    assert bench("-m", f"hydra/launcher={launcher}", "method=mean", "dataset=file", "dataset.path=ä.csv", swept) == 0
    found = [yaml.safe_load(path.read_text())["dataset"]["kinds"] for path in elsewhere.rglob("config.yaml")]
    assert sorted(map(str, found)) == ["{'größe': 'categorical'}", "{'größe': [2, 0, 1]}"]
    (plan,) = elsewhere.rglob("plan.json")
    assert json.loads(plan.read_text())["command"][-1] == swept


def test_any_value_may_have_umlauts(elsewhere):
    a_file(elsewhere / "ä.csv", ["größe", "b", "c"])
    options = ("dataset.target=größe", "results_dir=ergebnisse ä")
    assert bench("method=mean", "dataset=file", "dataset.path=ä.csv", *options) == 0
    (path,) = (elsewhere / "ergebnisse ä").rglob("config.yaml")
    assert yaml.safe_load(path.read_text())["dataset"]["target"] == "größe"


@pytest.mark.parametrize(
    "argument", ["-m", "seed=0,1", "--config-dir=ü", "results_dir=a/b", 'a="ü",b', "+dataset.kinds.a=text"]
)
def test_what_hydra_can_read_is_left_alone(argument):
    assert readable(argument) == argument


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("kind", "value"), [("text", "text"), ("[klein, groß]", ["klein", "groß"])])
def test_a_column_of_any_name_gets_its_kind(name, kind, value):
    (override,) = OverridesParser.create().parse_overrides([readable(f"+dataset.kinds.{name}={kind}", 4)])
    kinds = {override.key_or_group.rpartition(".")[2]: override.value()}
    cfg = with_named_columns(OmegaConf.create({"dataset": {"kinds": kinds}}))
    assert OmegaConf.to_container(cfg.dataset)["kinds"] == {name: value}


def test_a_kind_that_cannot_be_read_is_shown_as_it_was_typed(elsewhere, capsys):
    assert bench("method=mean", "dataset=iris", "+dataset.kinds.größe=[klein") == 2
    assert "+dataset.kinds.größe=[klein cannot be read" in capsys.readouterr().err
