"""Is there a network? Asked once, briefly, before any download starts."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mirimpute.datasets.location import DATA_DIR_VARIABLE
from mirimpute.errors import DataUnavailableError

CONNECT_TIMEOUT_S = 1.5
READ_TIMEOUT_S = 30.0
MOST_BYTES = 2 << 30
MOST_S = 1800.0
"""Most bytes of one download, and most seconds of the downloads of one dataset."""
_BLOCK = 1 << 16


@contextmanager
def limited_downloads(dataset: str, folder: Path) -> Iterator[None]:
    """Let no answer to a request of the block be larger than :data:`MOST_BYTES`, unpacked, or take longer than it may.

    It holds for whatever library asks by ``requests``: what is read of an answer is counted.

    Raises:
        DataUnavailableError: one of the limits; nothing was kept.
    """
    import requests.adapters

    adapters: Any = requests.adapters.HTTPAdapter
    usual = adapters.send
    deadline = time.monotonic() + MOST_S

    def send(adapter: Any, *arguments: Any, **options: Any) -> Any:
        options["timeout"] = options.get("timeout") or (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
        response = usual(adapter, *arguments, **options)
        response.raw.stream = _limited(response.raw, deadline)
        return response

    adapters.send = send
    try:
        yield
    except TooMuchError as error:
        raise unavailable(dataset, folder, str(error)) from error
    finally:
        adapters.send = usual


class TooMuchError(Exception):
    """An answer is larger, or takes longer, than any table does."""


def _limited(raw: Any, deadline: float) -> Callable[..., Iterator[bytes]]:
    def stream(amt: int = 1 << 16, decode_content: bool | None = None) -> Iterator[bytes]:
        count = 0
        some = getattr(raw, "read1", raw.read)  # what is here: a whole block of a server that drips takes for ever
        while True:
            block = some(_BLOCK, decode_content=decode_content)
            if not block:
                return
            count += len(block)
            if count > MOST_BYTES:
                raise TooMuchError(f"the server sends more than {MOST_BYTES >> 20} MiB, which no known table has")
            if time.monotonic() > deadline:
                raise TooMuchError(f"the server has not sent all of it within {MOST_S:g} seconds")
            yield block

    return stream


def require_network(url: str, dataset: str, folder: Path) -> None:
    """Return when a connection towards ``url`` opens; otherwise refuse within :data:`CONNECT_TIMEOUT_S`.

    The clients behind the downloads retry for seconds or wait for a name server without limit, so the question is
    asked here first. A proxy from the environment is respected: then the proxy has to answer.

    Raises:
        DataUnavailableError: no connection; see :func:`unavailable`.
    """
    import requests.utils

    proxy = requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url, no_proxy=None))
    reason = _why_unreachable(proxy or url)
    if reason:
        raise unavailable(dataset, folder, f"{urlsplit(proxy or url).hostname} cannot be reached ({reason})")


def unavailable(dataset: str, folder: Path, reason: str) -> DataUnavailableError:
    """Return the error for a table that is not in ``folder`` and cannot be downloaded: it says how to prefetch."""
    return DataUnavailableError(
        f"dataset {dataset!r} is not in {folder} and {reason}: run `mirimpute-data fetch {dataset}` where there is a "
        f"network, or set {DATA_DIR_VARIABLE} to a folder that has it"
    )


def describe(error: Exception) -> str:
    """Return a few words on a failed request; the texts of ``requests`` run over several lines."""
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"{error.response.url} answered {error.response.status_code} {error.response.reason}".strip()
    if isinstance(error, requests.Timeout):
        return "the server did not answer in time"
    if isinstance(error, requests.ConnectionError):
        return "the connection failed"
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:200]}"


def _why_unreachable(url: str) -> str:
    """Return "" when a TCP connection to the host of ``url`` opens, else the reason."""
    outcome: list[str] = []

    def attempt() -> None:
        try:
            parts = urlsplit(url)
            port = parts.port or (80 if parts.scheme == "http" else 443)
            socket.create_connection((parts.hostname or "", port), timeout=CONNECT_TIMEOUT_S).close()
            outcome.append("")
        except (OSError, ValueError) as error:
            outcome.append(str(getattr(error, "strerror", None) or error))

    # Looking up a host name knows no timeout, so it happens in a thread that is left behind when it hangs.
    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(CONNECT_TIMEOUT_S)
    return outcome[0] if outcome else f"no answer in {CONNECT_TIMEOUT_S:g} s"
