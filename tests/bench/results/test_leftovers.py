"""What killed writers leave behind is removed; what is whole is kept, and what lives is left alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mirimpute.bench.results.claims import Claims, running, this_process
from mirimpute.bench.results.layout import CLAIMS, cell_directory
from mirimpute.bench.results.store import HOLDER, clean, read_rows
from mirimpute.bench.run import scratch
from tests.report.row_factory import make_row, write

ENDED = subprocess.run(
    [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True, text=True
)


def of_a_dead_process(label="a cell"):
    return {**vars(this_process(label)), "pid": int(ENDED.stdout), "started": "1"}


@pytest.fixture
def final(tmp_path):
    row = make_row()
    write(tmp_path, row)
    return cell_directory(tmp_path, row)


def hidden(final, holder):
    left = final.with_name(f".{final.name}.0123456789ab")
    os.rename(final, left)
    if holder is not None:
        (left / HOLDER).write_text(json.dumps(holder))
    return left


def test_a_claim_of_a_dead_process_goes_and_one_of_a_living_stays(tmp_path):
    folder = tmp_path / CLAIMS
    with Claims(tmp_path).held("living", "living"):
        (folder / "dead.json").write_text(json.dumps(of_a_dead_process()))
        (folder / ".dead.json.0123").write_text(json.dumps(of_a_dead_process()))
        (folder / "torn.json").write_text("{")
        assert clean(tmp_path) == 2
        assert sorted(path.name for path in folder.glob("*.json")) == ["living.json", "torn.json"]
        assert running(tmp_path) == ["living"]


def test_a_whole_cell_is_moved_into_its_place_and_half_a_one_removed(tmp_path, final):
    rows = read_rows(tmp_path)
    left = hidden(final, of_a_dead_process())
    assert read_rows(tmp_path) == []
    assert clean(tmp_path) == 1
    assert read_rows(tmp_path) == rows
    assert not left.exists()
    assert not (final / HOLDER).exists()
    half = final.with_name(f".{final.name}.ba9876543210")
    half.mkdir()
    (half / HOLDER).write_text(json.dumps(of_a_dead_process()))
    assert clean(tmp_path) == 1
    assert (read_rows(tmp_path), half.exists()) == (rows, False)


def test_a_cell_that_is_being_written_is_left_alone(tmp_path, final):
    left = hidden(final, vars(this_process("here")))
    assert clean(tmp_path) == 0
    assert left.exists()
    (left / HOLDER).unlink()
    (left / "row.json").unlink()  # just begun: nobody knows by whom
    assert clean(tmp_path) == 0
    assert left.exists()


def test_a_cell_that_stepped_aside_comes_back(tmp_path, final):
    rows = read_rows(tmp_path)
    hidden(final, None)
    assert clean(tmp_path) == 1
    assert read_rows(tmp_path) == rows


def test_the_lock_of_the_claims_is_no_way_out(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    folder = tmp_path / "results" / CLAIMS
    folder.mkdir(parents=True)
    (folder / ".lock").symlink_to(victim)
    (folder / "x.json").write_text(json.dumps(of_a_dead_process()))
    with pytest.raises(OSError, match="symbolic"):
        clean(tmp_path / "results")
    assert victim.read_text() == "precious"


def test_folders_of_runs_that_were_killed_are_nobodys(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    code = "import os, tempfile, sys; tempfile.tempdir = sys.argv[1]\n"
    code += "from mirimpute.bench.run.scratch import scratch_folder\n"
    code += "with scratch_folder() as folder: (folder / 'log.txt').write_text('x'); os._exit(9)"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    with scratch.scratch_folder() as own:
        (tmp_path / "mirimpute-run-link").symlink_to(Path("/"))
        (left,) = scratch.leftovers()
        assert left != own
        assert scratch.clean() == 1
        assert own.is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["mirimpute-run-link"]
