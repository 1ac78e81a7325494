"""Figures of many cases show means over datasets, and never hide that some datasets are missing from a mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mirimpute.report.build import build_report
from mirimpute.report.case import Case
from mirimpute.report.collect import Collection, collect
from mirimpute.report.measure_table import Entry
from mirimpute.report.measures import metric_measure
from mirimpute.report.over_datasets import MAX_CASES, NOT_RUN, mean_over_datasets, mean_over_many
from mirimpute.report.summary import summarise

from .row_factory import make_row, write

RMSE = metric_measure("point_rmse")


def pooled(rows: list[dict[str, Any]]) -> dict[tuple[str, Case], Entry]:
    return dict(summarise(mean_over_datasets(collect(rows, Path("r"))), RMSE).entries)


def case(mechanism: str = "mcar", name: str = "3 datasets") -> Case:
    return Case(name, mechanism, 0.3, "default")


def test_seeds_are_averaged_within_a_dataset_first() -> None:
    rows = [make_row("ice", "a", seed=s, point_rmse=v) for s, v in enumerate([1.0, 3.0])]
    rows += [make_row("ice", d, point_rmse=v) for d, v in (("b", 5.0), ("c", 8.0))]
    entry = pooled(rows)["ice", case()]
    assert (entry.mean, entry.n, entry.not_ok) == (5.0, 3, {})
    assert entry.sd == pytest.approx(3.0)


def test_failures_and_datasets_without_a_run_stay_visible() -> None:
    rows = [make_row("ice", d) for d in "abc"] + [make_row("mirf", d) for d in "ab"]
    rows += [make_row("mirf", "b", seed=1, status="timeout", reason="slow"), make_row("knn", "a", status="failed")]
    found = pooled(rows)
    assert found["mirf", case()].not_ok == {"timeout": 1, NOT_RUN: 1}
    assert (found["knn", case()].n, found["knn", case()].not_ok) == (0, {"failed": 1, NOT_RUN: 2})
    assert found["ice", case()].not_ok == {}


def test_settings_stay_apart_and_a_single_dataset_keeps_its_name() -> None:
    rows = [make_row("ice", d) for d in "abc"] + [make_row("ice", "a", "mar")]
    assert set(pooled(rows)) == {("ice", case()), ("ice", case("mar", "a"))}


def many(datasets: int) -> list[dict[str, Any]]:
    return [make_row(m, f"d{k:02d}") for m in ("ice", "mirf") for k in range(datasets)]


def test_only_what_does_not_fit_a_page_is_pooled() -> None:
    few = collect(many(MAX_CASES), Path("r"))
    assert mean_over_many(few) is few
    assert [each.dataset for each in mean_over_many(collect(many(MAX_CASES + 1), Path("r"))).cases] == ["13 datasets"]


def test_the_number_of_figures_does_not_grow_with_the_datasets(tmp_path: Path) -> None:
    others = {f"{e}_{m}": None for e in ("point", "draw") for m in ("mae", "w2", "mmd2", "energy")} | {
        "draw_rmse": None
    }
    for row in many(MAX_CASES + 1):
        write(tmp_path, row | others)
    report = build_report(tmp_path, every_figure=True)
    assert sorted({path.stem for path in report.figures}) == [
        *["cd_peak_rss_mb", "cd_point_rmse", "cd_seconds", "peak_rss_mb", "point_rmse", "quality_vs_seconds", "seconds"]
    ]
    assert "d12" in (tmp_path / "tables" / "point_rmse.csv").read_text()


def test_runs_keep_their_directories() -> None:
    collection: Collection = collect(many(13), Path("r"))
    pooled = mean_over_datasets(collection)
    assert [pooled.directory(run) for run in pooled.runs] == [collection.directory(run) for run in collection.runs]
