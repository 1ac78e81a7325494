"""Rows of other settings have other labels."""

from __future__ import annotations

from mirimpute.report.method_labels import label_methods

from .row_factory import make_row


def test_two_settings_of_a_method_are_two_methods_over_all_seeds() -> None:
    rows = [
        make_row("mirf", seed=seed, method_hash=setting * 64, config_hash=f"{setting}{seed}" * 8)
        for seed in (0, 1)
        for setting in ("a", "b")
    ]
    labels, notes = label_methods([*rows, make_row("mean")])
    assert labels == ["mirf #aaaaaaaa", "mirf #bbbbbbbb"] * 2 + ["mean"]
    assert len(notes) == 1
    assert "2 different settings" in notes[0]


def test_rows_that_still_share_their_cell_stay_apart_with_a_note() -> None:
    rows = [make_row(seed=0, config_hash="a" * 64), make_row(seed=0, config_hash="b" * 64), make_row(seed=1)]
    labels, notes = label_methods(rows)
    assert labels == ["mirf ~aaaaaaaa", "mirf ~bbbbbbbb", "mirf"]
    assert "1 cell(s) have several rows" in notes[0]
