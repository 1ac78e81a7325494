"""What is left of a sweep."""

import dataclasses

import pytest

from mirimpute.bench.results.journal import Entry, Plan, Progress

ENTRY = Entry(0, "mean", "ok", "", False, "runs/x", 1.0, 0.0)


def test_seconds_left_are_those_of_the_methods_own_cells(tmp_path):
    progress = Progress(tmp_path, Plan({"mean": 2, "mice": 4, "mirf": 4}, []))
    seconds = [("mean", 1.0), ("mean", 1.0), ("mice", 10.0), ("mice", 20.0)]
    progress.entries = {
        k: dataclasses.replace(ENTRY, index=k, method=method, seconds=each) for k, (method, each) in enumerate(seconds)
    }
    left, untried = progress.seconds_left
    assert left == pytest.approx(30.0)  # two more of mice
    assert untried == ["mirf"]
