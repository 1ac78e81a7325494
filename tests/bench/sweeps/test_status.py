"""The progress of a running sweep where there is no terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirimpute.bench.results.journal import sweeps
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
