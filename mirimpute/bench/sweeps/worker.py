"""A process that computes cells, for the launchers `local` and `dask`: it takes them from a pipe until that closes."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import traceback
from collections.abc import Callable
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from mirimpute.bench.run import fork_servers
from mirimpute.bench.sweeps.compose import Composer

PROGRAM = "mirimpute-bench"
FAULT = "fault.txt"
"""The traceback of a fault that ended the sweep, beside its journal."""


def work(connection: Connection, composer: Composer, sweep_dir: Path, lifeline: int | None = None) -> None:
    """Run cells; say of each ``("done",)`` or ``("claimed", who)``, or once ``("store" | "refused" | "fault", why)``.

    Meanwhile ``("server", modules)`` asks for the address of a fork server.

    SIGTERM, or the end of the parent, abandons the cell: the method's process is killed and the claim is given back.

    Args:
        connection: the pipe.
        composer, sweep_dir: of the sweep.
        lifeline: a descriptor that closes when the parent ends, which knows nothing of fork servers then; None: the
            parent has started this process by ``multiprocessing``, and answers.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    abandon_on_sigterm()
    try:
        threading.Thread(target=_end_with_parent, args=(lifeline,), daemon=True).start()
        _work(connection, composer, sweep_dir, lifeline is None)
    except (KeyboardInterrupt, EOFError, BrokenPipeError, ConnectionResetError):
        pass
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the rest is tidying up


def work_for(descriptor: int) -> None:
    """Run cells, as :func:`work`, in a process that ``multiprocessing`` has not started; stdin is its lifeline.

    Args:
        descriptor: of the pipe; what comes first is the composer and the journal.
    """
    connection = Connection(descriptor)
    composer, sweep_dir = connection.recv()
    work(connection, composer, sweep_dir, lifeline=0)


def abandon_on_sigterm() -> Callable[[], None]:
    """Make SIGTERM (a cluster's way to say stop) raise KeyboardInterrupt; return what undoes it."""

    def abandon(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, abandon)
    return lambda: (signal.signal(signal.SIGTERM, before), None)[1]


def _work(connection: Connection, composer: Composer, sweep_dir: Path, shares_servers: bool) -> None:
    from mirimpute.bench.notices import plain_warnings
    from mirimpute.bench.results.claims import ClaimedError
    from mirimpute.bench.sweeps.runner import Runner
    from mirimpute.bench.sweeps.schema import register_schema
    from mirimpute.errors import StoreError, UserError, fault, refused

    def server(modules: tuple[str, ...]) -> str:
        connection.send(("server", modules))
        return str(connection.recv())

    register_schema()
    if shares_servers and fork_servers.context().get_start_method() == "forkserver":
        fork_servers.use_servers_of(server)
    runner = Runner(sweep_dir)
    connection.send(("ready",))
    with plain_warnings(PROGRAM):
        while True:
            index, overrides, again, reason = connection.recv()
            try:
                cfg = composer.compose(overrides)
                if reason:
                    runner.fail(cfg, index, reason)
                else:
                    runner.run(cfg, index, wait=False, again=again)
                message: tuple[Any, ...] = ("done",)
            except ClaimedError as error:
                message = ("claimed", error.who)
            except StoreError as error:
                message = ("store", str(error))
            except UserError as error:
                message = ("refused", str(error))
            except Exception as error:  # not even a failed row could be written: the parent says so and stops
                with contextlib.suppress(OSError):
                    (sweep_dir / FAULT).write_text(traceback.format_exc())
                message = ("fault", refused(error) if isinstance(error, OSError) else fault(error))
            connection.send(message)


def _end_with_parent(lifeline: int | None) -> None:
    parent = parent_process()
    end: Any = lifeline if parent is None else parent.sentinel
    if end is not None:
        wait([end])
        os.kill(os.getpid(), signal.SIGTERM)
