"""The rows of record give the tables and figures beside them, byte for byte."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "results" / "paper"
ABSOLUTE_PATH = re.compile(r"""(?:^|[\s'"(=,])/[\w.-]+/[\w./-]+""", re.MULTILINE)
MADE = ("tables", "figures", "summary.md")


@pytest.mark.slow
def test_the_rows_of_record_give_the_tables_and_figures_of_record(tmp_path: Path) -> None:
    shutil.copytree(RECORD / "parts", tmp_path / "paper" / "parts")
    command = "import sys; from mirimpute.cli.report import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run([sys.executable, "-c", command, "paper"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    made, kept = _files(tmp_path / "paper"), _files(RECORD)
    assert made.keys() == kept.keys()
    assert [name for name in kept if made[name] != kept[name]] == []


def test_nothing_of_record_names_a_folder_of_a_machine() -> None:
    import pyarrow.parquet as pq

    texts = [path.read_text() for path in RECORD.rglob("*") if path.suffix in (".md", ".csv", ".tex")]
    for part in (RECORD / "parts").glob("*.parquet"):
        table = pq.read_table(part)
        texts += [str(value) for name in table.column_names for value in table.column(name).unique().to_pylist()]
    assert len(texts) > 100
    assert ABSOLUTE_PATH.search("File '/usr/lib/python3/a.py'")
    assert [match.group() for text in texts if (match := ABSOLUTE_PATH.search(text))] == []


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no checkout of git")
@pytest.mark.parametrize("name", [*MADE[:2], "summary.md", "report.html"])
def test_what_a_report_writes_leaves_the_checkout_clean_but_for_what_is_of_record(name: str) -> None:
    def ignored(folder: str) -> bool:
        path = f"{folder}/{name}" if "." in name else f"{folder}/{name}/new.csv"
        return subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT).returncode == 0

    assert ignored("results")
    assert ignored("results/quality")
    assert ignored("results/paper") == (name == "report.html")


def _files(folder: Path) -> dict[str, bytes]:
    below = [path for name in MADE for path in (folder / name).rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in [*below, folder / "summary.md"]}
