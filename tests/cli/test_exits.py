"""Every end of a command is an exit code and at most one sentence."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from mirimpute.cli.exits import INTERRUPTED, OK, exit_code
from mirimpute.errors import CannotTransformError, ImputationError, NotInstalledError, UserError


@pytest.fixture(autouse=True)
def no_tracebacks(monkeypatch):
    monkeypatch.delenv("HYDRA_FULL_ERROR", raising=False)


def raising(error):
    def work():
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UserError("no such file"), 2, "no such file"),
        (NotInstalledError("install it"), 2, "install it"),
        (ImputationError("diverged"), 1, "the method failed: diverged"),
        (CannotTransformError("only its own rows"), 1, "only its own rows"),
        (PermissionError(13, "Permission denied", "out.csv"), 2, "'out.csv': the system refuses (Permission denied)"),
        (OSError(28, "No space left on device"), 2, "No space left on device"),
        (KeyboardInterrupt(), 130, "stopped"),
        (ZeroDivisionError("division\nby zero"), 1, "ZeroDivisionError: division by zero (test_exits.py, line"),
    ],
)
def test_an_error_is_a_code_and_one_line(error, code, said, capsys):
    assert exit_code("tool", raising(error), "stopped") == code
    printed = capsys.readouterr().err
    assert printed.startswith("tool: ")
    assert said in printed
    assert printed.count("\n") == 1


def test_the_code_of_the_work_is_returned(capsys):
    assert exit_code("tool", lambda: None) == 0
    assert exit_code("tool", lambda: 1) == 1
    assert capsys.readouterr().err == ""


def test_a_traceback_can_be_asked_for(monkeypatch):
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    with pytest.raises(UserError):
        exit_code("tool", raising(UserError("no")))


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("data", ["show", "iris"]),
        ("data", ["list"]),
        ("data", ["--help"]),
        ("bench", ["--help"]),
        ("impute", ["--help"]),
        ("report", ["--help"]),
    ],
)
def test_a_pipe_that_nobody_reads_is_no_error(command, arguments):
    """As in `mirimpute-data show iris | head -1`, where head has gone before the rest is printed."""
    code = f"import sys; from mirimpute.cli.{command} import main; sys.exit(main(sys.argv[1:]))"
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([sys.executable, "-c", code, *arguments], stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)
    assert done.stderr == ""
    assert done.returncode in (0, 141)  # argparse itself says nothing of a help that nobody reads


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_interrupts_once(name, capsys):
    number, tidied = getattr(signal, name), []
    inherited = signal.signal(number, signal.default_int_handler)  # whoever runs the tests may ignore it

    def work():
        try:
            os.kill(os.getpid(), number)
        finally:
            os.kill(os.getpid(), number)  # impatient: nobody hears it
            tidied.append(name)

    try:
        assert exit_code("program", work) == INTERRUPTED
        assert tidied == [name]
        assert "interrupted" in capsys.readouterr().err
        assert signal.getsignal(number) is signal.default_int_handler
    finally:
        signal.signal(number, inherited)


def test_a_signal_that_was_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        assert exit_code("program", lambda: os.kill(os.getpid(), signal.SIGHUP)) == OK
    finally:
        signal.signal(signal.SIGHUP, before)
