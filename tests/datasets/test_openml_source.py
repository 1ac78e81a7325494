from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mirimpute.datasets.openml_client import cache_folder, openml_client
from mirimpute.datasets.openml_source import OpenML
from mirimpute.errors import DataError, DataUnavailableError, MirimputeWarning, UserError
from mirimpute.table.columns import Kind

if TYPE_CHECKING:
    from tests.datasets.conftest import Loopback

ID = 7
API = "/api/v1/xml"
ARFF = b"""@RELATION tiny
@ATTRIBUTE row REAL
@ATTRIBUTE length REAL
@ATTRIBUTE count INTEGER
@ATTRIBUTE colour {red, blue}
@ATTRIBUTE class {a, b}
@DATA
1,0.1,3,red,a
2,?,4,blue,b
3,0.30000000000000004,300,red,a
"""
LENGTH_AND_COUNT = np.array([[0.1, 3.0], [np.nan, 4.0], [0.30000000000000004, 300.0]])


def description(url: str, md5: str = hashlib.md5(ARFF).hexdigest(), extra: str = "") -> bytes:
    return f"""<oml:data_set_description xmlns:oml="http://openml.org/openml">
  <oml:id>{ID}</oml:id><oml:name>tiny</oml:name><oml:version>1</oml:version><oml:description>d</oml:description>
  <oml:format>ARFF</oml:format><oml:url>{url}/tiny.arff</oml:url>{extra}
  <oml:default_target_attribute>class</oml:default_target_attribute>
  <oml:row_id_attribute>row</oml:row_id_attribute><oml:md5_checksum>{md5}</oml:md5_checksum>
</oml:data_set_description>""".encode()


@pytest.fixture
def server(loopback: Loopback) -> Loopback:
    # The address of a Parquet file where nothing listens: a download must not even try it.
    parquet = "<oml:parquet_url>http://127.0.0.1:9/bucket/tiny.pq</oml:parquet_url>"
    loopback.routes[f"{API}/data/{ID}"] = (200, description(loopback.url, extra=parquet))
    loopback.routes["/tiny.arff"] = (200, ARFF)
    return loopback


def tiny(url: str, **options: bool) -> OpenML:
    return OpenML(id=ID, server=url + API, **options)


def tiny_cache(data_dir: Path, xml: bytes | None = None, arff: bytes = ARFF) -> Path:
    """Write the cache folder of the tiny dataset, as a past download would have."""
    folder = tiny("http://127.0.0.1:9").folder(data_dir)
    folder.mkdir(parents=True)
    (folder / "description.xml").write_bytes(description("http://127.0.0.1:9") if xml is None else xml)
    (folder / "dataset.arff").write_bytes(arff)
    return folder


def content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def load(dataset: OpenML, data_dir: Path) -> np.ndarray:
    return dataset.load(data_dir).values


def test_download_once_then_read_without_the_server(server: Loopback, tmp_path: Path) -> None:
    dataset = tiny(server.url)
    assert not dataset.is_present(tmp_path)
    table = dataset.load(tmp_path)
    assert dataset.is_present(tmp_path)
    np.testing.assert_array_equal(table.values[:, :2], LENGTH_AND_COUNT)
    assert [(c.name, c.kind) for c in table.columns] == [
        ("length", Kind.CONTINUOUS),
        ("count", Kind.INTEGER),
        ("colour", Kind.CATEGORICAL),  # the client says that it is ordered, as it says of every nominal attribute
    ]
    assert table.name == "openml/7"
    assert table.dropped == ()
    assert load(dataset, tmp_path).tobytes() == table.values.tobytes()
    assert server.requested == [f"{API}/data/{ID}", "/tiny.arff"]


def test_a_download_leaves_the_layout_of_the_client_and_nothing_else(server: Loopback, tmp_path: Path) -> None:
    tiny(server.url).fetch(tmp_path)
    with openml_client(tmp_path / "openml", server.url + API, parquet=False) as openml:
        folder = Path(openml.config.get_cache_directory()) / "datasets" / str(ID)
        assert cache_folder(tmp_path / "openml", server.url + API, ID) == folder
    files = content(tmp_path)
    assert set(files) == {str((folder / name).relative_to(tmp_path)) for name in ("description.xml", "dataset.arff")}
    assert (folder / "dataset.arff").read_bytes() == ARFF
    assert [p.name for p in (tmp_path / "openml").iterdir()] == [folder.relative_to(tmp_path / "openml").parts[0]]


