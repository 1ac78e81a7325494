"""Figures show the numbers of the tables, say what they cannot draw, and are equal bytes for equal rows."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mirimpute.bench.results.store import read_rows
from mirimpute.errors import MirimputeWarning
from mirimpute.report.build import FEW_FIGURES, build_page, build_report
from mirimpute.report.collect import Collection, collect
from mirimpute.report.curves import curve_figures
from mirimpute.report.dotplot import dot_plots
from mirimpute.report.information import information_figures
from mirimpute.report.measures import SECONDS, metric_measure
from mirimpute.report.palette import method_styles
from mirimpute.report.scatter import scatter_figures
from mirimpute.report.style import legend_outside, new_figure, styled
from mirimpute.report.summary import summarise

from .row_factory import make_row, make_tables, make_trace, write


@pytest.fixture(autouse=True)
def _style() -> Iterator[None]:
    with styled():
        yield


def written(results_dir: Path) -> Collection:
    return collect(read_rows(results_dir), results_dir)


def panels(figure: Figure) -> list[Axes]:
    return [axes for axes in figure.axes if axes.get_visible()]


def dots(axes: Axes) -> list[tuple[float, float]]:
    return [tuple(map(float, line.get_xydata()[0])) for line in axes.lines if len(line.get_xydata()) == 1]


def texts(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def dot_plot(rows: list[dict[str, Any]], field: str = "point_rmse") -> Figure:
    collection = collect(rows, Path("r"))
    measure = SECONDS if field == "seconds" else metric_measure(field)
    ((name, figure),) = dot_plots(summarise(collection, measure), collection)
    assert name == field
    return figure


def test_a_dot_is_the_mean_and_the_bar_the_sd() -> None:
    rows = [make_row("ice", seed=s, point_rmse=v) for s, v in enumerate([0.4, 0.5, 0.6])]
    rows += [make_row("mirf", seed=s, point_rmse=0.3) for s in range(3)]
    (axes,) = panels(dot_plot(rows))
    assert dots(axes) == [(pytest.approx(0.5), 0.0), (pytest.approx(0.3), 1.0)]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["ice", "mirf"]
    grid, bars = (lines.get_segments() for lines in axes.collections)
    assert [line[:, 1].tolist() for line in grid] == [[0.0, 0.0], [1.0, 1.0]]
    assert [bar[:, 0].tolist() for bar in bars] == [[pytest.approx(0.4), pytest.approx(0.6)], [0.3, 0.3]]


def test_failures_and_divergence_are_written_out() -> None:
    rows = [make_row("mean", point_rmse=0.9), make_row("ice", point_rmse=0.5), make_row("mirf", point_rmse=1e14)]
    rows += [make_row("knn", status="timeout", reason="slow")]
    (axes,) = panels(dot_plot(rows))
    assert [x for x, _ in dots(axes)] == [0.9, 0.5]
    assert texts(axes) == ["timeout (1)", "off scale: 1.00e14"]
    assert axes.get_xlim()[1] < 2


def test_seconds_are_on_a_logarithmic_scale_and_never_off_it() -> None:
    rows = [make_row("mean", fit_s=0.001, impute_s=0.0), make_row("ice", fit_s=1.0), make_row("mirf", fit_s=500.0)]
    (axes,) = panels(dot_plot(rows, "seconds"))
    assert axes.get_xscale() == "log"
    assert len(dots(axes)) == 3


def test_one_figure_has_one_kind_of_axis() -> None:
    wide = [make_row("mean", "a", point_rmse=9.0), make_row("mirf", "a", point_rmse=0.01)]
    narrow = [make_row("mean", "b", point_rmse=0.5), make_row("mirf", "b", point_rmse=0.4)]
    assert [axes.get_xscale() for axes in panels(dot_plot([*wide, *narrow]))] == ["log", "log"]
    assert [axes.get_xscale() for axes in panels(dot_plot(narrow))] == ["linear"]
    zero = [make_row("knn", "b", point_rmse=0.0)]
    assert [axes.get_xscale() for axes in panels(dot_plot([*wide, *narrow, *zero]))] == ["linear", "linear"]


def test_a_seed_that_stops_early_does_not_bend_the_mean(tmp_path: Path) -> None:
    for seed, rounds, start in ((0, 2, 0.4), (1, 4, 0.8)):
        write(tmp_path, make_row("mirf", seed=seed), trace=make_trace(rounds, start))
    (axes,) = panels(dict(curve_figures(written(tmp_path)))["rounds_loss"])
    assert [len(line.get_xydata()) for line in axes.lines] == [2, 4, 2]


def test_many_cases_take_several_pages() -> None:
    collection = collect([make_row("mirf", f"d{k:02d}") for k in range(13)], Path("r"))
    found = dict(dot_plots(summarise(collection, metric_measure("point_rmse")), collection))
    assert {name: len(panels(figure)) for name, figure in found.items()} == {"point_rmse": 12, "point_rmse-2": 1}


def test_labels_do_not_overlap_and_stay_inside() -> None:
    rows = [
        make_row(m, d, mech)
        for m in ("mean", "hyperimpute/hyperimpute", "mirf")
        for d in ("synthetic/two_gaussians", "a_file_with_a_very_long_name_2024_final.csv", "iris")
        for mech in ("mcar", "mnar_logistic")
    ]
    figure = dot_plot(rows)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    boxes = [axes.title.get_window_extent(renderer) for axes in panels(figure)]
    boxes += [label.get_window_extent(renderer) for label in panels(figure)[0].get_yticklabels()]
    for axes in panels(figure):
        low, high = axes.get_xlim()
        drawn = [label for label in axes.get_xticklabels() if low <= label.get_position()[0] <= high]
        assert len(drawn) >= 2
        boxes += [label.get_window_extent(renderer) for label in drawn]
    assert not any(a.overlaps(b) for k, a in enumerate(boxes) for b in boxes[:k])
    inside = figure.bbox.padded(1.0)
    assert all(inside.contains(box.x0, box.y0) and inside.contains(box.x1, box.y1) for box in boxes)


def test_curves_are_those_of_the_trace(tmp_path: Path) -> None:
    write(tmp_path, make_row("mirf", seed=0), trace=make_trace(3, start=0.4))
    write(tmp_path, make_row("mirf", seed=1), trace=make_trace(3, start=0.8))
    write(tmp_path, make_row("ice"), trace=make_trace(1))
    found = dict(curve_figures(written(tmp_path)))
    assert list(found) == ["rounds_change", "rounds_heldout_rmse", "rounds_loss"]
    (axes,) = panels(found["rounds_loss"])
    seeds_and_mean = [line.get_xydata().tolist() for line in axes.lines]
    assert seeds_and_mean == [
        [[1, 0.2], [2, 0.1], [3, 0.05]],
        [[1, 0.4], [2, 0.2], [3, 0.1]],
        [[1, pytest.approx(0.3)], [2, pytest.approx(0.15)], [3, pytest.approx(0.075)]],
    ]
    assert [text.get_text() for text in found["rounds_loss"].legends[0].get_texts()] == ["mirf"]
    assert axes.get_yscale() == "linear"
    assert panels(found["rounds_change"])[0].get_yscale() == "log"


def test_information_stands_beside_rounds_error_and_distance_with_that_of_the_truth(tmp_path: Path) -> None:
    for method, bits in (("mean", 1.5), ("mirf", 0.1)):
        for seed in (0, 1):
            row = make_row(method, "d", seed=seed, draw_mi_bits=bits + seed, truth_mi_bits=0.25 * seed)
            write(tmp_path, row, trace=[{"round": k, "mi_bits": bits / (1 + k), "mi_bits_se": 0.1} for k in range(3)])
    write(tmp_path, make_row("knn", "d", status="failed", truth_mi_bits=None))
    ((name, figure),) = information_figures(written(tmp_path))
    assert name == "information_d"
    rounds, error, distance = panels(figure)
    mean_curve = rounds.lines[2].get_xydata().tolist()  # two seeds, then their mean
    assert mean_curve == [[0, 1.5], [1, 0.75], [2, pytest.approx(0.5)]]
    assert [y for _, y in dots(error)] == [2.0, pytest.approx(0.6)]
    rmse = [make_row("mean", "d", seed=seed)["point_rmse"] for seed in (0, 1)]
    assert dots(error)[0][0] == pytest.approx(np.mean(rmse))
    for axes in (rounds, error, distance):
        assert list(axes.lines[-1].get_ydata()) == [0.125, 0.125]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["mean", "mirf", "knn (no value)"]


def test_standard_errors_and_values_of_the_truth_are_not_compared() -> None:
    rows = [make_row("mirf", draw_mi_bits=0.1, draw_mi_bits_se=0.2, truth_mi_bits=0.3, draw_own=1.0)]
    fields = [measure.field for measure in collect(rows, Path("r")).measures]
    assert "draw_mi_bits" in fields
    assert "draw_own" in fields
    assert not {"draw_mi_bits_se", "truth_mi_bits"} & set(fields)


def test_a_figure_is_as_high_as_its_legend() -> None:
    figure = new_figure(height=1.0)
    figure.subplots()
    legend_outside(figure, method_styles([f"method {number}" for number in range(30)]))
    figure.draw_without_rendering()
    legend = figure.legends[0].get_window_extent()
    assert legend.y0 >= 0
    assert legend.height > 0.8 * figure.bbox.height


def toy(results_dir: Path, method: str, **parts: Any) -> Path:
    return write(results_dir, make_row(method, "two_moons", n_columns=2), **{"tables": make_tables(), **parts})


def test_scatter_shows_truth_incomplete_and_each_draw(tmp_path: Path) -> None:
    tables = make_tables()
    tables["draw"].iloc[np.flatnonzero(tables["incomplete"]["x1"].isna())[0], 0] = 99.0
    toy(tmp_path, "ice")
    toy(tmp_path, "mirf", tables=tables)
    write(tmp_path, make_row("mean", "two_moons", n_columns=2))
    write(tmp_path, make_row("mean", "wide"), tables=make_tables())
    ((name, figure),) = scatter_figures(written(tmp_path))
    assert name == "scatter_two_moons_MCAR-0.3_seed-0"
    truth, incomplete, ice, mirf = panels(figure)
    assert [axes.get_title() for axes in panels(figure)] == ["truth", "incomplete", "ice", "mirf"]
    half = tables["incomplete"].isna().sum(axis=1) == 1
    count = [[len(points.get_offsets()) for points in axes.collections[:2]] for axes in (ice, mirf)]
    assert len(truth.collections[0].get_offsets()) == 200
    assert len(incomplete.collections[0].get_offsets()) == 200 - half.sum()
    assert sum(len(rug.get_segments()) for rug in incomplete.collections[1:]) == half.sum()
    assert count == [[200 - half.sum(), half.sum()]] * 2
    np.testing.assert_array_equal(ice.collections[1].get_offsets(), tables_of("ice", tmp_path)[half])
    assert (texts(ice), texts(mirf)) == ([], ["1 outside"])
    assert truth.get_xlim() == ice.get_xlim()


def tables_of(method: str, results_dir: Path) -> np.ndarray:
    import pandas as pd

    (path,) = results_dir.glob(f"runs/two_moons/*/{method}/*/tables/draw.parquet")
    return pd.read_parquet(path).to_numpy()


def test_damaged_tables_are_named_and_left_out(tmp_path: Path) -> None:
    toy(tmp_path, "ice")
    bad = toy(tmp_path, "mirf") / "tables" / "truth.parquet"
    bad.write_bytes(b"PAR1 no")
    with pytest.warns(MirimputeWarning, match="tables.*left out"):
        ((_, figure),) = scatter_figures(written(tmp_path))
    assert [axes.get_title() for axes in panels(figure)] == ["truth", "incomplete", "ice"]


def small_folder(results_dir: Path) -> None:
    metrics = {f"{e}_{m}": None for e in ("point", "draw") for m in ("mae", "w2", "mmd2")}
    for method in ("mean", "ice", "knn", "mirf"):
        for seed in (0, 1):
            row = make_row(method, "two_moons", seed=seed, n_columns=2, draw_rmse=None, **metrics)
            write(results_dir, row, trace=make_trace(3), tables=make_tables(40))
            for dataset in ("iris", "letter"):
                write(results_dir, make_row(method, dataset, seed=seed, draw_rmse=None, **metrics))
    write(results_dir, make_row("hot_deck", "two_moons", status="failed", reason="100% of_$cells"))


@pytest.mark.slow
def test_equal_rows_are_equal_bytes_in_another_process(tmp_path: Path) -> None:
    small_folder(tmp_path / "r")
    report = build_report(tmp_path / "r", tmp_path / "first")
    build_page(tmp_path / "r", tmp_path / "first" / "report.html")
    code = (
        "import sys; from mirimpute.cli.report import main; at = [sys.argv[1], '--out', sys.argv[2]];"
        "sys.exit(main(at) or main([*at, '--html']))"
    )
    environment = os.environ | {"PYTHONHASHSEED": "12345", "TZ": "Asia/Tokyo", "SOURCE_DATE_EPOCH": "1"}
    arguments = [sys.executable, "-c", code, str(tmp_path / "r"), str(tmp_path / "second")]
    subprocess.run(arguments, check=True, env=environment, cwd=Path(__file__).parents[2])
    first, second = (
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (tmp_path / "first", tmp_path / "second")
    )
    assert {path.name for path in first} >= {
        "summary.md",
        "point_rmse.tex",
        "point_rmse.png",
        "cd_point_rmse.png",
    }
    assert len(first) == len(report.tables) + len(report.figures) + 2
    assert sorted(first) == sorted(second)
    assert [path for path in first if first[path] != second[path]] == []
    for content in first.values():
        assert b"CreationDate" not in content


def test_twelve_figures_of_the_main_measures_unless_all_are_wanted(tmp_path: Path) -> None:
    small_folder(tmp_path / "r")
    few, every = (build_report(tmp_path / "r", tmp_path / str(whole), every_figure=whole) for whole in (False, True))
    stems, more = ({path.stem for path in each.figures} for each in (few, every))
    assert len(stems) <= FEW_FIGURES < len(more)
    assert stems < more
    assert {"point_rmse", "cd_point_rmse", "quality_vs_seconds"} <= stems
