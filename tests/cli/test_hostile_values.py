"""Hostile values of every option: refused in one sentence, or of a meaning; nothing else comes of them."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import time
import warnings
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from omegaconf import OmegaConf

from mirimpute import Imputer, MirfImputer, pool
from mirimpute.bench.conf_location import conf_dir, descriptions
from mirimpute.bench.config import CellConfig
from mirimpute.bench.dataset_catalog import options_to_give
from mirimpute.bench.sweeps.compose import Composer, choices
from mirimpute.bench.sweeps.schema import GROUPS, cell_config, register_schema
from mirimpute.errors import MirimputeWarning, UserError

HOSTILE = (
    *("null", "nan", "inf", "-inf", "-1", "0", "1e-9", "1e300", "-1e300", "999999999999", "9999999999999999999999"),
    *("true", "''", "'  '", "text", "[]", "[[]]", "[[[1]]]", "{}", "{a:{b:1}}", "[nan]", "'${seed}'", "'\\x1b[31m'"),
    *("'../../x'", "'=1+1'", "9" * 5000, "[" * 40 + "]" * 40),
)
SWEPT = ("range(0)", "range(5,1)", "range(1000000000)", "range(0,1,0)", "glob(nothing*)", "choice()", "interval(0,1)")
SLOWEST_S = 20.0


@pytest.fixture(scope="module")
def parts() -> Any:
    register_schema()
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        master = compose("config", overrides=["hydra.mode=MULTIRUN", "threads=1"], return_hydra_config=True)
        yield GlobalHydra.instance().config_loader(), master


def judge(what: str, call: Any, tally: Counter[str]) -> None:
    """Call it; a refusal is one sentence, whatever else is a fault."""
    started = time.monotonic()
    try:
        call()
        tally["accepted"] += 1
    except UserError as error:
        said = str(error)
        assert said, what
        assert "\n" not in said.strip(), (what, said)
        assert len(said) < 2_000, (what, said[:300])
        tally["refused"] += 1
    except Exception as error:
        tally["fault"] += 1
        print(f"FAULT {what[:200]}: {type(error).__name__}: {str(error)[:200]}")
    if time.monotonic() - started > SLOWEST_S:
        tally["slow"] += 1
        print(f"SLOW {what[:200]}")


def compose_and_check(composer: Composer, overrides: list[str]) -> None:
    cell_config(composer.compose(overrides)).check()


def fields_of(group: str, name: str, composer: Composer) -> list[str]:
    return [f"{group}.{field}" for field in composer.compose([f"{group}={name}"])[group]]


def one_for_each_schema(group: str, composer: Composer) -> list[str]:
    found = {}
    for name in descriptions(group):
        found.setdefault(OmegaConf.get_type(composer.compose([f"{group}={name}"])[group]), name)
    return list(found.values())


@pytest.mark.slow
def test_every_field_of_every_part_of_the_configuration(parts: Any) -> None:
    composer, tally = Composer(*parts), Counter[str]()
    for group in GROUPS:
        for name in one_for_each_schema(group, composer):
            given = [f"{each.split('=')[0]}=x" for each in options_to_give(name)] if group == "dataset" else []
            for field in fields_of(group, name, composer):
                for value in HOSTILE:
                    overrides = [f"{group}={name}", *given, f"{field}={value}"]
                    judge(str(overrides), partial(compose_and_check, composer, overrides), tally)
    print(f"\nparts of the configuration: {sum(tally.values())} tried: {dict(tally)}")
    assert tally["fault"] == tally["slow"] == 0
    assert tally["refused"] > 1_000


@pytest.mark.slow
def test_every_key_of_a_cell_and_every_sweep(parts: Any) -> None:
    composer, tally = Composer(*parts), Counter[str]()
    for field in (each.name for each in dataclasses.fields(CellConfig)):
        for value in HOSTILE:
            judge(f"{field}={value}", partial(compose_and_check, composer, [f"{field}={value}"]), tally)
        for value in SWEPT:
            judge(f"{field}={value}", partial(choices, [f"{field}={value}"], parts[0]), tally)
    print(f"\nkeys of a cell: {sum(tally.values())} tried: {dict(tally)}")
    assert tally["fault"] == tally["slow"] == 0


def run(main: Any, arguments: list[str]) -> tuple[int, str]:
    out = io.StringIO()
    code: Any = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            code = main(arguments)
        except SystemExit as ended:
            code = ended.code
    return int(code or 0), out.getvalue()


@pytest.mark.slow
def test_every_option_of_the_other_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mirimpute.cli import data, impute, report

    monkeypatch.chdir(tmp_path)
    pd.DataFrame({"a": [1.0, np.nan, 3.0, 4.0], "b": [2.0, 1.0, 5.0, 3.0]}).to_csv("data.csv", index=False)
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "parts").mkdir()
    pd.read_csv("data.csv").to_parquet("parts/one.parquet")
    words = [value.strip("'") for value in HOSTILE] + ["folder.csv", "absent.csv", "/dev/null", "a\ud800b", "x" * 5_000]
    commands: dict[str, tuple[Any, list[list[str]]]] = {
        "mirimpute-impute": (
            impute.main,
            [
                *(
                    ["data.csv", "-o", "out.csv", "--force", "--method", "mean", option]
                    for option in (
                        *("--seed", "--draws", "--device", "--kind", "--na", "--sep", "--decimal", "--thousands"),
                        *("--encoding", "--comment", "--method", "-o"),
                    )
                ),
                *(
                    ["parts", "-o", "filled", "--force", "--method", "mean", option]
                    for option in ("--sample", "--model", "--jobs", "--ignore", "--min", "--method", "-o")
                ),
                ["-o", "out.csv", "--method", "mean"],
                ["-o", "filled", "--method", "mean"],
            ],
        ),
        "mirimpute-data": (
            data.main,
            [["show"], ["show", "data.csv", "--sep"], ["show", "data.csv", "--encoding"], ["fetch"], []],
        ),
        "mirimpute-report": (report.main, [[], ["status"], ["compact"], ["status", "--clean"], ["--out"]]),
    }
    monkeypatch.setattr("mirimpute.bench.run.isolation.run_isolated", _mean)
    for name, (main, beginnings) in commands.items():
        tally: Counter[int] = Counter()
        for beginning in beginnings:
            for word in words:
                code, said = run(main, [*beginning, word])
                tally[code] += 1
                assert code in (0, 1, 2), (name, beginning, word[:60], said)
                assert "Traceback" not in said, (name, beginning, word[:60], said)
                assert "a fault of the program" not in said, (name, beginning, word[:60], said)
                assert "\x1b" not in said, (name, beginning, word[:60])
        print(f"\n{name}: {sum(tally.values())} tried, exit codes {dict(tally)}")


def _mean(method: Any, problem: Any, *, folder: Path, **options: Any) -> Any:
    """Impute in this process: what is tried here are the options."""
    from mirimpute.bench.run.cost import measured
    from mirimpute.bench.run.isolation import Outcome

    _, imputation, cost = measured(method, problem, lambda *_: None)
    return Outcome("ok", "", imputation, cost, "")


ODD = (
    *(
        None,
        True,
        -1,
        0,
        10**12,
        10**400,
        float("nan"),
        float("inf"),
        -1e300,
        "text",
        "",
        "\x1b[31m",
        [],
        {},
        [[1]],
        (),
    ),
    *(object(), np.float64("nan"), np.array([1, 2]), np.int64(-5), b"bytes", complex(1, 2)),
)


@pytest.mark.slow
def test_every_argument_of_the_python_interface() -> None:
    x = np.random.default_rng(0).normal(size=(40, 2))
    x[:5, 1] = np.nan
    fast = {"preset": "mirf_fast", "parameters": {"rounds": 1, "steps": 2, "final_steps": 2, "trees": 8}}
    fitted, tally = MirfImputer(**fast).fit(x), Counter[str]()
    calls: dict[str, Any] = {
        **{
            f"MirfImputer({name}=...)": lambda value, name=name: MirfImputer(**{**fast, name: value}).fit(x)
            for name in MirfImputer().get_params()
        },
        **{
            f"Imputer({name}=...)": lambda value, name=name: Imputer(**{"method": "mean", name: value}).fit_transform(x)
            for name in Imputer().get_params()
        },
        "parameters": lambda value: MirfImputer(preset="mirf_fast", parameters={"rounds": value}).fit(x),
        "random_state": lambda value: MirfImputer(**{**fast, "random_state": value}).fit(x[:2]),
        "n_draws": lambda value: fitted.sample(x, value),
        "stream": lambda value: fitted.sample(x, 1, random_state=value),
        "multiple": lambda value: fitted.impute_multiple(x, value) if value != 10**12 else fitted.sample(x, value),
        "df_complete": lambda value: pool(np.ones(3), np.ones(3), df_complete=value),
        "level": lambda value: pool(np.ones(3), np.ones(3)).interval(value),
        "save": lambda value: fitted.save(value),
        "load": lambda value: MirfImputer.load(value),
        "X": lambda value: fitted.transform(value),
    }
    for name, call in calls.items():
        for value in ODD:
            if name == "save" and isinstance(value, str):
                continue  # names of files like any other
            started = time.monotonic()
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", MirimputeWarning)
                    call(value)
                tally["accepted"] += 1
            except (ValueError, TypeError) as error:  # as scikit-learn has them; a UserError is a ValueError
                tally["refused" if str(error) else "without a word"] += 1
            except Exception as error:
                tally["fault"] += 1
                print(f"FAULT {name} {str(value)[:60]!r}: {type(error).__name__}: {str(error)[:200]}")
            assert time.monotonic() - started < SLOWEST_S, (name, value)
    print(f"\nPython: {sum(tally.values())} tried: {dict(tally)}")
    assert tally["fault"] == tally["without a word"] == 0