def test_include_target_keeps_the_target(server: Loopback, tmp_path: Path) -> None:
    table = tiny(server.url, include_target=True).load(tmp_path)
    assert [c.name for c in table.columns] == ["length", "count", "colour", "class"]


def test_settings_of_the_client_are_put_back(server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import openml

    monkeypatch.setenv("OPENML_SKIP_PARQUET", "as before")
    before = dict(openml.config.get_config_as_dict())
    load(tiny(server.url), tmp_path)
    server.routes.clear()
    with pytest.raises(UserError):
        tiny(server.url).fetch(tmp_path / "elsewhere")
    assert dict(openml.config.get_config_as_dict()) == before
    assert os.environ["OPENML_SKIP_PARQUET"] == "as before"


def test_no_network_names_dataset_folder_and_fix(closed_url: str, tmp_path: Path) -> None:
    with pytest.raises(DataUnavailableError) as raised:
        tiny(closed_url).load(tmp_path)
    message = str(raised.value)
    folder = str(tiny(closed_url).folder(tmp_path))
    for part in ("'openml/7'", folder, "`mirimpute-data fetch openml/7`", "MIRIMPUTE_DATA_DIR", "127.0.0.1"):
        assert part in message
    assert list(tmp_path.iterdir()) == []


def test_unknown_number(server: Loopback, tmp_path: Path) -> None:
    answer = "<oml:code>111</oml:code><oml:message>Unknown dataset</oml:message>"
    error = f'<oml:error xmlns:oml="http://openml.org/openml">{answer}</oml:error>'
    server.routes[f"{API}/data/{ID}"] = (412, error.encode())
    with pytest.raises(UserError, match="OpenML has no dataset with id=7"):
        tiny(server.url).load(tmp_path)
    assert content(tmp_path) == {}


def test_failing_server(server: Loopback, tmp_path: Path) -> None:
    server.routes["/tiny.arff"] = (500, b"<html>oops</html>")
    with pytest.raises(DataUnavailableError, match="openml/7"):
        tiny(server.url).load(tmp_path)
    assert content(tmp_path) == {}
    assert server.requested.count("/tiny.arff") == 1


def test_downloaded_data_with_a_wrong_checksum_are_not_kept(server: Loopback, tmp_path: Path) -> None:
    server.routes["/tiny.arff"] = (200, ARFF + b"4,5,6,red,a\n")
    with pytest.raises(UserError, match=f"checksum mismatch of OpenML dataset 7: .*{hashlib.md5(ARFF).hexdigest()}"):
        tiny(server.url).load(tmp_path)
    assert content(tmp_path) == {}


def test_a_failed_download_leaves_the_files_of_the_user(server: Loopback, tmp_path: Path) -> None:
    folder = tiny(server.url).folder(tmp_path)
    folder.mkdir(parents=True)
    (folder / "notes.txt").write_text("mine")
    server.routes["/tiny.arff"] = (404, b"")
    with pytest.raises(UserError):
        tiny(server.url).load(tmp_path)
    assert (folder / "notes.txt").read_text() == "mine"


DAMAGED = [
    pytest.param(b"<oml:data_set_descr", ARFF, "description.xml", id="cut description"),
    pytest.param(b"", ARFF, "description.xml", id="empty description"),
    pytest.param(description("u").replace(b"<oml:id>7", b"<oml:id>8"), ARFF, "describes dataset 8", id="other dataset"),
    pytest.param(None, ARFF[:-20], "expected MD5", id="cut data"),
    pytest.param(description("u", md5=hashlib.md5(b"x").hexdigest()), b"x", "cannot be used", id="not ARFF"),
]


@pytest.mark.parametrize(("xml", "arff", "words"), DAMAGED)
def test_damaged_cache_is_refused_and_left_as_it_is(
    xml: bytes | None, arff: bytes, words: str, tmp_path: Path, no_sockets: None
) -> None:
    folder = tiny_cache(tmp_path, xml, arff)
    before = content(tmp_path)
    with pytest.raises(DataError, match=words) as raised:
        tiny("http://127.0.0.1:9").load(tmp_path)
    assert f"delete {folder} and run `mirimpute-data fetch openml/7`" in str(raised.value)
    assert content(tmp_path) == before


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (os.environ["BOMB"],)


def test_pickles_of_a_cache_are_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_sockets: None) -> None:
    exploded = tmp_path / "exploded"
    monkeypatch.setenv("BOMB", str(exploded))
    folder = tiny_cache(tmp_path / "data")
    with (folder / "dataset.pkl.py3").open("wb") as file:
        pickle.dump(Bomb(), file)
    before = content(tmp_path)
    np.testing.assert_array_equal(load(tiny("http://127.0.0.1:9"), tmp_path / "data")[:, :2], LENGTH_AND_COUNT)
    assert not exploded.exists()
    assert content(tmp_path) == before


