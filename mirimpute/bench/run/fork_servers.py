"""Server processes to fork from. Each has loaded one set of libraries and computes nothing.

Python keeps one fork server per process, which loads what the first caller asks for; a sweep over several methods would
load the libraries of all others anew in every cell. Here each set of modules has a server of its own, and the workers
of a sweep use those of their parent.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from multiprocessing import forkserver, resource_tracker, util
from typing import Any

from mirimpute.bench.run.scratch import scratch_folder

MAX_SERVERS = 4
"""Beyond, the one that was not used for longest ends: each holds its libraries in memory."""

SAFE_PATH = "PYTHONSAFEPATH"
"""Python 3.11 and later: a process does not look for modules in the working directory. The commands set it, for what
libraries start; programs and methods of the user's own are started without it."""

_ATTEMPTS = 3
_LONGEST_PLACE = 103 - len("/mirimpute-run-12345678/listener-12345678")
"""Bytes of the place for temporary files below which a socket of ours has room; the least that systems allow is 103."""

Modules = tuple[str, ...]
Provider = Callable[[Modules], str]
"""Returns the address of a running server that belongs to another process."""

_servers: OrderedDict[Modules, Any] = OrderedDict()
_retired: list[int] = []
_provider: Provider | None = None
_lock = threading.Lock()


def start(process: Any, modules: Modules) -> None:
    """Start ``process``, made by :func:`context`, from the server that has ``modules`` loaded.

    Raises:
        OSError: the system refuses.
    """
    if not _available():
        with _isolated():
            process.start()
        return
    with _lock, _known_start_method(), _isolated():
        usual = forkserver.connect_to_new_process
        try:
            for attempt in range(_ATTEMPTS):
                server = _running_server(modules) if _provider is None else _SharedServer(_provider(modules))
                forkserver.connect_to_new_process = server.connect_to_new_process
                try:
                    process.start()
                    return
                except OSError:  # the server of the parent has just ended; it starts another when asked again
                    if _provider is None or attempt == _ATTEMPTS - 1:
                        raise
        finally:
            forkserver.connect_to_new_process = usual


def context() -> Any:
    """Return the start method: a fork server where there is one, else spawn."""
    return multiprocessing.get_context("forkserver" if _available() else "spawn")


def address(modules: Modules) -> str:
    """Return the address of this process's server for ``modules``, which runs; for :func:`use_servers_of`."""
    with _lock, _isolated():
        return str(_running_server(modules)._forkserver_address)


def use_servers_of(provider: Provider) -> None:
    """Start processes from the servers of another process from now on."""
    global _provider
    _provider = provider


class _SharedServer(forkserver.ForkServer):
    """A server that another process keeps running."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._forkserver_address = address
        # What a server watches to know that it is still wanted is its owner's; here anything that is open will do.
        self._forkserver_alive_fd = os.open(os.devnull, os.O_WRONLY)

    def ensure_running(self) -> None:
        """Leave that to its owner."""
        resource_tracker.ensure_running()

    def __del__(self) -> None:
        os.close(self._forkserver_alive_fd)


@contextlib.contextmanager
def _isolated() -> Iterator[None]:
    """Start Python without the working directory on its path: a file json.py beside the data would be run.

    The standard library starts its helpers by ``python -c``, which looks there first. What a process needs from there,
    a part of the user's own, is found by the path that it inherits from its parent.
    """
    usual = util._args_from_interpreter_flags  # type: ignore[attr-defined]
    flag = "-P" if sys.version_info >= (3, 11) else "-I"
    util._args_from_interpreter_flags = lambda: [*usual(), flag]  # type: ignore[attr-defined]
    try:
        yield
    finally:
        util._args_from_interpreter_flags = usual  # type: ignore[attr-defined]


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


def _server(modules: Modules) -> Any:
    server = _servers.pop(modules, None)
    if server is None:
        server = forkserver.ForkServer()
        server.set_forkserver_preload(list(modules))
    _servers[modules] = server
    if len(_servers) > MAX_SERVERS:
        _retire(_servers.popitem(last=False)[1])
    return server


def _running_server(modules: Modules) -> Any:
    """Return the server, running, with SIGINT blocked for it and its children.

    A Ctrl-C while it loads its libraries would print its traceback; whoever started the children ends them.
    """
    server = _server(modules)
    _keep_sockets_in_scratch()
    resource_tracker.ensure_running()  # else started by the server, which would lift the block
    usual = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        server.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, usual)
    return server


def _keep_sockets_in_scratch() -> None:
    """Give ``multiprocessing`` a folder for its sockets that is known to be nobody's after a kill; its own stay.

    The path of a socket has some 100 bytes at most: below a long TMPDIR there is room for its own shorter one alone.
    """
    config = multiprocessing.current_process()._config  # type: ignore[attr-defined]
    if config.get("tempdir") is None and len(os.fsencode(tempfile.gettempdir())) <= _LONGEST_PLACE:
        stack = contextlib.ExitStack()
        config["tempdir"] = str(stack.enter_context(scratch_folder()))
        util.Finalize(None, stack.close, exitpriority=-100)  # as late as its own would go


def _retire(server: Any) -> None:
    """Let a server end once its last child has; to wait for that here would be for ever, if a worker is the child."""
    if server._forkserver_pid is not None:
        os.close(server._forkserver_alive_fd)
        _retired.append(server._forkserver_pid)
        server._forkserver_alive_fd = server._forkserver_pid = server._forkserver_address = None
    for pid in list(_retired):
        with contextlib.suppress(ChildProcessError):
            if os.waitpid(pid, os.WNOHANG) == (0, 0):
                continue
        _retired.remove(pid)
