from __future__ import annotations

import gzip
import hashlib
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mirimpute.datasets import uci
from mirimpute.datasets.uci import SHA256, Uci
from mirimpute.errors import DataUnavailableError, UserError
from mirimpute.table.columns import Kind

if TYPE_CHECKING:
    from tests.datasets.conftest import Loopback

ROWS = [[0.1, -2.0, 7.5], [0.30000000000000004, 3.0, -1.25], [1e-6, 0.0, 1e6]]
BODY = gzip.compress("\n".join(",".join(map(repr, row)) for row in ROWS).encode(), mtime=0)


@pytest.fixture(autouse=True)
def tiny_wine(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "shared_data_dir" not in request.fixturenames:
        monkeypatch.setitem(uci.SHA256, "wine", hashlib.sha256(BODY).hexdigest())


def wine(base_url: str, **options: bool) -> Uci:
    return Uci(name="uci/wine", id="wine", base_url=base_url, **options)


def test_download_once_then_read_without_the_server(loopback: Loopback, tmp_path: Path) -> None:
    loopback.routes["/wine/data.csv.gz"] = (200, BODY)
    dataset = wine(loopback.url)
    assert not dataset.is_present(tmp_path)
    table = dataset.load(tmp_path)
    assert dataset.is_present(tmp_path)
    assert (tmp_path / "uci/wine/data.csv.gz").read_bytes() == BODY
    np.testing.assert_array_equal(table.values, np.array(ROWS)[:, :2])
    assert [(c.name, c.kind) for c in table.columns] == [("x1", Kind.CONTINUOUS), ("x2", Kind.INTEGER)]
    with_target = wine(loopback.url, include_target=True).load(tmp_path)
    np.testing.assert_array_equal(with_target.values, ROWS)
    assert [c.name for c in with_target.columns] == ["x1", "x2", "target"]
    assert loopback.requested == ["/wine/data.csv.gz"]
    assert [p.name for p in (tmp_path / "uci/wine").iterdir()] == ["data.csv.gz"]


def test_a_download_says_nothing_of_its_own(
    loopback: Loopback, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    loopback.routes["/wine/data.csv.gz"] = (200, BODY)
    level = logging.getLogger("pooch").level
    wine(loopback.url).fetch(tmp_path)
    assert capfd.readouterr() == ("", "")
    assert logging.getLogger("pooch").level == level


def test_downloaded_file_with_a_wrong_checksum_is_not_kept(loopback: Loopback, tmp_path: Path) -> None:
    loopback.routes["/wine/data.csv.gz"] = (200, b"something else")
    with pytest.raises(UserError, match="checksum mismatch") as raised:
        wine(loopback.url).load(tmp_path)
    message = str(raised.value)
    assert f"{loopback.url}/wine/data.csv.gz" in message
    assert SHA256["wine"] in message
    assert hashlib.sha256(b"something else").hexdigest() in message
    assert list((tmp_path / "uci/wine").iterdir()) == []
    assert len(loopback.requested) == 1


def test_present_file_with_a_wrong_checksum_is_refused_and_not_overwritten(loopback: Loopback, tmp_path: Path) -> None:
    loopback.routes["/wine/data.csv.gz"] = (200, BODY)
    path = tmp_path / "uci/wine/data.csv.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(BODY[:-1])
    with pytest.raises(UserError, match=r"delete it and run `mirimpute-data fetch uci/wine`") as raised:
        wine(loopback.url).load(tmp_path)
    message = str(raised.value)
    assert str(path) in message
    assert SHA256["wine"] in message
    assert hashlib.sha256(BODY[:-1]).hexdigest() in message
    assert path.read_bytes() == BODY[:-1]
    assert loopback.requested == []


def test_no_network_names_dataset_folder_and_fix(closed_url: str, tmp_path: Path) -> None:
    with pytest.raises(DataUnavailableError) as raised:
        wine(closed_url).load(tmp_path)
    message = str(raised.value)
    for part in (
        "'uci/wine'",
        str(tmp_path / "uci/wine"),
        "`mirimpute-data fetch uci/wine`",
        "MIRIMPUTE_DATA_DIR",
        "127.0.0.1",
    ):
        assert part in message
    assert "\n" not in message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("status", [404, 500])
def test_server_without_the_file(loopback: Loopback, tmp_path: Path, status: int) -> None:
    loopback.routes["/wine/data.csv.gz"] = (status, b"")
    with pytest.raises(DataUnavailableError, match=f"/wine/data.csv.gz answered {status}"):
        wine(loopback.url).load(tmp_path)
    assert len(loopback.requested) == 1
    assert not wine(loopback.url).is_present(tmp_path)


def test_a_download_has_a_limit_of_size(loopback: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mirimpute.datasets.connection.MOST_BYTES", 2 << 20)
    loopback.routes["/wine/data.csv.gz"] = (200, bytes(8 << 20))
    with pytest.raises(DataUnavailableError, match="sends more than 2 MiB"):
        wine(loopback.url).load(tmp_path)
    assert not wine(loopback.url).is_present(tmp_path)


def test_a_download_has_a_limit_of_time(loopback: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mirimpute.datasets.connection.MOST_S", -1.0)
    loopback.routes["/wine/data.csv.gz"] = (200, bytes(1 << 20))
    with pytest.raises(DataUnavailableError, match="within -1 seconds"):
        wine(loopback.url).load(tmp_path)
    assert not wine(loopback.url).is_present(tmp_path)


def test_data_folder_that_cannot_be_made(loopback: Loopback, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"cannot write to the data folder .* set MIRIMPUTE_DATA_DIR"):
        wine(loopback.url).load(tmp_path / "file")


def test_unknown_set(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="unknown UCI dataset 'wien': did you mean 'wine'"):
        Uci(name="x", id="wien").load(tmp_path)


@pytest.mark.shared_data
@pytest.mark.parametrize("id", sorted(SHA256))
def test_the_real_set_loads_without_a_network(id: str, shared_data_dir: Path, no_sockets: None) -> None:
    table = Uci(name=f"uci/{id}", id=id).load(shared_data_dir)
    full = Uci(name=f"uci/{id}", id=id, include_target=True).load(shared_data_dir)
    np.testing.assert_array_equal(full.values[:, :-1], table.values)
    assert not table.missing.any()
    # Those who serve the sets have centred every column, and written five significant digits.
    assert np.all(np.abs(full.values.mean(axis=0)) <= 1e-3 * np.abs(full.values).max(axis=0) + 1e-12)


@pytest.mark.shared_data
def test_solar_has_a_constant_column_and_bike_duplicates(shared_data_dir: Path) -> None:
    solar = Uci(name="s", id="solar").load(shared_data_dir).values
    assert (np.ptp(solar, axis=0) == 0).sum() == 1
    bike = Uci(name="b", id="bike").load(shared_data_dir).values
    np.testing.assert_array_equal(bike[:, 0], bike[:, 4])
