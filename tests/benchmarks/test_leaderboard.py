"""Rows that are handed in: what joins the page, and what is refused."""

import hashlib
import re
import shutil
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks import leaderboard
from benchmarks.frame import frame_of, write_csv
from mirimpute.bench.results.store import compact, read_rows
from tests.commands import bench

ROOT = Path(__file__).parents[2]
PROGRAM = re.search(r"^```python\n(.*?)^```", (ROOT / "docs/foreign.md").read_text(encoding="utf-8"), re.M | re.S)[1]
CELLS = ["dataset=iris", "seed=0", "protocol.metrics=[rmse]", "protocol.trace_mi=false"]
OURS = ["method=command", f"method.command={sys.executable} my.py", "method.name=my_hot_deck", "method.draws=5"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A record of two methods on two cells, and a program that was run on them."""
    folder = tmp_path_factory.mktemp("leaderboard")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        (folder / "my.py").write_text(PROGRAM, encoding="utf-8")
        assert bench("-m", *CELLS, "mechanism=mcar,mar", "method=mean,hot_deck", "results_dir=record") == 0
        _submit("good", ["mechanism=mcar"], ["mechanism=mar"])
    return folder


def _submit(name, *cells, method=OURS):
    """Run each of some cells and pack them into a submission."""
    results_dir = Path("submissions") / name / "one"
    for cell in cells:
        assert bench(*CELLS, *method, *cell, f"results_dir={results_dir}") == 0
    compact(results_dir)


def _make(folder, monkeypatch, submissions):
    monkeypatch.chdir(folder)
    arguments = ["--record", "record", "--submissions", f"submissions/{submissions}", "--out", "."]
    return leaderboard.main(arguments)


def test_a_whole_submission_joins_the_page(folder, monkeypatch):
    assert _make(folder, monkeypatch, "good") == 0
    page = (folder / "leaderboard.md").read_text(encoding="utf-8")
    (line,) = [each for each in page.splitlines() if each.startswith("| my\\_hot\\_deck |") and "my.py" in each]
    assert str(folder) not in page
    assert "| 2 |" in line  # rows
    assert page.count("| my\\_hot\\_deck |") >= 2


def test_a_changed_file_is_refused(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    (part,) = (folder / "submissions/good/one/parts").glob("*.parquet")
    changed = folder / "submissions/changed/one/parts" / part.name
    changed.parent.mkdir(parents=True)
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    changed.write_bytes(content)
    assert _make(folder, monkeypatch, "changed") == 2
    assert "changed" in capsys.readouterr().err


def test_nothing_packed_is_refused(folder, monkeypatch, capsys):
    (folder / "submissions/empty/one").mkdir(parents=True)
    assert _make(folder, monkeypatch, "empty") == 2
    assert "mirimpute-report compact" in capsys.readouterr().err


MCAR, MAR = ["mechanism=mcar"], ["mechanism=mar"]


@pytest.mark.parametrize(
    ("name", "cells", "method", "words"),
    [
        ("partly", [MCAR], OURS, "no row of iris mar"),
        ("other_mask", [MCAR, [*MAR, "mechanism.strength=3"]], OURS, "mask_sha256"),  # other cells, the same name
        ("taken", [MCAR, MAR], [each.replace("my_hot_deck", "mice") for each in OURS], "is taken"),
        ("two_settings", [MCAR, [*MAR, "method.column_means=true"]], OURS, "method_hash"),
        ("no_command", [MCAR, MAR], ["method=ice", "method.name=mine"], "method=command"),
    ],
)
def test_what_cannot_be_compared_is_refused(folder, monkeypatch, capsys, name, cells, method, words):
    monkeypatch.chdir(folder)
    _submit(name, *cells, method=method)
    capsys.readouterr()
    assert _make(folder, monkeypatch, name) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def _forge(folder, name, change):
    """Write the packed rows of the good submission once more, changed, with a right checksum."""
    (part,) = (folder / "submissions/good/one/parts").glob("*.parquet")
    table = pq.read_table(part)
    lines = table.to_pylist()
    lines = change(lines) or lines
    shutil.rmtree(folder / "submissions" / name, ignore_errors=True)
    parts = folder / "submissions" / name / "one/parts"
    parts.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(lines, table.schema), parts / "new")
    digest = hashlib.sha256((parts / "new").read_bytes()).hexdigest()
    (parts / "new").rename(parts / f"part-000001-{digest[:16]}.parquet")


def _refusal(folder, monkeypatch, capsys, change):
    _forge(folder, "forged", change)
    capsys.readouterr()
    assert _make(folder, monkeypatch, "forged") == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "a fault" not in error
    assert len(error) < 1000
    return error


def test_rows_that_were_written_again_as_they_are_join_the_page(folder, monkeypatch):
    _forge(folder, "again", lambda lines: None)
    assert _make(folder, monkeypatch, "again") == 0


def test_a_record_that_has_the_first_digits_of_hashes_takes_the_same_rows(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    write_csv(frame_of(read_rows(Path("record"))), Path("record.csv"))
    arguments = ["--record", "record.csv", "--out", ".", "--submissions"]
    assert leaderboard.main([*arguments, "submissions/good"]) == 0
    assert "my\\_hot\\_deck" in Path("leaderboard.md").read_text(encoding="utf-8")
    _forge(folder, "short", lambda rows: rows[0].update(mask_sha256=rows[0]["mask_sha256"][:8]))
    assert leaderboard.main([*arguments, "submissions/short"]) == 2
    assert "mask_sha256" in capsys.readouterr().err


FAILED = {"status": "failed", "reason": "diverged"}


@pytest.mark.parametrize("lines", [slice(None), slice(1)], ids=["all", "one"])
@pytest.mark.parametrize(
    "fields",
    [
        {**FAILED, "mask_sha256": None},
        {**FAILED, "data_sha256": None},
        {"data_sha256": None},
        {"protocol": "other"},
        {"n_rows": 149},
        {"max_rows": 10},
        {"point_rmse": -1.0},
        {"fit_s": -1e9},
        {"status": "bogus"},
    ],
    ids=str,
)
def test_a_row_that_is_not_of_the_record_or_cannot_be_is_refused(folder, monkeypatch, capsys, fields, lines):
    error = _refusal(folder, monkeypatch, capsys, lambda rows: [row.update(fields) for row in rows[lines]] and None)
    assert next(reversed(fields)) in error


def test_all_digits_of_a_hash_count(folder, monkeypatch, capsys):
    def change(rows):
        rows[0]["mask_sha256"] = rows[0]["mask_sha256"][:8] + "0" * 56

    assert "mask_sha256" in _refusal(folder, monkeypatch, capsys, change)


@pytest.mark.parametrize("fields", [{}, FAILED], ids=["ok", "failed"])
def test_a_cell_that_is_there_twice_is_refused(folder, monkeypatch, capsys, fields):
    error = _refusal(
        folder, monkeypatch, capsys, lambda rows: [*rows, {**rows[0], "_cell": rows[0]["_cell"] + "x", **fields}]
    )
    assert "several rows" in error


@pytest.mark.parametrize("name", ["", "mine ", "Mean", "MIRF", "m\u0435an", "mi\u200bne", "m" * 41, "mine\n"])
def test_a_name_that_is_none_or_reads_as_another_is_refused(folder, monkeypatch, capsys, name):
    error = _refusal(folder, monkeypatch, capsys, lambda rows: [row.update(method=name) for row in rows] and None)
    assert "method.name" in error


@pytest.mark.parametrize(
    "text",
    [
        *["", "5", "- a", "null", "[]", "method: 5", "method: null", "method:\n  command: [a]", "a: [", "\ta: 1"],
        *["!!int ''", "!!python/object/apply:os.getcwd []", "a: 2020-99-99", "[" * 5000],
        f"method:\n  command: {'a' * 20_000}",
    ],
    ids=lambda text: text[:20],
)
def test_a_configuration_without_a_command_is_refused(folder, monkeypatch, capsys, text):
    _refusal(folder, monkeypatch, capsys, lambda rows: [row.update(_config_yaml=text) for row in rows] and None)


def test_two_submissions_of_one_name_are_refused(folder, monkeypatch, capsys):
    for name in ("one", "two"):
        shutil.copytree(folder / "submissions/good/one", folder / "submissions/twins" / name, dirs_exist_ok=True)
    assert _make(folder, monkeypatch, "twins") == 2
    assert "is taken" in capsys.readouterr().err


def test_the_page_is_what_the_rows_say(tmp_path):
    assert leaderboard.main(["--record", str(ROOT / "benchmarks/draws.csv"), "--out", str(tmp_path)]) == 0
    made, kept = (
        path.read_text(encoding="utf-8") for path in (tmp_path / "leaderboard.md", ROOT / "benchmarks/leaderboard.md")
    )
    assert made.split("## ")[1:] == kept.split("## ")[1:]
