"""Packed cells: the same rows from few files, whatever happens while they are packed."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mirimpute.bench.results import disk, parts, store
from mirimpute.bench.results.details import read_trace
from mirimpute.bench.results.layout import cell_directory
from mirimpute.bench.results.store import compact, find_row, read_rows, row_written_ns, write_cell
from mirimpute.cli.report import main as report
from mirimpute.errors import MirimputeWarning, StoreError
from tests.bench.results.valid_row import valid_row


def put(results_dir: Path, **changes: Any) -> dict[str, Any]:
    row = valid_row() | changes
    write_cell(results_dir, row, config_yaml="a: ü\n", trace=[{"round": 1, "loss": 0.1}], log="printed\r\n")
    return row


@pytest.fixture
def rows(tmp_path: Path) -> list[dict[str, Any]]:
    """Write nine cells of three kinds: ok, failed, with a field of a later version, and return their rows."""
    for seed in range(7):
        put(tmp_path, seed=seed, fit_s=seed / 3)
    failed = {key: value for key, value in valid_row().items() if not key.startswith(("point_", "draw_", "n_"))}
    write_cell(
        tmp_path, failed | {"seed": 7, "status": "failed", "reason": "ü"}, config_yaml="", trace=[], log="\udc80"
    )
    put(tmp_path, seed=8, point_mmd2=-1e-300, peak_gpu_mb=2.0)
    return read_rows(tmp_path)


def count(results_dir: Path, pattern: str) -> int:
    return len([path for path in results_dir.rglob(pattern) if not path.name.startswith(".")])


def test_packed_rows_are_the_same_rows(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    written = [row_written_ns(tmp_path, row) for row in rows]
    assert compact(tmp_path) == 9
    assert count(tmp_path, "row.json") == 0
    assert count(tmp_path, "part-*") == 2
    assert read_rows(tmp_path) == rows
    assert [[*row] for row in read_rows(tmp_path)] == [[*row] for row in rows]  # absent fields stay absent
    assert [find_row(tmp_path, row) for row in rows] == rows
    assert [row_written_ns(tmp_path, row) for row in rows] == written
    assert read_trace(cell_directory(tmp_path, rows[0])) == [{"round": 1, "loss": 0.1}]
    assert find_row(tmp_path, rows[0] | {"seed": 99}) is None
    assert row_written_ns(tmp_path, rows[0] | {"seed": 99}) is None


def test_packing_again_changes_nothing_and_new_cells_are_added(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    compact(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("part-*")}
    assert compact(tmp_path) == 0
    assert {path: path.read_bytes() for path in tmp_path.rglob("part-*")} == before
    more = put(tmp_path, seed=20)
    assert compact(tmp_path) == 1
    assert len(read_rows(tmp_path)) == 10
    assert find_row(tmp_path, more) == more


def test_the_last_row_of_a_cell_counts(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    for fit_s in (91.0, 92.0):
        compact(tmp_path)
        again = put(tmp_path, seed=3, fit_s=fit_s)
        assert find_row(tmp_path, again) == again
        assert again in read_rows(tmp_path)
        compact(tmp_path)
        assert find_row(tmp_path, again) == again
        assert [row["fit_s"] for row in read_rows(tmp_path) if row["seed"] == 3] == [fit_s]
    assert len(read_rows(tmp_path)) == 9


def test_tables_damaged_rows_and_unknown_fields_stay_where_they_are(tmp_path: Path) -> None:
    with_tables, good = valid_row() | {"seed": 1}, put(tmp_path, seed=2)
    frame = pd.DataFrame({"x": [1.0]})
    write_cell(tmp_path, with_tables, config_yaml="", trace=[], log="", tables={"point": frame})
    bad = cell_directory(tmp_path, put(tmp_path, seed=3)) / "row.json"
    bad.write_text("{")
    later = cell_directory(tmp_path, put(tmp_path, seed=4)) / "row.json"
    content = disk.read_bounded(later, 9999).replace(b'"seed"', b'"later": 1, "seed"')
    later.write_bytes(content)
    later.with_name("row.json.sha256").write_text(store.seal_of(content))
    with pytest.warns(MirimputeWarning, match="is not packed"):
        assert compact(tmp_path) == 1
    with pytest.warns(MirimputeWarning, match="is left out"):
        found = read_rows(tmp_path)
    assert {row["seed"] for row in found} == {1, 2, 4}
    assert good in found
    assert bad.exists()


def test_a_cell_that_is_computed_again_while_it_is_packed_is_kept(
    tmp_path: Path, rows: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = parts._remove

    def recompute_first(directory: Path, content: bytes) -> None:
        if directory.name.startswith("seed-3-"):
            put(tmp_path, seed=3, fit_s=77.0)
        remove(directory, content)

    monkeypatch.setattr(parts, "_remove", recompute_first)
    compact(tmp_path)
    assert [row["fit_s"] for row in read_rows(tmp_path) if row["seed"] == 3] == [77.0]
    assert len(read_rows(tmp_path)) == 9


def test_a_full_disk_loses_no_cell(tmp_path: Path, rows: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk, "flush", full)
    with pytest.raises(StoreError, match=r"No space left on device.*no cell is lost"):
        compact(tmp_path)
    monkeypatch.undo()
    assert read_rows(tmp_path) == rows
    assert count(tmp_path, "part-*") == 0


@pytest.mark.parametrize("damage", ["cut", "edited", "empty"])
def test_a_damaged_part_is_named_and_never_read(tmp_path: Path, rows: list[dict[str, Any]], damage: str) -> None:
    compact(tmp_path)
    part, other = sorted(tmp_path.rglob("part-*"))
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    part.write_bytes({"cut": bytes(content[:-50]), "edited": bytes(content), "empty": b""}[damage])
    parts._fault.cache_clear()
    with pytest.warns(MirimputeWarning, match=part.name):
        found = read_rows(tmp_path)
    assert 0 < len(found) < 9
    assert other.exists()


@pytest.mark.parametrize("attempt", range(int(os.environ.get("MIRIMPUTE_FAULTS", "3"))))
def test_a_killed_packer_loses_and_doubles_nothing(
    tmp_path: Path, rows: list[dict[str, Any]], attempt: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "PART_CELLS", 2)
    child = os.fork()
    if child == 0:
        try:
            compact(tmp_path)
        finally:
            os._exit(0)
    time.sleep(0.004 * attempt)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert read_rows(tmp_path) == rows
    compact(tmp_path)
    assert read_rows(tmp_path) == rows
    assert count(tmp_path, "row.json") == 0


def test_the_command(tmp_path: Path, rows: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    assert report(["compact", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("9 cells packed into ")
    with store.Claims(tmp_path).held("compact", "compact"):
        assert report(["compact", str(tmp_path)]) == 2
    assert "another process is packing" in capsys.readouterr().err
