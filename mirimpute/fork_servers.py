"""Clean processes to fork from, one for each set of libraries: loaded once, computing nothing.

Python keeps one fork server per process, which loads what the first caller asks for; a sweep over several methods would
load the libraries of all others anew in every cell. Here each set of modules has a server of its own.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import threading
from collections import OrderedDict
from collections.abc import Iterator
from multiprocessing import forkserver
from typing import Any

MAX_SERVERS = 4
"""Beyond, the one that was not used for longest ends: each holds its libraries in memory."""

_servers: OrderedDict[tuple[str, ...], Any] = OrderedDict()
_lock = threading.Lock()


def start(process: Any, modules: tuple[str, ...]) -> None:
    """Start ``process``, made by :func:`context`, from the server that has ``modules`` loaded."""
    if not _available():
        process.start()
        return
    with _lock, _known_start_method():
        usual = forkserver.connect_to_new_process
        forkserver.connect_to_new_process = _server(modules).connect_to_new_process
        try:
            process.start()
        finally:
            forkserver.connect_to_new_process = usual


def context() -> Any:
    """Return the start method: a fork server where there is one, else spawn."""
    return multiprocessing.get_context("forkserver" if _available() else "spawn")


@contextlib.contextmanager
def _known_start_method() -> Iterator[None]:
    """Hide a start method that only this process knows, as a worker of joblib has: a child would look for it."""
    usual = multiprocessing.get_start_method(allow_none=True)
    if usual is None or usual in multiprocessing.get_all_start_methods():
        yield
        return
    multiprocessing.set_start_method("forkserver", force=True)
    try:
        yield
    finally:
        multiprocessing.set_start_method(usual, force=True)


def _available() -> bool:
    return "forkserver" in multiprocessing.get_all_start_methods()


def _server(modules: tuple[str, ...]) -> Any:
    server = _servers.pop(modules, None)
    if server is None:
        server = forkserver.ForkServer()
        server.set_forkserver_preload(list(modules))
    _servers[modules] = server
    if len(_servers) > MAX_SERVERS:
        with contextlib.suppress(OSError):
            _servers.popitem(last=False)[1]._stop()
    return server
