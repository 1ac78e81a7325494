"""Sweeps that are killed, starved and disturbed: afterwards every cell has exactly one row, and it is the right one.

MIRIMPUTE_FAULTS is the number of blows that each launcher gets (4).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mirimpute.bench.results.journal import read_progress, sweeps
from mirimpute.bench.results.store import compact, read_rows
from tests.bench.sweeps.blows import CELLS, FAULTS, struck
from tests.bench.sweeps.commands import GRID, finish, results, start, sweep

LOCAL = "hydra/launcher=local"
DASK = ("hydra/launcher=dask", "hydra.launcher.n_workers=2")
FEW = (*GRID, "seed=0,1,2")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found through /proc"),
]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[Any, Any]:
    """Return the rows of a sweep that nobody disturbed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    sweep(*CELLS, f"results_dir={folder}", LOCAL)
    return results(folder)


def few(rows: dict[Any, Any]) -> dict[Any, Any]:
    """Return the rows of the cells of FEW."""
    return {cell: row for cell, row in rows.items() if cell[1] < 3}


@pytest.mark.parametrize(
    ("launcher", "at_once"),
    [((LOCAL,), 1), (DASK, 1), (("hydra/launcher=basic",), 1), ((LOCAL,), 2)],
    ids=["local", "dask", "serial", "two"],
)
def test_processes_struck_at_random(undisturbed: dict[Any, Any], launcher: tuple[str, ...], at_once: int) -> None:
    """The parent, a worker, a fork server, a keeper, a method, a helper of Dask: killed, or told to end."""
    if launcher == DASK:
        pytest.importorskip("distributed", reason="needs the extra `cluster`")
    assert struck(launcher, undisturbed, at_once) == dict.fromkeys(FAULTS, 0)


def test_two_sweeps_at_once_compute_each_cell_once(tmp_path: Path, undisturbed: dict[Any, Any]) -> None:
    options = ("-m", *FEW, f"results_dir={tmp_path}", LOCAL, "resume=true")
    both = [start(*options), start(*options)]
    for process in both:
        finish(process)
    assert results(tmp_path) == few(undisturbed)
    progress = [read_progress(each) for each in sweeps(tmp_path)]
    entries = [entry for each in progress if each is not None for entry in each.entries.values()]
    assert len(entries) == 2 * 6
    assert sum(not entry.resumed for entry in entries) == 6


def test_a_moved_folder_and_a_clock_that_jumped(tmp_path: Path, undisturbed: dict[Any, Any]) -> None:
    """Every file stamped in the future, as before a clock was set back, in another place: nothing is computed again."""
    sweep(*FEW, f"results_dir={tmp_path}/a", LOCAL)
    (tmp_path / "else").mkdir()
    moved = tmp_path / "else" / "where"
    shutil.move(tmp_path / "a", moved)
    for path in moved.rglob("*"):
        os.utime(path, (time.time() + 90_000,) * 2)
    assert "6 of 6 rows were there already" in sweep(*FEW, f"results_dir={moved}", LOCAL, "resume=true")
    compact(moved)
    assert "6 of 6 rows were there already" in sweep(*FEW, f"results_dir={moved}", LOCAL, "resume=true")
    assert "already" not in sweep(*FEW, f"results_dir={moved}", LOCAL)
    assert results(moved) == few(undisturbed)


def test_bad_rows_are_set_aside_and_computed_again(tmp_path: Path, undisturbed: dict[Any, Any]) -> None:
    there = f"results_dir={tmp_path}"
    sweep(*FEW, there, LOCAL)
    paths = sorted(tmp_path.rglob("row.json"))
    contents = [b"", b"{", b"[" * 100_000, paths[4].read_bytes(), b"\0" * 500, paths[5].read_bytes() + b" "]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    printed = finish(start("-m", *FEW, there, LOCAL, "resume=true"))
    assert results(tmp_path) == few(undisturbed)
    assert len(list((tmp_path / "set-aside").iterdir())) == 6
    assert all(f"{path}' is left out" in printed for path in (paths[0], paths[5]))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Yield a file system of 300 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mounted, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small file system can be mounted by root only")
    yield folder
    subprocess.run(["umount", folder], check=False)


def test_a_full_disk_and_a_read_only_folder(small_disk: Path, undisturbed: dict[Any, Any]) -> None:
    options = (*CELLS, f"results_dir={small_disk}", LOCAL, "resume=true")
    printed = sweep(*options, code=2)
    assert "No space left on device" in printed
    assert "free some space" in printed
    assert "Traceback" not in printed
    done = results(small_disk)
    assert 0 < len(done) < len(undisturbed)
    assert all(undisturbed[cell] == row for cell, row in done.items())
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    printed = sweep(*options, code=2)
    assert f"cannot write to results folder '{small_disk}'" in printed
    assert len(read_rows(small_disk)) == len(done)
    subprocess.run(["mount", "-o", "remount,rw,size=20m", small_disk], check=True)
    sweep(*options)
    assert results(small_disk) == undisturbed