def test_arff_is_read_when_the_parquet_file_of_the_description_is_absent(tmp_path: Path, no_sockets: None) -> None:
    parquet = "<oml:parquet_url>http://127.0.0.1:9/bucket/tiny.pq</oml:parquet_url>"
    tiny_cache(tmp_path, description("http://127.0.0.1:9", extra=parquet))
    np.testing.assert_array_equal(load(tiny("http://127.0.0.1:9"), tmp_path)[:, :2], LENGTH_AND_COUNT)


def test_sparse_format_is_refused(tmp_path: Path) -> None:
    xml = description("u").replace(b"<oml:format>ARFF", b"<oml:format>Sparse_ARFF")
    tiny_cache(tmp_path, xml)
    with pytest.raises(DataError, match="format Sparse_ARFF"):
        tiny("http://127.0.0.1:9").load(tmp_path)


@pytest.mark.parametrize("id", [0, -3])
def test_number_that_is_none(id: int, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"id={id} is not a number of an OpenML dataset.*dataset.id=61"):
        OpenML(id=id).load(tmp_path)


COLUMNS = {3: 36, 6: 16, 31: 20, 61: 4, 1489: 5, 1590: 14, 40945: 9, 42585: 6, 44977: 8}


@pytest.mark.shared_data
@pytest.mark.parametrize("id", sorted(COLUMNS))
def test_the_real_tables_load_without_a_network_or_a_trace(id: int, shared_data_dir: Path, no_sockets: None) -> None:
    folder = OpenML(id=id).folder(shared_data_dir)
    before = content(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MirimputeWarning)
        table = OpenML(id=id).load(shared_data_dir)
    assert table.values.shape[1] == COLUMNS[id]
    assert content(folder) == before


@pytest.mark.shared_data
def test_arff_and_parquet_give_the_same_table(shared_data_dir: Path, tmp_path: Path, no_sockets: None) -> None:
    parquet = OpenML(id=61)
    shutil.copytree(parquet.folder(shared_data_dir), parquet.folder(tmp_path))
    (parquet.folder(tmp_path) / "dataset_61.pq").unlink()
    assert OpenML(id=61).load(tmp_path).sha256 == parquet.load(shared_data_dir).sha256


@pytest.mark.shared_data
def test_missing_cells_of_the_source_stay_missing(shared_data_dir: Path) -> None:
    penguins = OpenML(id=42585).load(shared_data_dir)
    # Two of the 344 birds were not measured, and the sex of ten is not known.
    assert penguins.missing.sum(axis=0).tolist() == [0, 2, 2, 2, 2, 10]


@pytest.mark.shared_data
def test_columns_of_names_are_left_out(shared_data_dir: Path) -> None:
    with pytest.warns(MirimputeWarning, match="text left out: name, ticket, cabin, home.dest$"):
        titanic = OpenML(id=40945).load(shared_data_dir)
    assert titanic.columns[1].categories == ("female", "male")


def test_home_folder_that_cannot_be_made(tmp_path: Path) -> None:
    tiny_cache(tmp_path / "data")
    (tmp_path / "file").write_text("")
    script = (
        "from pathlib import Path; from mirimpute.datasets.openml_source import OpenML\n"
        "from mirimpute.errors import UserError\n"
        f"try: OpenML(id={ID}, server='http://127.0.0.1:9{API}').load(Path({str(tmp_path / 'data')!r}))\n"
        "except UserError as error: print(error)"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "OPENML_"))}
    run = subprocess.run(
        [sys.executable, "-c", script],
        env={**environment, "HOME": str(tmp_path / "file" / "home")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.startswith("the openml client cannot make its settings folder")
    assert "set HOME to a folder" in run.stdout
