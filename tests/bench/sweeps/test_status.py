"""The progress of a running sweep where there is no terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirimpute.bench.results.journal import Plan, Progress, sweeps
from mirimpute.bench.sweeps import status
from tests.bench.sweeps.commands import GRID, sweep


def test_without_a_terminal_the_progress_is_a_line_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep(*GRID, f"results_dir={tmp_path}")
    (sweep_dir,) = sweeps(tmp_path)
    with status.live(sweep_dir) as advance:
        advance()
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(status, "_LINE_S", 0.0)
    with status.live(sweep_dir) as advance:
        advance()
    assert capsys.readouterr().err == "2 of 2 done, 0 failed, 0 running, 0 left\n"


def test_a_cell_that_was_there_is_said_to_be_there_and_tells_no_time(tmp_path: Path) -> None:
    command = (*GRID, f"results_dir={tmp_path}", "resume=true")
    assert "there already" not in sweep(*command)
    said = sweep(*command)
    assert said.count(", there already") == 2
    assert "there already; 1 cell left\n" in said


def test_the_progress_is_wider_than_its_table_and_says_when_nothing_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["mirimpute-bench", "-m", "method=mean,ice,knn", "dataset=iris"]
    progress = Progress(Path("results"), Plan({"mean": 3}, command))
    monkeypatch.setattr(status, "sweeps", lambda _: [Path("results/sweeps/one")])
    monkeypatch.setattr(status, "read_progress", lambda _: progress)
    monkeypatch.setattr(status, "running", lambda _: [])
    status.show_status(Path("results"), watch=False)
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == " ".join(command)
    assert lines[-3] == "0 of 3 done, 0 failed, 0 running, 3 left"
    assert " ".join(lines[-2:]).startswith("no cell is being computed")
    monkeypatch.setattr(status, "running", lambda _: ["iris mcar 0.3 mean seed 0"])
    status.show_status(Path("results"), watch=False)
    assert "no cell is being computed" not in capsys.readouterr().out
