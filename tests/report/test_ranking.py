"""From the table of a measure to its ranking: datasets are the units, failures are last, refusals are said."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from mirimpute.report.cd_diagram import cd_figure
from mirimpute.report.collect import collect
from mirimpute.report.measures import metric_measure
from mirimpute.report.ranking import Ranking, rank
from mirimpute.report.ranking_tables import csv_pairs, csv_ranks, latex_ranking, markdown_ranking
from mirimpute.report.style import styled
from mirimpute.report.summary import summarise

from .latex_parser import read_latex
from .row_factory import make_row
from .test_statistics import DEMSAR

NAMES = ("mean", "knn", "ice", "mirf")


def ranking(rows: list[dict[str, Any]]) -> Ranking:
    found = rank(summarise(collect(rows, Path("r")), metric_measure("point_rmse")))
    assert found is not None
    return found


def published() -> list[dict[str, Any]]:
    return [
        make_row(method, f"d{k:02d}", point_rmse=1.0 - value)
        for k, row in enumerate(DEMSAR)
        for method, value in zip(NAMES, row, strict=True)
    ]


def test_the_published_example_comes_out_of_rows() -> None:
    found = ranking(published())
    assert found.methods == NAMES
    assert found.average == pytest.approx([3.143, 2.000, 2.893, 1.964], abs=5e-4)
    assert found.critical_difference == pytest.approx(1.25, abs=5e-3)
    assert found.friedman is not None
    assert found.friedman.chi2 == pytest.approx(stats.friedmanchisquare(*DEMSAR.T).statistic)
    assert found.order == [3, 1, 2, 0]
    assert found.by_setting == {}
    wins = (DEMSAR[:, 3] > DEMSAR[:, 0]).mean() + 0.5 * (DEMSAR[:, 3] == DEMSAR[:, 0]).mean()
    assert found.pair_wins[3, 0] == pytest.approx(wins)
    assert found.win_rate.mean() == pytest.approx(0.5)
    assert (found.low < found.average).all()
    assert (found.average < found.high).all()


def test_the_average_is_that_of_the_tables() -> None:
    rows = [make_row(m, d, mech, seed=s) for m in NAMES for d in "abcd" for mech in ("mcar", "mar") for s in (0, 1)] + [
        make_row("ice", "a", "mar", seed=2, status="failed")
    ]
    table = summarise(collect(rows, Path("r")), metric_measure("point_rmse"))
    found = rank(table)
    assert found is not None
    assert dict(zip(found.methods, found.average, strict=True)) == pytest.approx(
        {method: table.average_rank(method) for method in table.methods}
    )
    assert found.failed.tolist() == [0, 0, 1, 0]


def test_a_failure_has_the_worst_rank_in_its_case_and_is_counted() -> None:
    values = {"mean": 0.9, "ice": 0.5, "mirf": 0.1}
    rows = [make_row(m, f"d{k}", point_rmse=v) for m, v in values.items() for k in range(8)]
    rows = [row | {"status": "failed", "reason": "x"} if row["method"] == "mirf" else row for row in rows]
    found = ranking(rows)
    assert found.average.tolist() == [2.0, 1.0, 3.0]
    assert found.failed.tolist() == [0, 0, 8]
    assert found.pair_wins[2].tolist() == [0.0, 0.0, 0.5]
    assert found.p_wilcoxon[0, 2] == 2 / 2**8


def test_settings_are_ranked_apart_where_they_have_three_datasets() -> None:
    rows = [make_row(m, d, "mcar", point_rmse=v) for m, v in (("ice", 0.2), ("mirf", 0.1)) for d in "abc"]
    rows += [make_row(m, d, "mar", point_rmse=v) for m, v in (("ice", 0.1), ("mirf", 0.2)) for d in "abc"]
    rows += [make_row(m, "a", "mnar_self") for m in ("ice", "mirf")]
    found = ranking(rows)
    assert {setting: ranks.tolist() for setting, ranks in found.by_setting.items()} == {
        "MCAR 0.3": [2.0, 1.0],
        "MAR 0.3": [1.0, 2.0],
    }


def test_what_the_tests_cannot_say_is_said() -> None:
    few = ranking([make_row(m, d) for m in NAMES for d in "abc"])
    assert any("the smallest p-value" in note and "1" in note for note in few.notes)
    assert not any("the smallest p-value" in note for note in ranking(published()).notes)
    two = ranking([make_row(m, d) for m in ("ice", "mirf") for d in "abc"])
    assert two.friedman is None
    assert not any("Friedman" in note for note in two.notes)


def test_equal_methods_are_not_told_apart() -> None:
    found = ranking([make_row(m, d, point_rmse=0.5) for m in NAMES for d in "abcdefgh"])
    assert set(found.average.tolist()) == {2.5}
    assert found.friedman is None
    assert (found.p_holm == 1.0).all()


def test_tables_hold_the_numbers_and_hostile_names() -> None:
    rows = [row | {"method": "a_b & <x>"} if row["method"] == "ice" else row for row in published()]
    found = ranking(rows)
    lines = list(csv.DictReader(io.StringIO(csv_ranks([found]))))
    assert [line["method"] for line in lines] == ["mirf", "knn", "a_b & <x>", "mean"]
    assert float(lines[0]["average_rank"]) == found.average[found.order[0]]
    pairs = list(csv.DictReader(io.StringIO(csv_pairs([found]))))
    assert len(pairs) == 6
    assert float(pairs[0]["p_holm"]) >= float(pairs[0]["p_wilcoxon"])
    assert "| a\\_b &amp; &lt;x&gt; | 2.89 |" in markdown_ranking(found)
    (tabular,) = read_latex(latex_ranking(found))
    assert tabular.rows[3][:2] == ["a\\_b \\& \\textless{}x\\textgreater{}", "2.89"]
    assert {len(row) for row in tabular.rows} == {tabular.columns}


def test_diagram_joins_exactly_the_methods_closer_than_the_critical_difference() -> None:
    rows = [
        make_row(m, f"d{k:02d}", point_rmse=v + 0.001 * k)
        for m, v in zip(NAMES, (0.9, 0.8, 0.2, 0.1), strict=True)
        for k in range(12)
    ]
    found = ranking(rows)
    assert 1.0 < found.critical_difference < 2.0
    with styled():
        figure = cd_figure([found], NAMES)
    (axes,) = figure.axes
    thick = [line.get_xdata() for line in axes.lines if line.get_linewidth() == 2.2]
    assert sorted((float(np.min(x)), float(np.max(x))) for x in thick) == [(1.0, 2.0), (2.0, 3.0), (3.0, 4.0)]
    assert {text.get_text().strip() for text in axes.texts} >= {"mirf  1.00", "ice  2.00", "3.00  knn", "4.00  mean"}
