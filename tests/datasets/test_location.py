from __future__ import annotations

from pathlib import Path

import pooch
import pytest

from mirimpute.bench import conf_location
from mirimpute.datasets.location import data_directory, ensure_folder
from mirimpute.errors import UserError


def test_the_variable_wins_over_the_cache_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MIRIMPUTE_DATA_DIR", str(tmp_path / "new"))
    assert data_directory() == tmp_path / "new"
    assert not (tmp_path / "new").exists()
    for unset in (
        lambda: monkeypatch.setenv("MIRIMPUTE_DATA_DIR", ""),
        lambda: monkeypatch.delenv("MIRIMPUTE_DATA_DIR"),
    ):
        unset()
        assert data_directory() == Path(pooch.os_cache("mirimpute"))


def test_home_and_relative_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MIRIMPUTE_DATA_DIR", "~/data")
    assert data_directory() == tmp_path / "data"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MIRIMPUTE_DATA_DIR", "here")
    assert data_directory() == tmp_path / "here"


def test_a_file_is_no_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setenv("MIRIMPUTE_DATA_DIR", str(file))
    with pytest.raises(UserError, match=r"MIRIMPUTE_DATA_DIR='.*file' is not a folder: set it"):
        data_directory()
    with pytest.raises(UserError, match=r"cannot write to the data folder .*below .*set MIRIMPUTE_DATA_DIR"):
        ensure_folder(file / "below")


def test_the_configuration_is_found_in_a_wheel_and_beside_a_checkout(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = tmp_path / "mirimpute"
    package.mkdir()
    monkeypatch.setattr(conf_location, "__file__", str(package / "bench" / "conf_location.py"))
    with pytest.raises(RuntimeError, match="no conf folder"):
        conf_location.conf_dir()
    (tmp_path / "conf/dataset").mkdir(parents=True)
    assert conf_location.conf_dir() == tmp_path / "conf"
    (package / "conf/dataset").mkdir(parents=True)
    assert conf_location.conf_dir() == package / "conf"
