"""Rows are never merged because they look alike, and unfair comparisons are announced."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from mirimpute.report.case import Case
from mirimpute.report.collect import collect
from mirimpute.report.method_labels import label_methods

from .row_factory import make_row


def test_the_frame_has_a_line_per_run_and_is_exact() -> None:
    rows = [make_row("mirf", seed=0), make_row("mean", seed=1, status="failed", reason="why")]
    frame = collect(rows, Path("r")).frame
    mirf, mean = frame.to_dict("records")
    assert (mirf["method"], mirf["seed"], mirf["status"], mirf["reason"]) == ("mirf", 0, "ok", "")
    assert mirf["point_rmse"] == rows[0]["point_rmse"]
    assert mirf["seconds"] == rows[0]["fit_s"] + rows[0]["impute_s"]
    assert (mean["method"], mean["seed"], mean["status"], mean["reason"]) == ("mean", 1, "failed", "why")
    assert np.isnan([mean["point_rmse"], mean["seconds"]]).all()


def test_the_cost_of_a_failed_cell_is_not_a_value() -> None:
    rows = [make_row("mirf"), make_row("mean") | {"status": "failed", "reason": "x"}]
    frame = collect(rows, Path("r")).frame
    seconds = frame.set_index("method")["seconds"]
    assert np.isnan(seconds["mean"])
    assert seconds["mirf"] == rows[0]["fit_s"] + rows[0]["impute_s"]


def test_measures_are_those_with_a_value_point_first() -> None:
    rows = [make_row(point_new=1.0, draw_mae=None)]
    fields = [measure.field for measure in collect(rows, Path("r")).measures]
    assert fields == [
        *["point_rmse", "point_mae", "point_w2", "point_mmd2", "point_energy", "point_new"],
        *["draw_rmse", "draw_w2", "draw_mmd2", "draw_energy", "seconds", "peak_rss_mb"],
    ]


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


def test_another_protocol_is_another_case_and_named_only_then() -> None:
    rows = [make_row(), make_row(protocol="miri2025")]
    both = collect(rows, Path("r"))
    assert [both.column(case) for case in both.cases] == [
        ("breast_cancer", "MCAR 0.3 [default]"),
        ("breast_cancer", "MCAR 0.3 [miri2025]"),
    ]
    one = collect(rows[:1], Path("r"))
    assert one.column(one.cases[0]) == ("breast_cancer", "MCAR 0.3")


def test_cases_are_in_the_order_of_a_paper() -> None:
    settings = [("mnar_self", 0.3), ("mar", 0.3), ("mcar", 0.6), ("mcar", 0.3)]
    found = collect([make_row(mechanism=m, rate=r) for m, r in settings], Path("r")).cases
    assert [case.setting for case in found] == ["MCAR 0.3", "MCAR 0.6", "MAR 0.3", "MNAR self 0.3"]


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


def test_case_of_numbers_of_any_kind_is_the_same_case() -> None:
    frame = collect([make_row()], Path("r")).frame
    first = frame.iloc[0]
    case = Case(first["dataset"], first["mechanism"], np.float64(first["missing_rate"]), first["protocol"])
    assert case == Case("breast_cancer", "mcar", 0.3, "default")
    assert isinstance(frame, pd.DataFrame)
