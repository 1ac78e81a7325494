"""Means, deviations, the best and the ranks against hand-made numbers."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from mirimpute.report.collect import collect
from mirimpute.report.measure_table import MeasureTable
from mirimpute.report.measures import Measure, metric_measure
from mirimpute.report.summary import summarise

from .row_factory import make_row

RMSE = metric_measure("point_rmse")


def table(rows: list[dict[str, Any]], measure: Measure = RMSE) -> MeasureTable:
    return summarise(collect(rows, Path("r")), measure)


def averages(found: MeasureTable) -> dict[str, float | None]:
    return {method: found.average_rank(method) for method in found.methods}


def grid(values: dict[str, list[float | None]], **fields: Any) -> list[dict[str, Any]]:
    """Return a row per method and dataset; None is a failure."""
    return [
        make_row(method, f"d{k}", point_rmse=value, **fields)
        if value is not None
        else make_row(method, f"d{k}", status="failed")
        for method, row in values.items()
        for k, value in enumerate(row)
    ]


def test_mean_and_sd_over_the_seeds_that_are_there() -> None:
    rows = [make_row("ice", seed=seed, point_rmse=value) for seed, value in enumerate([1.0, 2.0, 6.0])]
    rows += [make_row("mirf", seed=5, point_rmse=4.0), make_row("mirf", seed=6, point_rmse=None)]
    found = table(rows)
    ice, mirf = (found.entries[method, found.cases[0]] for method in ("ice", "mirf"))
    assert (ice.mean, ice.n, ice.seeds) == (3.0, 3, (0, 1, 2))
    assert ice.sd == pytest.approx(math.sqrt((4 + 1 + 9) / 2))
    assert (mirf.mean, mirf.sd, mirf.n) == (4.0, None, 1)
    assert any("different seeds" in note for note in found.notes)
    assert found.usual_n == 3


def test_best_is_the_lowest_and_equal_texts_are_both_bold() -> None:
    found = table(grid({"mean": [0.9], "ice": [0.34512], "mirf": [0.34501]}))
    assert [found.entries[m, found.cases[0]].best for m in ("mean", "ice", "mirf")] == [False, True, True]


def test_best_is_the_highest_where_that_is_the_direction() -> None:
    measure = Measure("point_auc", "point", "AUC", "x.", higher_is_better=True)
    rows = [make_row(m, f"d{k}", point_auc=v) for m, v in [("ice", 0.2), ("mirf", 0.8)] for k in range(3)]
    found = table(rows, measure)
    assert found.entries["mirf", found.cases[0]].best
    assert averages(found) == {"ice": 2.0, "mirf": 1.0}


def test_without_a_rival_nothing_is_best() -> None:
    found = table(grid({"mirf": [0.3]}))
    assert not found.entries["mirf", found.cases[0]].best
    assert table(grid({"mirf": [0.3], "ice": [None]})).entries["mirf", found.cases[0]].best


def test_a_mean_over_survivors_is_neither_best_nor_ranked_for_its_value() -> None:
    rows = [make_row(m, f"d{k}", seed=s, point_rmse=0.5) for m in ("ice", "mean") for k in range(3) for s in range(2)]
    rows += [make_row("mirf", f"d{k}", seed=0, point_rmse=0.1) for k in range(3)]
    rows += [make_row("mirf", f"d{k}", seed=1, status="timeout", reason="slow") for k in range(3)]
    found = table(rows)
    entry = found.entries["mirf", found.cases[0]]
    assert (entry.mean, entry.best, entry.rank, entry.failures) == (0.1, False, 3.0, "timeout (1)")
    assert found.entries["ice", found.cases[0]].best
    assert any("never set in bold" in note for note in found.notes)


def test_ranks_share_ties_and_failures_are_last() -> None:
    found = table(
        grid({"mean": [1.0, 1.0, 1.0], "knn": [0.5, 0.5, None], "ice": [0.5, 0.2, None], "mirf": [0.1, 0.3, 0.9]})
    )
    # d0: mirf 1, knn and ice 2.5 each, mean 4. d1: ice 1, mirf 2, knn 3, mean 4. d2: mirf 1, mean 2, both failures 4.
    assert averages(found) == pytest.approx({"mean": 10 / 3, "knn": 9.5 / 3, "ice": 7.5 / 3, "mirf": 4 / 3})


@pytest.mark.parametrize("datasets", [1, 2])
def test_ranks_are_refused_under_three_datasets_however_many_cases(datasets: int) -> None:
    values = {"mean": [1.0] * datasets, "mirf": [0.5] * datasets}
    found = table([row for mechanism in ("mcar", "mar", "mnar_self") for row in grid(values, mechanism=mechanism)])
    assert len(found.cases) == 3 * datasets
    assert set(averages(found).values()) == {None}
    assert found.refusal == f"No average rank: it takes 3 datasets, {datasets} run."
    assert found.refusal in found.notes


def test_datasets_weigh_the_same_however_many_cases_they_have() -> None:
    rows = grid({"mean": [1.0, 1.0, 1.0], "mirf": [0.5, 0.5, 0.5]})
    rows += [make_row("mean", "d0", rate=rate, point_rmse=0.1) for rate in (0.5, 0.7)]
    rows += [make_row("mirf", "d0", rate=rate, point_rmse=0.2) for rate in (0.5, 0.7)]
    # d0: mean has ranks 2, 1, 1, elsewhere 2.
    assert averages(table(rows)) == pytest.approx({"mean": (4 / 3 + 2 + 2) / 3, "mirf": (5 / 3 + 1 + 1) / 3})


def test_a_method_that_was_not_run_everywhere_is_not_ranked() -> None:
    rows = grid({"mean": [1.0, 1.0, 1.0], "mirf": [0.5, 0.5, 0.5], "ice": [0.1, 0.1]})
    found = table(rows)
    assert averages(found) == {"mean": 2.0, "ice": None, "mirf": 1.0}
    assert any("not run on every case: ice" in note for note in found.notes)
    assert found.entries["ice", found.cases[2]].present is False


def test_an_unknown_metric_has_no_direction_and_no_best() -> None:
    rows = [make_row(m, f"d{k}", point_new=1.0) for m in ("ice", "mirf") for k in range(3)]
    found = table(rows, metric_measure("point_new"))
    assert not any(entry.best for entry in found.entries.values())
    assert set(averages(found).values()) == {None}
    assert any("neither lower nor higher" in note for note in found.notes)


def test_a_metric_that_is_not_defined_on_a_dataset_leaves_it_out() -> None:
    found = table([make_row("ice", "a"), make_row("ice", "b", point_rmse=None)])
    assert [case.dataset for case in found.cases] == ["a"]


def test_draw_tables_say_what_a_draw_is() -> None:
    assert any("√2" in note for note in table([make_row()], metric_measure("draw_rmse")).notes)
    assert not any("√2" in note for note in table([make_row()]).notes)


def test_what_the_true_rows_have_stands_below_what_is_best_near_it() -> None:
    rows = [make_row("mirf", "a", seed=seed, point_mi_bits=0.2, truth_mi_bits=0.1 * seed) for seed in (1, 2)]
    rows += [make_row("mirf", "b", point_mi_bits=0.2)]
    (note,) = (note for note in table(rows, metric_measure("point_mi_bits")).notes if "true rows" in note)
    assert "a, MCAR 0.3: 0.150" in note
    assert "b," not in note
    assert not any("true rows" in note for note in table(rows).notes)
