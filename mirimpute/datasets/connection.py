"""Is there a network? Asked once, briefly, before any download starts."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from urllib.parse import urlsplit

from mirimpute.datasets.location import DATA_DIR_VARIABLE
from mirimpute.errors import DataUnavailableError

CONNECT_TIMEOUT_S = 1.5
READ_TIMEOUT_S = 30.0


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
