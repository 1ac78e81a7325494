from __future__ import annotations

import gzip
import hashlib
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from mirimpute.bench.conf_location import descriptions
from mirimpute.cli import data
from mirimpute.datasets import connection, uci
from mirimpute.errors import DataUnavailableError

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Point the data folder at an empty one and let no host be reachable."""
    monkeypatch.setenv("MIRIMPUTE_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(connection, "_why_unreachable", lambda url: "no network here")
    return tmp_path


def lines_of_list(capsys: Capture) -> dict[str, str]:
    assert data.main(["list"]) == 0
    return {line.split()[0]: line for line in capsys.readouterr().out.splitlines()[3:]}


def test_list_names_every_dataset_with_its_sentence(offline: Path, capsys: Capture) -> None:
    lines = lines_of_list(capsys)
    assert list(lines) == list(descriptions("dataset"))
    for name, sentence in descriptions("dataset").items():
        assert lines[name].endswith("  " + sentence)
    assert lines["breast_cancer"].split()[1:3] == ["scikit-learn", "yes"]
    assert lines["uci/wine"].split()[1:3] == ["UCI", "no"]
    assert lines["letter"].split()[1:4] == ["OpenML", "6", "no"]
    assert lines["file"].split()[2:4] == ["give", "dataset.path"]


def test_list_shows_the_folder_and_what_is_in_it(offline: Path, capsys: Capture) -> None:
    path = offline / "uci/wine/data.csv.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    data.main(["list"])
    assert f"data folder: {offline} (set MIRIMPUTE_DATA_DIR" in capsys.readouterr().out
    assert lines_of_list(capsys)["uci/wine"].split()[1:3] == ["UCI", "yes"]
    assert lines_of_list(capsys)["uci/energy"].split()[1:3] == ["UCI", "no"]


def test_fetch_goes_on_after_a_failure_and_tells(
    offline: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = gzip.compress(b"1,2\n", mtime=0)
    monkeypatch.setitem(uci.SHA256, "wine", hashlib.sha256(body).hexdigest())
    path = offline / "uci/wine/data.csv.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(body)
    assert data.main(["fetch", "letter", "uci/energy", "uci/wine", "iris", "uci/wine"]) == 2
    captured = capsys.readouterr()
    assert captured.out == "uci/wine: already there\niris: already there\n"
    letter, energy = captured.err.splitlines()
    assert letter.startswith("mirimpute-data: dataset 'letter' is not in ")
    assert "(no network here): run `mirimpute-data fetch letter`" in letter
    assert "`mirimpute-data fetch uci/energy`" in energy


def test_fetch_says_what_it_fetched(offline: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[tuple[str, Path]] = []
    monkeypatch.setattr(uci.Uci, "fetch", lambda self, data_dir: fetched.append((self.id, data_dir)))
    assert data.main(["fetch", "uci/gas", "uci/bike"]) == 0
    assert fetched == [("gas", offline), ("bike", offline)]
    assert capsys.readouterr() == ("uci/gas: fetched\nuci/bike: fetched\n", "")


def test_unknown_name_stops_before_any_download(
    offline: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unexpected(self: object, data_dir: Path) -> None:
        raise DataUnavailableError("a download was attempted")

    monkeypatch.setattr(uci.Uci, "fetch", unexpected)
    assert data.main(["fetch", "uci/wine", "uci/wien"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("mirimpute-data: unknown dataset 'uci/wien': did you mean 'uci/wine'")


def test_existing_file_with_a_wrong_checksum(offline: Path, capsys: Capture) -> None:
    path = offline / "uci/wine/data.csv.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"cut")
    assert data.main(["fetch", "uci/wine"]) == 2
    assert f"checksum mismatch of {path}" in capsys.readouterr().err
    assert path.read_bytes() == b"cut"


def test_a_bar_is_drawn_on_a_terminal_only(offline: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    assert data.main(["fetch", "iris"]) == 0
    captured = capsys.readouterr()
    assert captured.out == "iris: already there\n"
    assert "1/1" in captured.err
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False)
    assert data.main(["fetch", "iris"]) == 0
    assert capsys.readouterr() == ("iris: already there\n", "")


def test_listing_loads_no_heavy_library(tmp_path: Path) -> None:
    script = (
        "import sys; from mirimpute.cli.data import main; main(['list']);"
        "heavy = {'pandas', 'sklearn', 'scipy', 'torch', 'openml', 'hydra', 'matplotlib'} & set(sys.modules);"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")


def test_show_says_what_each_column_is_taken_for(tmp_path, capsys):
    path = tmp_path / "my.csv"
    path.write_text("who,size,age\nann,s,3\nbob,,4\ncid,s,\ndee,l,5\n")
    assert data.main(["show", str(path)]) == 0
    printed = capsys.readouterr()
    lines = [line.split() for line in printed.out.splitlines()]
    assert "my: 4 rows, 2 columns, 2 missing cells" in printed.out
    assert "left out, because they are text: who" in printed.out
    assert ["size", "categorical", "1", "2:", "l,", "s"] in lines
    assert ["age", "integer", "1", "3", "to", "5"] in lines


def test_show_prints_dates_and_durations(tmp_path, capsys):
    days = pd.date_range("2020-01-01", periods=4)
    frame = pd.DataFrame({"day": days, "took": pd.to_timedelta([1, 2, 3, 4], unit="h"), "n": [1.5, 2, 3, 4]})
    frame.to_parquet(tmp_path / "times.parquet")
    assert data.main(["show", str(tmp_path / "times.parquet")]) == 0
    printed = capsys.readouterr().out
    assert "2020-01-01 to 2020-01-04" in printed
    assert "0 days 01:00:00 to 0 days 04:00:00" in printed
    assert "1.5 to 4" in printed
