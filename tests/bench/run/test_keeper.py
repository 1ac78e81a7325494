"""Nothing that a method starts is waited for, and nothing outlives it, however the method ends."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from mirimpute.bench.run.isolation import run_isolated
from mirimpute.methods.base import Completed, Imputation, Method
from mirimpute.types import no_progress
from tests.methods.conftest import correlated, problem_of

FOR_EVER_S = 600


@dataclass
class Leaves(Method):
    """Leaves something behind, then returns, dies or hangs."""

    name: str = "leaves"
    what: str = "nothing"
    then: str = "returns"
    pids: str = ""

    def fit(self, problem, progress=no_progress):
        for what in self.what.split("+"):
            getattr(self, f"_{what}")()
        if self.then == "is killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.then == "exits":
            os._exit(0)
        if self.then == "hangs":
            time.sleep(FOR_EVER_S)
        x = np.nan_to_num(problem.x_incomplete)
        return Completed(Imputation(x, x[None]))

    def _note(self, pid):
        with open(self.pids, "a") as file:
            file.write(f"{pid}\n")

    def _nothing(self):
        pass

    def _thread(self):
        threading.Thread(target=time.sleep, args=(FOR_EVER_S,), daemon=False).start()

    def _child(self):
        import multiprocessing

        process = multiprocessing.get_context("fork").Process(target=time.sleep, args=(FOR_EVER_S,))
        process.start()
        self._note(process.pid)

    def _fork(self):
        pid = os.fork()
        if pid == 0:
            time.sleep(FOR_EVER_S)
            os._exit(0)
        self._note(pid)

    def _session(self):
        self._note(
            subprocess.Popen(
                [sys.executable, "-c", f"import time; time.sleep({FOR_EVER_S})"], start_new_session=True
            ).pid
        )

    def _popen(self):
        os.popen(f"sleep {FOR_EVER_S} & echo $! >> {self.pids}")
        time.sleep(0.3)

    def _daemon(self):
        """Fork twice, with a session of its own in between, as daemons do."""
        first = os.fork()
        if first == 0:
            os.setsid()
            if os.fork() == 0:
                self._note(os.getpid())
                time.sleep(FOR_EVER_S)
            os._exit(0)
        os.waitpid(first, 0)
        time.sleep(0.3)


STRAYS = ("child", "fork", "session", "popen", "daemon")


def run(tmp_path, what, then, **more):
    problem = problem_of(correlated(n=30)[1])
    folder, pids = tmp_path / "folder", tmp_path / "pids"
    folder.mkdir(exist_ok=True)
    method = Leaves(what=what, then=then, pids=str(pids))
    outcome = run_isolated(method, problem, folder=folder, progress=no_progress, **more)
    numbers = [int(line) for line in pids.read_text().split()] if pids.exists() else []
    return outcome, numbers


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.parametrize("what", ["thread", *STRAYS])
def test_a_method_that_has_returned_is_done(tmp_path, what):
    outcome, strays = run(tmp_path, what, "returns", timeout_s=60)
    assert outcome.status == "ok"
    assert bool(strays) == (what in STRAYS)
    assert not any(map(alive, strays))


@pytest.mark.parametrize(("then", "reason"), [("is killed", "SIGKILL"), ("exits", "before it returned")])
def test_a_method_that_dies_takes_its_strays_along(tmp_path, then, reason):
    outcome, strays = run(tmp_path, "+".join(STRAYS), then)
    assert (outcome.status, reason in outcome.reason) == ("failed", True)
    assert len(strays) == len(STRAYS)
    assert not any(map(alive, strays))


def test_a_method_that_is_stopped_takes_its_strays_along(tmp_path):
    outcome, strays = run(tmp_path, "+".join(STRAYS), "hangs", timeout_s=3)
    assert outcome.status == "timeout"
    assert len(strays) == len(STRAYS)
    assert not any(map(alive, strays))


@dataclass
class Sends(Method):
    """Writes something else into the pipe of its messages."""

    name: str = "sends"
    content: bytes = b""
    then: str = "is killed"

    def fit(self, problem, progress=no_progress):
        writer = _writer_of(progress)
        os.write(writer._descriptor, self.content)
        if self.then == "is killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.then == "hangs":
            time.sleep(FOR_EVER_S)
        x = np.nan_to_num(problem.x_incomplete)
        return Completed(Imputation(x, x[None]))


def _writer_of(progress):
    from mirimpute.bench.run.messages import Writer

    return next(cell.cell_contents for cell in progress.__closure__ if isinstance(cell.cell_contents, Writer))


@pytest.mark.parametrize(
    ("content", "then", "status", "reason"),
    [
        (b"\x00" * 7 + b"\x40begin", "is killed", "failed", "SIGKILL"),
        (b"\x00\x00", "is killed", "failed", "SIGKILL"),
        (b"\x00" * 7 + b"\x40begin", "hangs", "timeout", "timeout_s"),
        (b"\xff" * 8 + b"x" * 9, "hangs", "timeout", "timeout_s"),
        (b"\x00" * 7 + b"\x05hello", "hangs", "failed", "cannot be read"),
        (b"\x00" * 7 + b"\x02N.", "hangs", "failed", "cannot be read"),
    ],
)
def test_a_message_that_is_not_whole_is_a_failure(tmp_path, content, then, status, reason):
    problem = problem_of(correlated(n=30)[1])
    method = Sends(content=content, then=then)
    outcome = run_isolated(method, problem, folder=tmp_path, progress=no_progress, timeout_s=2)
    assert (outcome.status, reason in outcome.reason) == (status, True)


def test_temporary_files_of_a_method_are_in_its_folder(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    run_isolated(Temporary(), problem_of(correlated(n=30)[1]), folder=folder, progress=no_progress)
    assert len(list(folder.glob("left-*"))) == 1


@dataclass
class Temporary(Method):
    """Leaves a temporary folder."""

    name: str = "temporary"

    def fit(self, problem, progress=no_progress):
        import tempfile

        tempfile.mkdtemp(prefix="left-")
        x = np.nan_to_num(problem.x_incomplete)
        return Completed(Imputation(x, x[None]))
