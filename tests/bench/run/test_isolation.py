"""A method in a process of its own: whatever it does, the harness goes on and says what happened."""

import contextlib
import ctypes
import mmap
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from mirimpute.bench.run.isolation import run_isolated
from mirimpute.errors import ImputationError, UserError
from mirimpute.methods.base import Completed, Imputation, Method
from mirimpute.types import no_progress
from tests.methods.conftest import correlated, problem_of

BALLAST = 160 << 20


@dataclass
class Behaves(Method):
    """Does what it is told."""

    libraries: ClassVar[tuple[str, ...]] = ("numpy", "torch", "joblib")

    name: str = "behaves"
    how: str = "well"

    def fit(self, problem, progress=no_progress):
        if self.how == "exits":
            os._exit(3)
        if self.how == "is killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.how == "sleeps":
            time.sleep(60)
        if self.how.startswith("sleeps after writing "):
            Path(self.how.split()[-1]).write_text(str(os.getpid()))
            time.sleep(600)
        if self.how == "raises":
            raise ImputationError("diverged in round 2: for a reason\nand a second line")
        if self.how == "refuses":
            raise UserError("this device does not exist: use another")
        if self.how == "shouts":
            sys.stdout.write("x" * 2_000_000)
            os.write(2, b"to the descriptor")
        if self.how == "crashes":
            ctypes.string_at(0)
        if self.how == "shouts and dies":
            os.write(1, b"begin " + b"x" * 2_000_000 + b" end")
            os._exit(4)
        if self.how == "floods":
            while True:
                os.write(1, b"x" * 1_000_000)
        if self.how == "asks for too much":
            np.ones(2**45)
        if self.how == "eats in a child":
            if os.fork() == 0:
                ballast = np.ones(BALLAST // 8)
                time.sleep(60 + ballast[0])
            time.sleep(60)
        if self.how.startswith("shares "):  # what several processes have, and files in memory
            place = {"shares memory": None, "shares a file": "/dev/shm"}[self.how]
            with tempfile.TemporaryFile(dir=place) if place else contextlib.nullcontext() as file:
                if file:
                    file.truncate(BALLAST)
                with mmap.mmap(file.fileno() if file else -1, BALLAST) as shared:
                    for start in range(0, BALLAST, 1 << 20):
                        shared[start : start + (1 << 20)] = bytes(1 << 20)
                    time.sleep(0.5)
        if self.how == "eats once for many":
            ballast = np.ones(BALLAST // 8)
            if not all(os.fork() for _ in range(4)):  # a child goes no further
                time.sleep(60 + ballast[0])
            time.sleep(0.5)
        if self.how == "eats":
            ballast = np.ones(BALLAST // 8)
            time.sleep(0.5 * ballast[0])  # memory that is given back at once may not be seen
        for step in range(1, 4):
            progress("step", step, 3)
        x = np.nan_to_num(problem.x_incomplete)
        if self.how == "counts threads":
            import joblib
            import torch
            from threadpoolctl import threadpool_info

            pools = max(pool["num_threads"] for pool in threadpool_info())
            facts = {"torch": torch.get_num_threads(), "joblib": joblib.effective_n_jobs(-1), "pools": pools}
            return Completed(Imputation(x, x[None], [facts]))
        if self.how == "lists modules":
            return Completed(Imputation(x, x[None], [{name: name in sys.modules for name in ("colorsys", "sndhdr")}]))
        return Completed(Imputation(x, x[None]))


@pytest.fixture
def problem():
    return problem_of(correlated(n=30)[1])


def _run(how, problem, tmp_path, **more):
    more.setdefault("progress", no_progress)
    return run_isolated(Behaves(how=how), problem, folder=tmp_path, **more)


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
        ("crashes", "was ended by SIGSEGV"),
        ("shouts and dies", "exited with code 4"),
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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_the_harness(number, tmp_path):
    """A sleeping method ends with a harness that is stopped or killed."""
    script = (
        "import os, sys; sys.path.insert(0, os.getcwd())\n"
        "from tests.bench.run.test_isolation import sleep_in_a_child\n"
        "if __name__ == '__main__': sleep_in_a_child(sys.argv[1])\n"
    )
    (tmp_path / "harness.py").write_text(script)
    harness = subprocess.Popen([sys.executable, tmp_path / "harness.py", tmp_path], cwd=Path(__file__).parents[3])
    pid_file = tmp_path / "pid"
    try:
        _until(lambda: pid_file.exists() and pid_file.read_text(), "the method never started")
        child = int(pid_file.read_text())
        harness.send_signal(number)
        harness.wait(30)
        _until(lambda: not Path(f"/proc/{child}").exists() or _is_zombie(child), "the method outlived the harness")
    finally:
        harness.kill()


def _is_zombie(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def _until(condition, complaint):
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(complaint)
        time.sleep(0.05)


def sleep_in_a_child(folder):
    """Run a method that writes its process number and sleeps; the main of a harness of its own."""
    method = Behaves(how=f"sleeps after writing {folder}/pid")
    run_isolated(method, problem_of(correlated(n=5)[1]), folder=Path(folder), progress=no_progress)


@pytest.mark.parametrize("how", ["eats", "eats in a child", "shares memory", "shares a file"])
def test_memory_is_limited_from_outside(how, problem, tmp_path):
    outcome = _run(how, problem, tmp_path, memory_mb=60)
    assert (outcome.status, outcome.reason) == (
        "oom",
        "stopped above memory_mb=60 MiB: give it more memory or a smaller problem",
    )
    assert _run(how.removesuffix(" in a child"), problem, tmp_path, memory_mb=600).status == "ok"


def test_memory_that_processes_share_counts_once(problem, tmp_path):
    assert _run("eats once for many", problem, tmp_path, memory_mb=300).status == "ok"


def test_a_refused_allocation_is_want_of_memory(problem, tmp_path):
    outcome = _run("asks for too much", problem, tmp_path)
    assert outcome.status == "oom"
    assert "Unable to allocate" in outcome.reason


def test_a_kill_by_the_kernel_is_want_of_memory(problem, tmp_path, monkeypatch):
    counts = iter([3, 4])
    monkeypatch.setattr("mirimpute.bench.run.limits.kernel_kills", lambda: next(counts))
    outcome = _run("is killed", problem, tmp_path)
    assert (outcome.status, outcome.reason[:28]) == ("oom", "the system ran out of memory")


def test_a_long_log_is_cut_and_an_endless_one_stopped(problem, tmp_path, monkeypatch):
    log = _run("shouts and dies", problem, tmp_path).log
    assert log.startswith("begin x")
    assert log.endswith("x end")
    assert "bytes left out" in log
    assert len(log) < 1_100_000
    monkeypatch.setattr("mirimpute.bench.run.limits.MAX_LOG_BYTES", 4 << 20)
    outcome = _run("floods", problem, tmp_path)
    assert (outcome.status, outcome.reason[:31]) == ("failed", "stopped after it had printed 4 ")


def test_each_set_of_libraries_has_its_server(problem, tmp_path):
    """A method finds its own libraries loaded, and no others, whatever ran before in this process."""

    def loaded(*libraries):
        method = Behaves(how="lists modules")
        method.libraries = libraries
        return run_isolated(method, problem, folder=tmp_path, progress=no_progress).imputation.trace[0]

    assert loaded("colorsys") == {"colorsys": True, "sndhdr": False}
    assert loaded("sndhdr") == {"colorsys": False, "sndhdr": True}


def test_output_goes_to_the_log_not_to_the_terminal(problem, tmp_path, capfd):
    outcome = _run("shouts", problem, tmp_path)
    assert outcome.status == "ok"
    assert "xxxx" in outcome.log
    assert "to the descriptor" in outcome.log
    assert capfd.readouterr().out == ""


def test_threads_are_limited_for_every_library(problem, tmp_path):
    outcome = _run("counts threads", problem, tmp_path, threads=1)
    assert outcome.imputation.trace == [{"torch": 1, "joblib": 1, "pools": 1}]


def test_loading_libraries_is_not_on_the_clock(problem, tmp_path):
    """The first method of a process waits for its libraries; its time-out must not."""
    outcome = run_isolated(Behaves(how="well"), problem, folder=tmp_path, timeout_s=0.4, progress=no_progress)
    assert outcome.status == "ok"
