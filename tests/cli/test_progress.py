"""Progress on a terminal."""

import sys
import time

import pytest
from rich.progress import Progress as Bars

from mirimpute.cli.progress import rich_progress


def test_the_clock_goes_on_from_stage_to_stage(monkeypatch):
    drawn = []
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(Bars, "start", lambda self: drawn.append(self))
    with rich_progress("table") as report:
        report("round 1/2", 12, 12)
        before = drawn[0].tasks[0].elapsed
        time.sleep(0.01)
        report("round 2/2", 3, 12)
        task = drawn[0].tasks[0]
        assert not task.finished
        assert task.elapsed > before
        assert task.percentage == pytest.approx(25)
