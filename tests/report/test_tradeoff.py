"""Quality against seconds: panels of one case each, and of ranks over many datasets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mirimpute.report.collect import collect
from mirimpute.report.over_datasets import mean_over_many
from mirimpute.report.style import styled
from mirimpute.report.tradeoff import tradeoff_figures

from .row_factory import make_row
from .test_figures import dots, panels, texts


@pytest.fixture(autouse=True)
def _style() -> Iterator[None]:
    with styled():
        yield


def test_tradeoff_shows_quality_against_seconds_with_the_legend_outside() -> None:
    rows = [make_row("ice", fit_s=1.0, impute_s=1.0, point_rmse=0.5), make_row("mirf", fit_s=9.0, impute_s=1.0)]
    rows += [make_row("knn", status="failed")]
    ((name, figure),) = tradeoff_figures(collect(rows, Path("r")))
    point, draw = panels(figure)
    assert name == "quality_vs_seconds"
    assert dots(point) == [(2.0, 0.5), (10.0, rows[1]["point_rmse"])]
    assert dots(draw) == [(2.0, rows[0]["draw_energy"]), (10.0, rows[1]["draw_energy"])]
    assert point.get_xscale() == "log"
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["ice", "mirf", "knn (no value)"]
    figure.draw_without_rendering()
    assert legend.get_window_extent().x0 > draw.bbox.x1


def test_tradeoff_over_datasets_is_of_ranks_which_no_table_dominates() -> None:
    rows = []
    for number in range(13):
        far = 1000.0 if number == 0 else 1.0  # where ice is ahead by more than mirf is on all others together
        fields = {"fit_s": 10.0**number, "impute_s": 0.0}
        rows.append(make_row("ice", f"d{number:02}", point_rmse=1.0, **fields))
        rows.append(make_row("mirf", f"d{number:02}", point_rmse=far - 0.5, **fields))
        rows.append(make_row("knn", f"d{number:02}", status="ok" if number else "failed"))
    ((_, figure),) = tradeoff_figures(mean_over_many(collect(rows, Path("r"))))
    point = panels(figure)[0]
    assert dots(point) == [(pytest.approx(1e6), pytest.approx(rank)) for rank in ((1 + 2 * 12) / 13, (2 + 12) / 13)]
    assert texts(point) == ["not on all datasets:\nknn"]


def test_tradeoff_needs_a_quality() -> None:
    assert list(tradeoff_figures(collect([make_row(status="failed")], Path("r")))) == []
