"""A method in a process of its own: whatever it does, the harness goes on and says what happened."""

import os
import signal
import sys
import time
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from mirimpute.errors import ImputationError, UserError
from mirimpute.isolation import run_isolated
from mirimpute.methods.base import Completed, Method
from mirimpute.methods.mean import Mean
from mirimpute.problem import Imputation, no_progress

from .methods.conftest import correlated, problem_of


@dataclass
class Behaves(Method):
    """Does what it is told."""

    libraries: ClassVar[tuple[str, ...]] = ("numpy",)

    name: str = "behaves"
    how: str = "well"

    def fit(self, problem, progress=no_progress):
        if self.how == "exits":
            os._exit(3)
        if self.how == "is killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.how == "sleeps":
            time.sleep(60)
        if self.how == "raises":
            raise ImputationError("diverged in round 2: for a reason\nand a second line")
        if self.how == "refuses":
            raise UserError("this device does not exist: use another")
        if self.how == "shouts":
            sys.stdout.write("x" * 2_000_000)
            os.write(2, b"to the descriptor")
        if self.how == "eats":
            ballast = np.ones(20_000_000)  # 160 MB
            assert ballast.sum() > 0
        for step in range(1, 4):
            progress("step", step, 3)
        x = np.nan_to_num(problem.x_incomplete)
        return Completed(Imputation(x, x[None]))


@pytest.fixture
def problem():
    return problem_of(correlated(n=30)[1])


def _run(how, problem, tmp_path, **more):
    more.setdefault("progress", no_progress)
    return run_isolated(Behaves(how=how), problem, log_file=tmp_path / "log.txt", **more)


def test_result_and_cost_come_back(problem, tmp_path):
    seen = []
    outcome = _run("well", problem, tmp_path, progress=lambda *what: seen.append(what))
    assert outcome.status == "ok"
    assert np.array_equal(outcome.imputation.point, np.nan_to_num(problem.x_incomplete))
    assert outcome.cost.fit_s >= 0
    assert outcome.cost.cpu_s >= 0
    assert seen[-1] == ("step", 3, 3)


def test_memory_is_that_of_the_imputation(problem, tmp_path):
    modest, hungry = _run("well", problem, tmp_path), _run("eats", problem, tmp_path)
    assert modest.cost.peak_rss_mb < 60
    assert 140 < hungry.cost.peak_rss_mb < 260


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("exits", "exited with code 3 before it returned"),
        ("is killed", r"was ended by SIGKILL \(out of memory\?\)"),
        ("raises", "ImputationError: diverged in round 2: for a reason$"),
    ],
)
def test_death_and_errors_are_failures_with_a_reason(how, reason, problem, tmp_path):
    import re

    outcome = _run(how, problem, tmp_path)
    assert outcome.status == "failed"
    assert outcome.imputation is None
    assert re.search(reason, outcome.reason)
    if how == "raises":
        assert "Traceback" in outcome.log


def test_timeout_kills_and_says_so(problem, tmp_path):
    outcome = _run("sleeps", problem, tmp_path, timeout_s=0.5)
    assert outcome.status == "timeout"
    assert "timeout_s=0.5" in outcome.reason


def test_refusals_of_a_method_are_user_errors(problem, tmp_path):
    with pytest.raises(UserError, match="this device does not exist: use another"):
        _run("refuses", problem, tmp_path)


def test_output_goes_to_the_log_not_to_the_terminal(problem, tmp_path, capfd):
    outcome = _run("shouts", problem, tmp_path)
    assert outcome.status == "ok"
    assert "xxxx" in outcome.log
    assert "to the descriptor" in outcome.log
    assert capfd.readouterr().out == ""


def test_threads_are_limited(problem, tmp_path):
    outcome = run_isolated(Mean(), problem, log_file=tmp_path / "log.txt", threads=1, progress=no_progress)
    assert outcome.status == "ok"
