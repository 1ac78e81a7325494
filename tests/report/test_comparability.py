"""What is left out, and who saw other cells."""

from __future__ import annotations

from pathlib import Path

from mirimpute.report.collect import collect

from .row_factory import make_row


def test_methods_that_saw_other_cells_are_named() -> None:
    rows = [make_row("mirf"), make_row("ice"), make_row("mean", mask_sha256="f" * 64), make_row("knn", seed=1)]
    notes = collect(rows, Path("r")).notes
    assert len(notes) == 1
    assert "seed 0: the methods were not given the same missing cells (ice, mirf | mean)" in notes[0]


def test_a_cell_that_never_got_its_data_gives_way_to_the_one_that_did() -> None:
    gone = make_row("mirf", status="failed", reason="no network", config_hash="c" * 64, data_sha256=None)
    alone = make_row("ice", status="failed", reason="no network", data_sha256=None)
    collection = collect([gone, make_row("mirf"), alone], Path("r"))
    assert [(run.label, run.row["status"]) for run in collection.runs] == [("mirf", "ok"), ("ice", "failed")]
    assert "1 row(s) of cells that could not get their data" in collection.notes[0]
