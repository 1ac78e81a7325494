from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mirimpute.datasets import connection
from mirimpute.datasets.connection import require_network
from mirimpute.errors import DataUnavailableError

if TYPE_CHECKING:
    from tests.datasets.conftest import Loopback

FOLDER = Path("folder")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def test_a_listening_server_passes_without_a_request(loopback: Loopback) -> None:
    require_network(loopback.url, "d", FOLDER)
    assert loopback.requested == []


def test_a_proxy_stands_for_the_server(loopback: Loopback, closed_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("HTTPS_PROXY", loopback.url)
    require_network("https://server.invalid/x", "d", FOLDER)
    monkeypatch.setenv("HTTPS_PROXY", closed_url)
    with pytest.raises(DataUnavailableError, match=r"127\.0\.0\.1 cannot be reached"):
        require_network("https://server.invalid/x", "d", FOLDER)


def test_a_silent_name_server_does_not_hold_the_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setattr(socket, "create_connection", lambda *a, **k: released.wait() and socket.socket())
    monkeypatch.setattr(connection, "CONNECT_TIMEOUT_S", 0.05)
    try:
        with pytest.raises(DataUnavailableError, match=r"server.invalid cannot be reached \(no answer in 0.05 s\)"):
            require_network("https://server.invalid/x", "d", FOLDER)
    finally:
        released.set()


@pytest.mark.parametrize("url", ["nonsense", "http://127.0.0.1:99999/x", "http:///x"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(DataUnavailableError, match="dataset 'd' is not in folder and"):
        require_network(url, "d", FOLDER)
