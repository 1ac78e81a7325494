"""Sweeps that are killed, starved and disturbed: afterwards every cell has exactly one row, and it is the right one.

MIRIMPUTE_FAULTS sets how often the random ones are repeated (2).
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mirimpute.bench.results.claims import running
from mirimpute.bench.results.journal import read_progress, sweeps
from mirimpute.bench.results.store import clean, compact, read_rows
from tests.bench.sweeps.commands import GRID, descendants, finish, results, start, sweep, until

LOCAL = "hydra/launcher=local"
DASK = ("hydra/launcher=dask", "hydra.launcher.n_workers=2")
CELLS = (*GRID, "seed=range(20)")
FEW = (*GRID, "seed=0,1,2")
KILLS = 4

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


@pytest.mark.parametrize("launcher", [(LOCAL,), DASK], ids=["local", "dask"])
@pytest.mark.parametrize("attempt", range(int(os.environ.get("MIRIMPUTE_FAULTS", "2"))))
def test_processes_killed_at_random(
    tmp_path: Path, undisturbed: dict[Any, Any], attempt: int, launcher: tuple[str, ...]
) -> None:
    """Kill -9 of any process of the sweep: the parent, a worker, a fork server, a method, a helper of Dask."""
    if launcher == DASK:
        pytest.importorskip("distributed", reason="needs the extra `cluster`")
    dice = random.Random(attempt)
    options = (*CELLS, f"results_dir={tmp_path}", *launcher, "resume=failed")
    killed = {"the parent": 0, "another": 0}
    while sum(killed.values()) < KILLS:
        process = start("-m", *options, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda process=process: process.poll() is not None or running(tmp_path))
        while process.poll() is None and sum(killed.values()) < KILLS:
            time.sleep(dice.uniform(0, 1))
            family = descendants(process.pid)
            parent = not family or dice.random() < 0.4
            try:
                os.kill(process.pid if parent else dice.choice(family), signal.SIGKILL)
            except ProcessLookupError:  # it ended between the look and the blow
                continue
            killed["the parent" if parent else "another"] += 1
        if process.poll() is None:
            process.kill()
        process.wait()
    sweep(*options)
    if any(row["status"] != "ok" for row in results(tmp_path).values()):
        sweep(*options)  # a method that was killed is a failed row, which resume=failed tries again
    found = results(tmp_path)
    lost = undisturbed.keys() - found.keys()
    counts = f"cells {len(undisturbed)}, killed {killed}, lost {len(lost)}, rows {len(found)}"
    print(f"\n{launcher[0]}, attempt {attempt}: {counts}")
    assert found == undisturbed
    assert clean(tmp_path) == 0  # the next sweep has found what the killed ones left


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
    assert 0 < len(done) < 40
    assert all(undisturbed[cell] == row for cell, row in done.items())
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    printed = sweep(*options, code=2)
    assert f"cannot write to results folder '{small_disk}'" in printed
    assert len(read_rows(small_disk)) == len(done)
    subprocess.run(["mount", "-o", "remount,rw,size=20m", small_disk], check=True)
    sweep(*options)
    assert results(small_disk) == undisturbed
