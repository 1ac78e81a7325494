"""Texts from data reach no medium as anything but text: terminals, tables, figures and pages."""

import csv
import io
import os

import pytest

from mirimpute.cli.report import main as report
from mirimpute.errors import UserError, printable
from tests.report.row_factory import make_row, write

HOSTILE = (
    *("[/red]", "[bold", "\x1b[2J\x1b]0;owned\x07", "a\x00b", "=cmd|'/c calc'!A0", "+1", "@SUM(A1)", "-2+3"),
    *("\ud800lone", "\u202eevil", "$\\frac{", "$x$ $", "<script>alert(1)</script>", "a|b", "\r\nline", "x" * 300, " "),
)


@pytest.fixture
def results_dir(tmp_path):
    for number, text in enumerate(HOSTILE):
        write(tmp_path, make_row(method=text, dataset=f"d{number % 2}{text}"))
        write(tmp_path, make_row(method="mean", dataset=f"d{number % 2}{text}", status="failed", reason=f"why {text}"))
    return tmp_path


@pytest.mark.slow
def test_the_report_shows_them_as_texts(results_dir, capsys):
    assert report([str(results_dir)]) == 0
    printed = capsys.readouterr()
    assert "\x1b" not in printed.out + printed.err
    for path in sorted((results_dir / "tables").glob("*.csv")):
        text = path.read_text(encoding="utf-8")
        for line in csv.reader(io.StringIO(text)):
            for cell in line:
                assert cell[:1] not in ("=", "@", "\t", "\r"), (path.name, cell)
                assert cell[:1] not in ("+", "-") or _is_number(cell), (path.name, cell)
    assert "\x1b" not in (results_dir / "summary.md").read_text(encoding="utf-8")
    assert report(["--html", str(results_dir)]) in (0, 2)
    assert report([str(results_dir), "--html"]) == 0
    page = (results_dir / "report.html").read_text(encoding="utf-8")
    assert "<script>alert(1)" not in page


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_printable_controls_nothing_and_can_be_written(text):
    found = printable(text)
    found.encode("utf-8")
    assert not any(ord(letter) < 32 and letter not in "\n\t" for letter in found)
    assert printable(found) == found


@pytest.mark.parametrize("text", HOSTILE)
def test_progress_of_a_sweep_shows_them(text):
    from pathlib import Path

    from rich.console import Console

    from mirimpute.bench.results.journal import Plan, Progress
    from mirimpute.bench.sweeps.status import progress_table

    out = io.StringIO()
    console = Console(file=out, width=400)
    console.print(progress_table(Progress(Path(), Plan({text: 2}, ["mirimpute-bench", text])), [text]))
    assert "\x1b" not in out.getvalue()


@pytest.mark.parametrize("name", ["rmse.md", "summary.md"])
def test_links_in_the_place_of_outputs_are_not_followed(tmp_path, name):
    from mirimpute.bench.results.disk import open_new
    from mirimpute.errors import StoreError

    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / name).symlink_to(victim)
    with pytest.raises(StoreError, match="is a link"):
        open_new(tmp_path / name)
    (tmp_path / name).unlink()
    os.mkfifo(tmp_path / name)
    with pytest.raises(UserError, match="no regular file"):
        open_new(tmp_path / name)
    assert victim.read_text() == "precious"
