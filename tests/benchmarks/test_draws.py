"""The page of drawing methods from made-up rows, and its grid, which is that of the experiment."""

from datetime import date

import pytest

from benchmarks import draws
from benchmarks.cells import Found
from benchmarks.frame import frame_of
from benchmarks.stale import hashes_now
from benchmarks.tables import LISTS
from mirimpute.bench.conf_location import conf_dir
from mirimpute.bench.config import hash_of_method
from mirimpute.errors import UserError
from mirimpute.methods.presets import named_method
from tests.benchmarks.rows import row
from tests.report.row_factory import write

NAMES = ("uci/wine", "titanic", "adult", "iris")


def made(method, values, mechanism="mcar", **more):
    settings = hash_of_method(named_method(method))
    return [
        {
            **row(method, name, draws_crps=value, point_rmse=2 * value, method_hash=settings, **more),
            "mechanism": mechanism,
        }
        for name, value in zip(NAMES, values, strict=True)
    ]


def page(rows):
    methods = list(dict.fromkeys(each["method"] for each in rows))
    return draws.page_of(Found(frame_of(rows), ()), methods, len(rows), "", date(2026, 1, 2))


def test_grid_is_the_experiments_and_all_of_it_exists():
    found = draws.settings()
    assert (found["max_rows"], found["missing_rate"]) == (1000, 0.3)
    assert set(found["dataset"]) == {each for listed in LISTS.values() for each in listed}
    for kind in ("dataset", "method", "mechanism"):
        for name in found[kind]:
            assert (conf_dir() / kind / f"{name}.yaml").is_file(), name
    sweeps = draws.grid(found["dataset"], found["method"], found["mechanism"], (0, 1, 2), 1000, 0.3)
    assert {option for sweep in sweeps for option in sweep.arguments} >= {"dataset.max_rows=1000", "missing_rate=0.3"}


def test_every_method_of_the_grid_draws_enough():
    for name in draws.settings()["method"]:
        method = named_method(name)
        if name not in ("missforest", "hyperimpute/hyperimpute"):  # there for their means
            assert getattr(method, "draws", getattr(method, "chains", 0)) >= 20, name


def test_means_ranks_wins_and_tests_by_mechanism():
    rows = made("mirf", [0.1, 0.2, 0.3, 0.4]) + made("mice", [0.2, 0.3, 0.4, 0.1])
    rows += made("mirf", [0.3] * 4, "mar") + made("mice", [0.2] * 4, "mar")
    text = page(rows)
    assert "| mirf | 0.250 (1.2) |" in text
    assert "| mice | 0.200 (1.0) |" in text
    crps = text[text.index("### CRPS") : text.index("### Brier")]
    assert crps.index("MCAR: mirf is first") < crps.index("MAR: mice is first") < crps.index("All mechanisms pooled")
    assert "| mice | 3, 0, 1 | 3, 0, 1 |" in crps
    assert "| mice | 0, 0, 4 | 0, 0, 4 |" in crps
    assert "| titanic, MCAR 0.3 | **0.200** | 0.300 |" in text.replace("| 0.300 | **0.200** |", "| **0.200** | 0.300 |")


def test_a_failure_is_said_and_ranked_last():
    rows = made("mirf", [0.1] * 4) + made("mice", [0.2] * 4) + made("hot_deck", [0.5] * 4)
    for each in rows:
        if each["method"] == "mirf" and each["dataset"] == "iris":
            each |= {"status": "timeout", "reason": "it took too long"}
    text = page(rows)
    assert "| mirf | 0.1000 on 3 of 4 (1.5) |" in text.replace("0.100 on", "0.1000 on")
    assert "timeout (1)" in text
    assert "it took too long" in text


def test_rows_of_another_version_are_refused(tmp_path, capsys):
    write(tmp_path, row("mice", "iris", method_hash="a" * 64, draws_crps=0.1))
    options = ["--table-only", "--results-dir", str(tmp_path), "--out", str(tmp_path), "--datasets", "iris"]
    assert draws.main([*options, "--methods", "mice", "--mechanisms", "mcar", "--seeds", "0"]) == 2
    assert f"mice (rows aaaaaaaa, now {hashes_now()['mice']})" in capsys.readouterr().err
    with pytest.raises(UserError, match="run the cells again"):
        draws.refuse_older(Found(frame_of([row("mice", method_hash="a" * 64)]), ()))
