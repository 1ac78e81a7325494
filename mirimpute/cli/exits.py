"""How every command ends: an exit code, and one sentence on stderr where it is not 0."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator

from mirimpute.bench.run.fork_servers import SAFE_PATH
from mirimpute.errors import ImputationError, UserError, fault, refused, text_in_one_line

OK, FAILED, USER_ERROR, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 130, 141
"""Done; a method or the program failed; a request that cannot be served; Ctrl-C; nobody reads the output any more."""

TRACEBACK_VARIABLE = "HYDRA_FULL_ERROR"


def exit_code(program: str, work: Callable[[], int | None], interrupted: str = "interrupted") -> int:
    """Do ``work`` and return its exit code (None: 0); say in one sentence what ended it before.

    A request that cannot be served, or that the system refuses (a full disk, say), ends with 2, a method that failed
    and a fault of the program with 1, an interruption with 130, a closed pipe (``| head``) without a word with 141.
    With the environment variable HYDRA_FULL_ERROR set, a failure is raised with its traceback instead.

    Args:
        program: the name that the sentence begins with.
        work: what to do; an exit that argparse asks for passes through.
        interrupted: what to say after Ctrl-C.
    """
    os.environ.setdefault(SAFE_PATH, "1")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # data may hold what no terminal can show
    with interruptible():
        return _ended(program, work, interrupted)


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C, SIGTERM (a cluster's way to say stop) and SIGHUP (a closed terminal) interrupt the block, once.

    Whoever says it again meanwhile is not heard: what is being tidied up is tidied up. Signals that were ignored when
    the program began, as nohup does, stay so.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: object) -> None:
        for each in usual:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    usual = {number: signal.getsignal(number) for number in (getattr(signal, name) for name in names)}
    usual = {number: handler for number, handler in usual.items() if handler not in (signal.SIG_IGN, None)}
    for number in usual:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)


def _ended(program: str, work: Callable[[], int | None], interrupted: str) -> int:
    raises = os.environ.get(TRACEBACK_VARIABLE, "") not in ("", "0")  # now: Hydra's run sets it for itself
    try:
        try:
            return work() or OK
        except KeyboardInterrupt as error:
            return _said(program, str(error) or interrupted, INTERRUPTED)
        except BrokenPipeError:
            raise
        except Exception as error:
            if raises:
                raise
            return _said(program, *_sentence(error))
        finally:
            sys.stdout.flush()  # a closed pipe shows here, not when Python ends
    except BrokenPipeError:
        with contextlib.suppress(OSError, ValueError):  # no file below stdout: nothing is flushed there again
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE


def _said(program: str, sentence: str, code: int) -> int:
    print(f"{program}: {text_in_one_line(sentence)}", file=sys.stderr)
    return code


def _sentence(error: Exception) -> tuple[str, int]:
    """Return what to say of an error, and the exit code."""
    if isinstance(error, UserError):
        return str(error), USER_ERROR
    if isinstance(error, ImputationError):
        return f"the method failed: {error}", FAILED
    if isinstance(error, OSError):
        return refused(error), USER_ERROR
    return f"{fault(error)}; {TRACEBACK_VARIABLE}=1 shows the traceback", FAILED
