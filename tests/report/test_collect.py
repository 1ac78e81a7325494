"""Rows are never merged because they look alike, and unfair comparisons are announced."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mirimpute.report.collect import collect

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
