"""The lines with which every page ends."""

from datetime import date

from benchmarks import page
from benchmarks.frame import frame_of
from tests.benchmarks.rows import row


def test_a_page_ends_with_failures_notes_and_what_was_run():
    rows = [
        row("ice"),
        row("mirf", status="timeout", reason="slow"),
        row("mirf", seed=1, status="timeout", reason="slow"),
    ]
    lines = page.ending(frame_of(rows), ["a note"], 4, date(2026, 1, 2))
    assert lines[0].startswith("- mirf: timeout (2), ")
    assert lines[0].endswith("slow")
    assert lines[1] == "- a note"
    assert "3 of the 4 cells" in lines[2]
    assert "neither list: a" in lines[3]
    assert "2026-01-02" in lines[4]
