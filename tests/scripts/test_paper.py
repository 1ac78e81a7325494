"""`make paper`: the cells of each experiment, and an estimate that comes from measured rows only."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir

from mirimpute.bench.conf_location import conf_dir
from mirimpute.bench.sweeps.schema import register_schema
from scripts.paper import FULL, SMALL, cells_of, estimate, finished, missing


@pytest.mark.parametrize(
    ("name", "cells"),
    [("toy", 10), ("uci", 1500), ("uci_mar", 100), ("scaling", 18), ("small", 60), ("small_paper", 10)],
)
def test_the_cells_of_one_method(name: str, cells: int) -> None:
    counts = cells_of(name, {"method": "mean"})
    assert sum(counts.values()) == cells
    assert {method for method, _ in counts} == {"mean"}


def test_every_experiment_composes_and_resumes() -> None:
    register_schema()
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        for name in (*FULL, *SMALL):
            config = compose("config", overrides=[f"experiment=paper/{name}"], return_hydra_config=True)
            assert (config.resume, config.threads) == (True, 1)
            assert config.timeout_s == {"small": 300}.get(name, 3600)
            methods = config.hydra.sweeper.params.method.split(",")
            assert {method for method, _ in cells_of(name, {})} == set(methods)


RIVALS = {"tabcsdi", "gain", "tdm", "knewimp", "miwae", "hyperimpute/hyperimpute"}


def test_the_paper_s_rivals_and_rates_are_in_its_table() -> None:
    def rates(name: str, mechanism: str) -> set[float]:
        one = {"method": "mean", "dataset": "uci/wine", "seed": "0"}
        rows = [row(mechanism=mechanism, missing_rate=each / 10, max_rows=None) for each in range(1, 10)]
        return {each["missing_rate"] for each in rows if finished(name, one, [each])}

    for name in ("toy", "uci", "uci_mar", "letter"):
        methods = {method for method, _ in cells_of(name, {})}
        assert methods >= RIVALS | {"mirf_paper", "mirf", "mirf_fast", "mirf_mnar"}
    assert {method for method, _ in cells_of("small", {})} >= RIVALS
    assert rates("uci", "mcar") == rates("uci", "mar") == {0.2, 0.4, 0.6}
    assert rates("uci_mar", "mar") == {0.8}
    assert rates("uci_mar", "mcar") == set()


def row(**changed: object) -> dict[str, object]:
    names = {"method": "mean", "dataset": "uci/wine", "mechanism": "mcar", "missing_rate": 0.4, "seed": 0}
    return {**names, "n_rows": 1000, **changed}


@pytest.mark.parametrize(
    ("name", "changed", "found"),
    [
        ("small", {}, 1),  # of an earlier version, which does not say what was cut
        ("small", {"max_rows": 1000}, 1),
        ("small", {"max_rows": 400}, 0),
        ("small", {"n_rows": 1599}, 0),
        ("small", {"seed": 2, "max_rows": 1000}, 0),
        ("small", {"mechanism": "mnar_quantile", "max_rows": 1000}, 0),
        ("small", {"method": "mirf_paper", "max_rows": 1000}, 0),
        ("small_paper", {"method": "mirf_paper", "max_rows": 1000}, 1),
        ("uci", {}, 0),
        ("uci", {"max_rows": None}, 1),
        ("letter", {"dataset": "letter", "mechanism": "mar", "missing_rate": 0.3, "max_rows": None}, 1),
        ("scaling", {"dataset": "synthetic/gaussian_16", "max_rows": None}, 1),
    ],
)
def test_what_has_a_row_already(name: str, changed: dict[str, object], found: int) -> None:
    assert finished(name, {}, [row(**changed), row(**changed)]) == found
    total = sum(cells_of(name, {}).values())
    assert f"{total - found} of {total}" in missing({name: cells_of(name, {})}, {name: found})


def test_the_estimate_is_the_median_of_what_was_measured() -> None:
    def row(method: str, dataset: str, seconds: float, status: str = "ok") -> dict[str, object]:
        return {"method": method, "dataset": dataset, "status": status, "fit_s": seconds, "impute_s": 0.0}

    rows = [row("a", "x", 1), row("a", "x", 2), row("a", "x", 900), row("a", "y", 40), row("b", "x", 7, "failed")]
    counts = Counter({("a", "x"): 10, ("a", "y"): 2, ("b", "x"): 3})
    lines = list(estimate({"uci": counts}, rows, {"uci": 30.0}))
    assert lines[0].startswith("paper/uci: 15 cells, 1 min ")  # 10 * 2 + 2 * 30
    assert "b (3 cells)" in lines[-1]


@pytest.mark.parametrize(("limit", "cells"), [("null", 910), ("300,600", 1820)])
def test_the_limit_may_be_none_or_several(tmp_path: Path, limit: str, cells: int) -> None:
    command = [sys.executable, "scripts/paper.py", "--small", "--dry-run", "--results-dir", str(tmp_path)]
    done = subprocess.run(
        [*command, f"timeout_s={limit}"], cwd=Path(__file__).parents[2], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert f"\n{cells} cells, " in done.stdout


def test_a_cell_that_was_stopped_takes_as_long_as_it_may() -> None:
    rows = [{"method": "a", "dataset": "x", "status": "timeout", "fit_s": None, "impute_s": None}]
    lines = list(estimate({"small": Counter({("a", "x"): 2})}, rows, {"small": 300.0}))
    assert lines[0].startswith("paper/small: 2 cells, 10 min ")


def test_a_cut_of_the_small_grid_runs_and_goes_on(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    cut = ["method=mean", "dataset=iris,diabetes", "mechanism=mcar", "protocol.metrics=[rmse]", "dataset.max_rows=60"]
    command = [sys.executable, "scripts/paper.py", "--small", "--results-dir", str(tmp_path), *cut]
    for words in ("4 rows below", "4 of 4 rows were there already"):
        done = subprocess.run(command, cwd=root, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert "paper/small: 4 cells" in done.stdout
        assert words in done.stdout
