"""Rows that are handed in: what joins the page, and what is refused."""

import re
import sys
from pathlib import Path

import pytest

from benchmarks import leaderboard
from mirimpute.bench.results.store import compact
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


def test_the_page_is_what_the_rows_say(tmp_path):
    assert leaderboard.main(["--record", str(ROOT / "benchmarks/draws.csv"), "--out", str(tmp_path)]) == 0
    made, kept = (
        path.read_text(encoding="utf-8") for path in (tmp_path / "leaderboard.md", ROOT / "benchmarks/leaderboard.md")
    )
    assert made.split("## ")[1:] == kept.split("## ")[1:]
