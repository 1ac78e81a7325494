"""Cells that another process computes: the sweep waits for them, and says so once."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

import pytest

from mirimpute.bench.results.claims import Claims
from mirimpute.bench.results.store import read_rows
from mirimpute.bench.sweeps import claimed
from mirimpute.bench.sweeps.claimed import ClaimedCells
from mirimpute.errors import MirimputeWarning, warn
from tests.bench.sweeps.commands import results, sweep


@pytest.mark.parametrize("launcher", ["basic", "local", pytest.param("dask", marks=pytest.mark.slow)])
def test_a_sweep_says_for_whom_it_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, launcher: str) -> None:
    if launcher == "dask":
        pytest.importorskip("distributed", reason="needs the extra `cluster`")
    monkeypatch.setattr(claimed, "TOLD_S", 0.0)
    command = ("dataset=iris", "method=mean", "protocol.metrics=[rmse]", "seed=0,1", f"results_dir={tmp_path}")
    sweep(*command)
    before = results(tmp_path)
    with contextlib.ExitStack() as held:
        for row in read_rows(tmp_path):
            held.enter_context(Claims(tmp_path).held(row["config_hash"], "it"))
        give_back = threading.Timer(120.0, held.close)  # for a sweep that says nothing
        give_back.start()

        def said(sentences: list[str]) -> None:
            warn(sentences)
            held.close()

        monkeypatch.setattr(claimed, "warn", said)
        printed = sweep(*command, f"hydra/launcher={launcher}", "force=true")
        give_back.cancel()
    assert printed.count(f"process {os.getpid()} on {os.uname().nodename} computes a cell of this sweep") == 1
    assert results(tmp_path) == before


def test_it_is_said_when_nothing_else_is_left_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    cells, times = ClaimedCells(), iter((0.0, 10.0, 14.0, 14.0, 18.0, 19.5, 60.0, 61.0, 66.0))
    monkeypatch.setattr(claimed.time, "monotonic", lambda: next(times))
    for _ in range(3):
        cells.heard(0, "process 1 on a", own=[0, 1, 2])  # it has cells of its own
    cells.heard(1, "process 1 on a", own=[0, 1])
    cells.heard(0, "process 1 on a", own=[0, 1])  # for four seconds
    with pytest.warns(MirimputeWarning, match="process 1 on a computes"):
        cells.heard(0, "process 1 on a", own=[0, 1])
    cells.heard(1, "process 1 on a")  # again, without a word: warnings are errors
    cells.done(1)
    cells.heard(0, "process 2 on b")
    with pytest.warns(MirimputeWarning, match="process 2 on b"):
        cells.heard(0, "process 2 on b")
