"""The store: whole or not at all, harmless names, and bad files never read as results."""

from __future__ import annotations

import json
import math
import os
import shutil
import threading
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mirimpute.bench.results import disk
from mirimpute.bench.results.details import read_trace
from mirimpute.bench.results.layout import cell_directory
from mirimpute.bench.results.row import RowError
from mirimpute.bench.results.row_files import MAX_ROW_BYTES
from mirimpute.bench.results.seal import json_text, seal_of
from mirimpute.bench.results.store import find_row, read_rows, recover, write_cell
from mirimpute.errors import MirimputeWarning, UserError
from tests.bench.results.valid_row import valid_row


@pytest.fixture
def ok_row() -> dict[str, Any]:
    """Return a valid row with status ok."""
    return valid_row()


def put(results_dir: Path, row: dict[str, Any], **parts: Any) -> Path:
    return write_cell(results_dir, row, **{"config_yaml": "seed: 0\n", "trace": [], "log": "", **parts})


def files(results_dir: Path) -> set[str]:
    return {path.relative_to(results_dir).as_posix() for path in results_dir.rglob("*") if path.is_file()}


def test_directory_is_the_documented_one(tmp_path: Path, ok_row: dict[str, Any]) -> None:
    expected = tmp_path / "runs" / "uci-wine" / "mcar-0.3" / "hyperimpute-ice" / "seed-0-01234567"
    assert cell_directory(tmp_path, ok_row) == expected
    assert put(tmp_path, ok_row) == expected


def test_names_cannot_leave_the_results_folder(tmp_path: Path, ok_row: dict[str, Any]) -> None:
    inside = tmp_path / "results"
    path = put(inside, ok_row | {"dataset": "../../x", "method": "..", "mechanism": "/etc/passwd"})
    assert inside in path.parents
    assert all(".." not in part.split("/") for part in path.parts)
    assert [row["dataset"] for row in read_rows(inside)] == ["../../x"]


def test_round_trip_is_exact_and_equal_rows_are_equal_bytes(tmp_path: Path, ok_row: dict[str, Any]) -> None:
    first = put(tmp_path / "a", ok_row)
    second = put(tmp_path / "b", dict(reversed(ok_row.items())))
    content = (first / "row.json").read_bytes()
    assert content == (second / "row.json").read_bytes()
    assert list(json.loads(content)) == sorted(ok_row)
    assert b'"point_rmse": 0.30000000000000004' in content
    assert read_rows(tmp_path / "a") == [ok_row]
    assert files(first) == {"row.json", "row.json.sha256", "config.yaml", "trace.json", "columns.json", "log.txt"}


def test_text_and_trace_are_kept(tmp_path: Path, ok_row: dict[str, Any]) -> None:
    trace = [
        {"round": np.int64(1), "loss": np.float32(0.5)},
        {"round": 2, "loss": math.nan, "by_column": np.array([1.0])},
    ]
    path = put(tmp_path, ok_row, config_yaml="a: ü\n", trace=trace, log="lone \udc80 surrogate\r\n")
    assert (path / "config.yaml").read_text(encoding="utf-8") == "a: ü\n"
    assert (path / "log.txt").read_bytes() == b"lone \\udc80 surrogate\r\n"
    assert read_trace(path) == [{"round": 1, "loss": 0.5}, {"round": 2, "loss": None, "by_column": [1.0]}]


def test_tables_are_kept_and_vanish_with_the_cell_that_had_them(tmp_path: Path, ok_row: dict[str, Any]) -> None:
    frame = pd.DataFrame({"x1": [1.0, math.nan], "x2": [0.1, 0.2]})
    path = put(tmp_path, ok_row, tables={"incomplete": frame})
    pd.testing.assert_frame_equal(pd.read_parquet(path / "tables" / "incomplete.parquet"), frame)
    put(tmp_path, ok_row | {"fit_s": 9.0})
    assert not (path / "tables").exists()
    assert read_rows(tmp_path)[0]["fit_s"] == 9.0
    with pytest.raises(ValueError, match="unknown tables"):
        put(tmp_path, ok_row, tables={"imputed": frame})


def test_a_bad_row_writes_nothing(tmp_path: Path, ok_row: dict[str, Any]) -> None:
    with pytest.raises(RowError, match="point_rmse"):
        put(tmp_path, ok_row | {"point_rmse": math.nan})
    with pytest.raises(RowError, match="shorten"):
        put(tmp_path, ok_row | {"versions": "x" * MAX_ROW_BYTES})
    assert files(tmp_path) == set()


