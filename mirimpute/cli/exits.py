"""How every command ends: an exit code, and one sentence on stderr where it is not 0."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable

from mirimpute.bench.run.fork_servers import SAFE_PATH
from mirimpute.errors import ImputationError, UserError, fault, refused

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
    raises = os.environ.get(TRACEBACK_VARIABLE, "") not in ("", "0")  # now: Hydra's run sets it for itself
    try:
        try:
            return work() or OK
        except KeyboardInterrupt:
            return _said(program, interrupted, INTERRUPTED)
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
    print(f"{program}: {sentence}", file=sys.stderr)
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
