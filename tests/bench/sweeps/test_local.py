"""The launcher `local`: same rows as one process, progress, an orderly end."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mirimpute.bench.results.claims import running
from mirimpute.bench.results.journal import read_progress, sweeps
from mirimpute.bench.results.layout import CLAIMS
from mirimpute.bench.results.store import clean, read_rows
from mirimpute.bench.sweeps.local import ATTEMPTS
from mirimpute.cli.report import main as report
from tests.bench.results.test_leftovers import of_a_dead_process
from tests.bench.sweeps.commands import GRID, descendants, finish, results, start, sweep, until

LOCAL = "hydra/launcher=local"
SLOW = ("dataset=iris", "method=missforest", "method.trees=2000", "method.rounds=50", "threads=1")

needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found through /proc")


def test_the_same_rows_as_in_one_process(tmp_path: Path) -> None:
    grid = (*GRID, "seed=0,1")
    sweep(*grid, f"results_dir={tmp_path}/one")
    printed = sweep(*grid, f"results_dir={tmp_path}/two", LOCAL, "hydra.launcher.n_jobs=2")
    assert "ice" in printed
    assert len(results(tmp_path / "one")) == 4
    assert results(tmp_path / "one") == results(tmp_path / "two")
    (sweep_dir,) = sweeps(tmp_path / "two")
    progress = read_progress(sweep_dir)
    assert progress is not None
    assert progress.by_method == {"mean": {"ok": 2, "resumed": 0, "left": 0}, "ice": {"ok": 2, "resumed": 0, "left": 0}}
    assert running(tmp_path / "two") == []


def test_a_failure_is_a_row_and_an_impossible_request_none(tmp_path: Path) -> None:
    there = f"results_dir={tmp_path}"
    sweep("dataset=iris", "method=mean", "missing_rate=0.3,1.5", there, LOCAL, code=1)
    assert "1.5 is outside" in sweep("dataset=iris", "method=mean", "missing_rate=1.5", there, LOCAL, code=2)
    printed = sweep("dataset=iris", "method=mean,meann", there, LOCAL, code=2)
    assert "did you mean 'mean'" in printed
    assert "n_jobs=0 computes nothing" in sweep("method=mean,ice", there, LOCAL, "hydra.launcher.n_jobs=0", code=2)


def test_a_key_of_swept_parts_is_one_of_theirs_and_not_of_the_default(tmp_path: Path) -> None:
    there = ("dataset=iris", "protocol.metrics=[rmse]", f"results_dir={tmp_path}")
    driven = ("method=mean", "mechanism=mar_driver,mar_threshold", "mechanism.driver=0")
    sweep(*there, *driven)
    assert {row["mechanism"] for row in read_rows(tmp_path)} == {"mar_driver", "mar_threshold"}
    assert "unknown key of method 'rounds'" in sweep(*there, "method=ice,mean", "method.rounds=3", code=2)
    misspelt = sweep(*there, "method=mean", "mechanism=mar_driver,mar_threshold", "mechanism.drivr=0", code=2)
    assert "unknown key of mechanism 'drivr': did you mean 'driver'" in misspelt
    assert len(read_rows(tmp_path)) == 2


def test_one_cell_of_an_experiment_that_could_be_swept_takes_what_was_typed(tmp_path: Path) -> None:
    (tmp_path / "conf/experiment").mkdir(parents=True)
    text = "# @package _global_\n# Several methods\nhydra:\n  sweeper:\n    params:\n      method: ice,mice\n"
    (tmp_path / "conf/experiment/mine.yaml").write_text(text)
    there = ("--config-dir", f"{tmp_path}/conf", "experiment=mine", "dataset=iris", f"results_dir={tmp_path}/results")
    assert "method.rounds=0" in finish(start(*there, "method=ice", "method.rounds=0"), code=2)


PARTS = """
import os, signal
from dataclasses import dataclass
import numpy as np
from mirimpute.methods.base import Completed, Imputation, Method
from mirimpute.types import no_progress


@dataclass
class Odd(Method):
    name: str = "odd"
    how: str = "well"

    def check(self):
        if self.how == "kills in check":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.how == "raises in check":
            raise TypeError("no check today")

    @property
    def version(self):
        if self.how == "kills always":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.how == "raises always":
            raise KeyError("no version")
        return 1

    def fit(self, problem, progress=no_progress):
        x = np.where(problem.missing, 0.5, problem.x_incomplete)
        return Completed(Imputation(x, x[None]))
