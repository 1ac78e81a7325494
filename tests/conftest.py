"""Fixtures for every test."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # two workers whose idle threads spin are ten times as slow


@pytest.fixture(scope="session")
def shared_data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a private copy of the data folder that MIRIMPUTE_DATA_DIR names; skip when there is none."""
    source = os.environ.get("MIRIMPUTE_DATA_DIR")
    if not source:
        pytest.skip("MIRIMPUTE_DATA_DIR is not set, so there are no real data to test with")
    if not (Path(source) / "openml").is_dir() or not (Path(source) / "uci").is_dir():
        pytest.fail(f"MIRIMPUTE_DATA_DIR={source} has no openml and uci folders")
    copy = tmp_path_factory.mktemp("data")
    shutil.copytree(Path(source) / "openml", copy / "openml")
    shutil.copytree(Path(source) / "uci", copy / "uci")
    return copy


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every attempt to connect a failure of the test."""

    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError(f"a connection was attempted: {arguments}")

    replaced: list[tuple[object, str, Callable[..., None]]] = [
        (socket, "create_connection", refuse),
        (socket.socket, "connect", refuse),
        (socket, "getaddrinfo", refuse),
    ]
    for owner, name, function in replaced:
        monkeypatch.setattr(owner, name, function)


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder without data, as somebody would who has just installed the package."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MIRIMPUTE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("HYDRA_FULL_ERROR", raising=False)
    return tmp_path