@pytest.mark.parametrize("broken", ["config.yaml", "trace.json", "row.json"])
def test_a_write_that_breaks_off_leaves_the_old_cell(
    tmp_path: Path, ok_row: dict[str, Any], monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    put(tmp_path, ok_row)
    before = files(tmp_path)
    write_text = disk.write_text

    def full_disk(path: Path, text: str) -> None:
        if path.name == broken:
            path.write_text(text[: len(text) // 2])
            raise OSError(28, "No space left on device")
        write_text(path, text)

    monkeypatch.setattr(disk, "write_text", full_disk)
    with pytest.raises(UserError, match="No space left on device"):
        put(tmp_path, ok_row | {"fit_s": 9.0})
    assert files(tmp_path) == before
    assert read_rows(tmp_path) == [ok_row]


def test_a_rename_that_fails_brings_the_old_cell_back(
    tmp_path: Path, ok_row: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    final = put(tmp_path, ok_row)
    rename = os.rename
    targets: list[str] = []

    def second_fails(source: Any, target: Any) -> None:
        targets.append(Path(target).name)
        if len(targets) == 2:
            raise OSError(5, "Input/output error")
        rename(source, target)

    monkeypatch.setattr(os, "rename", second_fails)
    with pytest.raises(UserError, match="Input/output error"):
        put(tmp_path, ok_row | {"fit_s": 9.0})
    assert targets[1] == final.name
    assert read_rows(tmp_path) == [ok_row]


def test_row_is_written_last(tmp_path: Path, ok_row: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    write_text = disk.write_text
    monkeypatch.setattr(disk, "write_text", lambda path, text: (order.append(path.name), write_text(path, text))[1])
    put(tmp_path, ok_row, tables={"point": pd.DataFrame({"x1": [1.0]})})
    assert order[-1] == "row.json"


def test_writers_at_the_same_time_never_show_a_torn_cell(tmp_path: Path, ok_row: dict[str, Any]) -> None:
    put(tmp_path, ok_row)
    errors: list[BaseException] = []

    def write_many(value: float) -> None:
        try:
            for _ in range(15):
                put(tmp_path, ok_row | {"fit_s": value, "impute_s": value}, log=f"{value}")
        except BaseException as error:
            errors.append(error)

    writers = [threading.Thread(target=write_many, args=(float(k),)) for k in range(2, 5)]
    for writer in writers:
        writer.start()
    seen = 0
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        while any(writer.is_alive() for writer in writers):
            for row in read_rows(tmp_path):
                seen += 1
                assert row["fit_s"] == row["impute_s"] or row == ok_row
    for writer in writers:
        writer.join()
    assert errors == []
    assert seen > 0
    # Between the two renames a cell may be absent; it is never half there.
    assert all("No such file" in str(each.message) for each in caught)
    assert len(files(tmp_path)) == 6


def test_find_row_needs_the_whole_identity(tmp_path: Path, ok_row: dict[str, Any]) -> None:
    put(tmp_path, ok_row)
    assert find_row(tmp_path, ok_row) == ok_row
    assert find_row(tmp_path, ok_row | {"missing_rate": np.float64(0.3), "seed": np.int64(0)}) == ok_row
    same_folder = ok_row["config_hash"][:8] + "f" * 56
    for change in ({"config_hash": same_folder}, {"config_hash": "f" * 64}, {"seed": 1}, {"protocol": "other"}):
        assert find_row(tmp_path, ok_row | change) is None


def test_find_row_counts_a_damaged_row_as_absent(tmp_path: Path, ok_row: dict[str, Any]) -> None:
    (put(tmp_path, ok_row) / "row.json").write_text("{")
    with pytest.warns(MirimputeWarning, match="row.json"):
        assert find_row(tmp_path, ok_row) is None


def damages(row: dict[str, Any]) -> dict[str, bytes]:
    """Return contents of row.json that are not a result even with a right checksum."""
    good = json_text(row)
    return {
        "torn": good[:100].encode(),
        "empty": b"",
        "zeros": b"\0" * 4096,
        "a list": b"[1, 2]",
        "NaN": good.replace("0.30000000000000004", "NaN").encode(),
        "Infinity": good.replace("0.30000000000000004", "-Infinity").encode(),
        "overflow": good.replace("0.30000000000000004", "1e999").encode(),
        "type": json_text(row | {"n_rows": "many"}).encode(),
        "status": json_text(row | {"status": "great"}).encode(),
        "nested": json_text(row | {"later": [1]}).encode(),
        "missing": json_text({k: v for k, v in row.items() if k != "seed"}).encode(),
        "huge": (good + " " * MAX_ROW_BYTES).encode(),
        "not utf-8": b"\xff\xfe" + good.encode(),
        "deep": b"[" * 100_000,
        "another cell's": json_text(row | {"seed": 7}).encode(),
        "path traversal": json_text(row | {"dataset": "../../../etc", "method": ".."}).encode(),
    }


@pytest.mark.parametrize("kind", [*damages(valid_row())])
def test_a_bad_file_is_named_and_never_a_result(tmp_path: Path, ok_row: dict[str, Any], kind: str) -> None:
    good = ok_row | {"method": "mean"}
    put(tmp_path, good)
    bad = put(tmp_path, ok_row) / "row.json"
    content = damages(ok_row)[kind]
    bad.write_bytes(content)
    bad.with_name("row.json.sha256").write_text(seal_of(content))
    with pytest.warns(MirimputeWarning) as caught:
        assert read_rows(tmp_path) == [good]
    assert len(caught) == 1
    assert str(bad) in str(caught[0].message)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("row.json", json_text(valid_row() | {"point_rmse": 0.1}), "changed after it was written"),
        ("row.json", json.dumps(valid_row()), "changed after it was written"),
        ("row.json.sha256", seal_of(b"{}"), "changed after it was written"),
        ("row.json.sha256", "", "changed after it was written"),
        ("row.json.sha256", None, "is absent"),
    ],
)
def test_a_row_that_was_edited_is_not_a_result(
    tmp_path: Path, ok_row: dict[str, Any], name: str, content: str | None, reason: str
) -> None:
    path = put(tmp_path, ok_row) / name
    if content is None:
        path.unlink()
    else:
        path.write_text(content)
    with pytest.warns(MirimputeWarning, match=reason):
        assert read_rows(tmp_path) == []
    with pytest.warns(MirimputeWarning, match=reason):
        assert find_row(tmp_path, ok_row) is None


@pytest.mark.parametrize("kind", ["torn", "NaN", "huge"])
def test_a_bad_file_is_set_aside_when_its_cell_is_computed_again(
    tmp_path: Path, ok_row: dict[str, Any], kind: str
) -> None:
    bad = put(tmp_path, ok_row) / "row.json"
    content = damages(ok_row)[kind]
    bad.write_bytes(content)
    put(tmp_path, ok_row)
    assert read_rows(tmp_path) == [ok_row]
    (kept,) = (tmp_path / "set-aside").iterdir()
    assert (kept / "row.json").read_bytes() == content


def test_what_a_killed_writer_left_is_recovered_or_removed(tmp_path: Path, ok_row: dict[str, Any]) -> None:
    final = put(tmp_path, ok_row)
    final.rename(final.with_name(f".{final.name}.whole"))
    torn = final.with_name(f".{final.name}.torn")
    torn.mkdir()
    (torn / "row.json").write_text("{")
    assert read_rows(tmp_path) == []
    recover(tmp_path, ok_row)
    assert read_rows(tmp_path) == [ok_row]
    assert [path.name for path in final.parent.iterdir()] == [final.name]


def test_a_copied_cell_does_not_count_twice(tmp_path: Path, ok_row: dict[str, Any]) -> None:
    path = put(tmp_path, ok_row)
    shutil.copytree(path, path.with_name(path.name + "-backup"))
    with pytest.warns(MirimputeWarning, match="copy"):
        assert read_rows(tmp_path) == [ok_row]


def test_unfinished_cells_are_not_read(tmp_path: Path, ok_row: dict[str, Any]) -> None:
    path = put(tmp_path, ok_row)
    shutil.copytree(path, path.with_name(f".{path.name}.abc"))
    assert read_rows(tmp_path) == [ok_row]
    assert read_rows(tmp_path / "nothing") == []


@pytest.mark.parametrize("content", [b"{}", b"[1]", b"[{", b'[{"loss": NaN}]'])
def test_a_bad_trace_is_named_and_left_out(tmp_path: Path, ok_row: dict[str, Any], content: bytes) -> None:
    path = put(tmp_path, ok_row)
    (path / "trace.json").write_bytes(content)
    with pytest.warns(MirimputeWarning, match=r"trace.*left out"):
        assert read_trace(path) == []