"""


@pytest.fixture
def odd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """Run a sweep over what a method from outside does, in a process of its own; return exit code and output."""
    (tmp_path / "odd_parts.py").write_text(PARTS)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    monkeypatch.chdir(tmp_path)

    def run(how: str, *arguments: str) -> tuple[int, str]:
        process = start(
            *("-m", "dataset=iris", "method=custom", "method.target=odd_parts.Odd", "protocol.metrics=[rmse]"),
            *(f"+method.parameters.how={how}", *arguments),
        )
        out, err = process.communicate(timeout=200)
        return process.returncode, out + err

    return run


@pytest.mark.slow
@pytest.mark.parametrize("launcher", [LOCAL, "hydra/launcher=basic"])
def test_what_a_part_raises_is_a_row(tmp_path: Path, odd: Callable[..., tuple[int, str]], launcher: str) -> None:
    code, said = odd("'raises in check',well", launcher)
    assert code == 1, said
    assert "Traceback" not in said
    reasons = sorted(row["reason"] for row in read_rows(tmp_path / "results"))
    assert [("no check today" in reason) for reason in reasons].count(True) == 1


@pytest.mark.slow
def test_a_cell_that_kills_its_worker_is_a_failed_row(tmp_path: Path, odd: Callable[..., tuple[int, str]]) -> None:
    code, said = odd("'kills in check',well", LOCAL, "hydra.launcher.n_jobs=1")
    assert code == 1, said
    (row,) = (row for row in read_rows(tmp_path / "results") if row["status"] != "ok")
    assert f"killed {ATTEMPTS} times" in row["reason"]


@pytest.mark.slow
def test_what_is_killed_during_a_sweep_leaves_nothing(tmp_path: Path) -> None:
    process = start("-m", *GRID, "seed=range(8)", f"results_dir={tmp_path}", LOCAL)
    until(lambda: read_rows(tmp_path))
    (tmp_path / CLAIMS / "dead.json").write_text(json.dumps(of_a_dead_process()))
    finish(process)
    assert clean(tmp_path) == 0


@pytest.mark.slow
@pytest.mark.parametrize("how", ["kills always", "raises always"])
def test_a_cell_without_a_row_ends_the_sweep_with_a_sentence(how: str, odd: Callable[..., tuple[int, str]]) -> None:
    code, said = odd(f"'{how}'", LOCAL, "hydra.launcher.n_jobs=1")
    assert code == 1, said
    assert said.count("Traceback") == 0
    assert "a fault of the program" in said


@pytest.mark.parametrize("launcher", [LOCAL, "hydra/launcher=basic"])
def test_a_number_that_is_none_is_refused_before_the_first_cell(tmp_path: Path, launcher: str) -> None:
    for override in ("missing_rate=0.3,nan", "protocol.shrinkage=0.5,inf", "timeout_s=null,nan"):
        printed = sweep("dataset=iris", "method=mean", override, f"results_dir={tmp_path}", launcher, code=2)
        assert "no finite number" in printed
    assert not list(tmp_path.glob("runs/*"))


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("launcher", [LOCAL, "hydra/launcher=basic"])
def test_a_sweep_stops_before_its_cells_end_and_says_how_to_go_on(
    tmp_path: Path, number: signal.Signals, launcher: str
) -> None:
    process = start("-m", *SLOW, "seed=0,1,2", f"results_dir={tmp_path}", launcher)
    until(lambda: running(tmp_path))
    family = descendants(process.pid)
    os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "0 of 3 cells are done, 0 of them failed, 3 are left" in err
    assert err.count("resume=true") == 1
    # A process that is just being started, and is told too, may print where it was; the command itself may not.
    assert "cli/bench.py" not in err
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in family), seconds=5)
    assert running(tmp_path) == []


def test_status_reads_a_sweep_while_it_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert report(["status", str(tmp_path)]) == 2
    assert "no sweep in" in capsys.readouterr().err
    sweep("dataset=iris", "method=mean", "seed=0,1", f"results_dir={tmp_path}")
    process = start("-m", *SLOW, "seed=0,1,2", f"results_dir={tmp_path}", LOCAL)
    until(lambda: running(tmp_path))
    assert report(["status", str(tmp_path)]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert "0 of 3 done, 0 failed" in printed
    assert "mirimpute-bench -m dataset=iris" in printed
    assert "running: iris mcar 0.3 missforest seed" in printed


def test_joblib_works_too(tmp_path: Path) -> None:
    pytest.importorskip("hydra_plugins.hydra_joblib_launcher", reason="needs the extra `cluster`")
    joblib = ("hydra/launcher=joblib", "hydra.launcher.n_jobs=2")
    sweep("dataset=iris", "method=mean", "protocol.metrics=[rmse]", "seed=0,1", f"results_dir={tmp_path}", *joblib)
    assert set(results(tmp_path)) == {("mean", 0), ("mean", 1)}


def test_a_value_that_no_cell_can_have_is_told_before_the_others_run(tmp_path: Path) -> None:
    command = ("dataset=iris", "method=mean", "seed=0,-1", "protocol.metrics=[rmse]", f"results_dir={tmp_path}")
    printed = sweep(*command, code=1)
    assert printed.startswith("mirimpute-bench: warning: some cells will fail: seed=-1 is negative")
    assert {(row["seed"], row["status"]) for row in read_rows(tmp_path)} == {(0, "ok"), (-1, "failed")}


def test_the_line_of_a_cell_says_of_which_table(tmp_path: Path) -> None:
    printed = sweep(
        "dataset=iris,wine_recognition", "method=mean", "protocol.metrics=[rmse]", f"results_dir={tmp_path}"
    )
    assert "mirimpute-bench: iris mcar 0.3 mean seed 0: ok" in printed
    assert "mirimpute-bench: wine_recognition mcar 0.3 mean seed 0: ok" in printed
