"""What is claimed of methods, from made-up rows with known answers: who competes, and what tells them apart."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from mirimpute.report.collect import Collection, collect
from mirimpute.report.index import index_page
from mirimpute.report.measure_table import MeasureTable
from mirimpute.report.measures import metric_measure
from mirimpute.report.ranking import Ranking, rank
from mirimpute.report.ranking_tables import csv_pairs, csv_ranks, latex_ranking, markdown_ranking
from mirimpute.report.statistics import mean_interval, paired_wilcoxon_holm, win_counts
from mirimpute.report.summary import summarise
from mirimpute.report.tables import caption, markdown_table

from .latex_parser import read_latex
from .row_factory import make_row

SETS = tuple(f"d{k}" for k in range(6))


def table(rows: list[dict[str, Any]], field: str = "point_rmse") -> MeasureTable:
    return summarise(collected(rows), metric_measure(field))


def collected(rows: list[dict[str, Any]]) -> Collection:
    return collect(rows, Path("r"))


def ranking(rows: list[dict[str, Any]], field: str = "point_rmse") -> Ranking:
    found = rank(table(rows, field))
    assert found is not None
    return found


def cases(values: dict[str, float], mechanism: str = "mcar", field: str = "point_rmse", **more: Any) -> list[Any]:
    """Return a row per method and dataset; the value grows a little with the dataset, the same for all methods."""
    return [
        make_row(method, name, mechanism, **{field: value + 0.01 * k}, **more)
        for method, value in values.items()
        for k, name in enumerate(SETS)
    ]


def test_each_mechanism_has_its_ranking_and_the_pool_comes_last() -> None:
    rows = cases({"mirf": 0.1, "ice": 0.2, "mean": 0.9}) + cases({"mirf": 0.3, "ice": 0.2, "mean": 0.9}, "mar")
    found = ranking(rows)
    assert list(found.by_mechanism) == ["MCAR", "MAR"]
    mcar, mar = found.by_mechanism.values()
    assert (mcar.methods[mcar.order[0]], mar.methods[mar.order[0]]) == ("mirf", "ice")
    mirf, ice = found.methods.index("mirf"), found.methods.index("ice")
    assert found.average[mirf] == found.average[ice] == 1.5  # the pool would hide that both won half
    assert [each.mechanism for each in found.all_rankings] == ["MCAR", "MAR", ""]
    text = markdown_ranking(found)
    assert 0 <= text.index("MCAR: average ranks") < text.index("MAR: average ranks", 30) < text.index("pooled")
    assert len(read_latex(latex_ranking(found))) == 3
    settings = [line["setting"] for line in csv.DictReader(io.StringIO(csv_ranks([found])))]
    assert list(dict.fromkeys(settings)) == ["MCAR", "MAR", "all", "MCAR 0.3", "MAR 0.3"]
    assert "average rank, MCAR | average rank, MAR | average rank, all" in markdown_table(
        table(rows), collected(rows), ()
    )


def test_a_pool_without_any_mechanism_that_has_enough_datasets_is_refused() -> None:
    rows = [make_row(m, d, mech) for m in ("ice", "mirf") for d, mech in (("a", "mcar"), ("b", "mar"), ("c", "copy"))]
    found = table(rows)
    assert rank(found) is None
    assert "pooled over mechanisms does not stand alone" in found.refusal


def test_wins_ties_losses_and_the_tests_of_a_pair() -> None:
    values = {"mirf": [1, 1, 1, 1, 2, 3, 1, 1], "mice": [2, 2, 2, 2, 2, 2, 2, 2]}
    rows = [make_row(m, f"d{k}", point_rmse=v / 4) for m, each in values.items() for k, v in enumerate(each)]
    found = ranking(rows)
    i, j = found.methods.index("mirf"), found.methods.index("mice")
    assert found.counts[:, i, j].tolist() == [6, 1, 1]
    assert found.counts[:, j, i].tolist() == [1, 1, 6]
    differences = (np.array(values["mirf"]) - np.array(values["mice"])) / 4
    low, high = stats.t.interval(0.95, 7, differences.mean(), stats.sem(differences))
    assert found.difference[i, j] == pytest.approx(differences.mean())
    assert (found.difference_low[i, j], found.difference_high[i, j]) == pytest.approx((low, high))
    assert (found.difference_low[j, i], found.difference_high[j, i]) == pytest.approx((-high, -low))
    # ranks 1.1875 and 1.8125: less than the critical 0.69 apart
    assert found.average[[i, j]].tolist() == [1.1875, 1.8125]
    assert "6 wins, 1 ties, 1 losses" in found.first
    assert "differ by 0.62, critical is 0.69, does not tell them apart" in found.first
    (pair,) = csv.DictReader(io.StringIO(csv_pairs([found])))
    assert [pair[name] for name in ("wins", "ties", "losses")] == ["6", "1", "1"]


def test_values_at_and_below_zero_count_as_differences_and_nothing_is_left_out() -> None:
    """One denominator of 1e-6 would make a ratio of 878 and more, one below zero would drop the case."""
    energy = {"mirf": [-0.001, 0.002, 0.0, 0.001, 0.003], "mice": [0.001, 1e-6, 0.0035, 0.0, 0.0045]}
    rows = [make_row(m, f"d{k}", draw_energy=v) for m, each in energy.items() for k, v in enumerate(each)]
    found = ranking(rows, "draw_energy")
    i, j = found.methods.index("mirf"), found.methods.index("mice")
    differences = np.subtract(*energy.values())
    assert found.difference[i, j] == pytest.approx(differences.mean())
    assert found.counts[:, i, j].tolist() == [3, 0, 2]
    assert found.counts.sum(axis=0)[i, j] == 5
    assert found.p_wilcoxon[i, j] == pytest.approx(stats.wilcoxon(differences, method="exact").pvalue)


def test_failures_are_counted_in_both_ways() -> None:
    rows = cases({"mirf": 0.3, "mice": 0.2, "mean": 0.9})
    for row in rows:
        if row["method"] == "mice" and row["dataset"] in SETS[:2]:
            row |= {"status": "failed", "reason": "x"}
    found = ranking(rows)
    mirf, mice = found.methods.index("mirf"), found.methods.index("mice")
    assert found.counts[:, mirf, mice].tolist() == [2, 0, 4]  # a failure is a loss of mice
    assert found.counts_without[:, mirf, mice].tolist() == [0, 0, 4]  # or the case is left out
    assert found.average[mice] == pytest.approx((2 * 3 + 4 * 1) / 6)
    assert found.average_without[mice] == 1.0
    assert found.average_without[mirf] == pytest.approx((2 * 1 + 4 * 2) / 6)
    assert found.difference[mirf, mice] == pytest.approx(0.1)
    assert "without the cases on which one of the two failed" in found.first
    assert "rank without failures" in markdown_ranking(found)
    clean = ranking(cases({"mirf": 0.3, "mice": 0.2}))
    assert "without" not in clean.first
    assert (clean.counts == clean.counts_without).all()


def test_one_variant_of_mirf_is_ranked_and_the_others_are_named_beside() -> None:
    rows = cases({"mirf_fast": 0.1, "mirf": 0.2, "mirf_mnar": 0.25, "mirf_paper": 0.3, "mice": 0.4})
    found = table(rows)
    assert set(found.ranked) == {"mirf", "mirf_paper", "mice"}
    assert any("further variants of mirf: " in note and "mirf_fast" in note for note in found.notes)
    assert found.entries["mirf_fast", found.cases[0]].mean == 0.1
    without = table([row for row in rows if row["method"] != "mirf"])
    assert len([each for each in without.ranked if each in ("mirf_fast", "mirf_mnar")]) == 1


def test_methods_without_draws_are_shown_but_do_not_compete_on_draws() -> None:
    rows = cases({"mirf": 0.3, "mice": 0.4}, field="draw_energy")
    rows += cases({"ice": 0.1}, field="draw_energy", n_draws=1, scored_draws=0)
    found = table(rows, "draw_energy")
    assert set(found.ranked) == {"mirf", "mice"}
    assert [found.entries[m, found.cases[0]].best for m in ("ice", "mirf")] == [False, True]
    assert "| ice (no draws) |" in markdown_table(found, collected(rows), ())
    assert "ice" in table(rows, "point_rmse").ranked
    alone = table([row for row in rows if row["method"] != "mice"], "draw_energy")
    assert alone.ranked == ()
    assert "with draws" in alone.refusal


def test_tables_of_different_content_are_different_cases() -> None:
    sizes = {"a" * 64: 400, "b" * 64: 1000, "c" * 64: 1000}
    rows = [
        make_row(m, "letter", data_sha256=digest, n_rows=n, max_rows=n, config_hash=f"{n}{digest}"[:64])
        for m in ("ice", "mirf")
        for digest, n in sizes.items()
    ]
    found = collected([*rows, make_row("ice", "iris", n_rows=150)])
    names = ["iris", "letter (1,000 rows, #bbbbbbbb)", "letter (1,000 rows, #cccccccc)", "letter (400 rows)"]
    assert [case.dataset for case in found.cases] == names
    assert {run.label for run in found.runs} == {"ice", "mirf"}  # one label each: no two rows share a case and a seed
    assert any("letter was run with 3 contents" in note for note in found.notes)
    assert not any("do not compare" in note for note in found.notes)
    assert {row["dataset"] for row in (run.row for run in found.runs)} == {"letter", "iris"}


def test_captions_say_what_was_cut() -> None:
    rows = [make_row(m, "letter", n_rows=400, max_rows=400) for m in ("ice", "mirf")]
    rows += [make_row(m, "iris", n_rows=150, max_rows=400) for m in ("ice", "mirf")]
    assert "Cut to 400 rows: letter." in caption(table(rows))
    assert "ut to" not in caption(table([make_row("ice"), make_row("mirf")]))
    older = [{k: v for k, v in row.items() if k != "max_rows"} for row in rows]
    assert "150 to 400 rows" in caption(table(older))


def test_index_prints_the_tests_beside_every_first() -> None:
    rows = cases({"mirf": 0.1, "ice": 0.2, "mean": 0.9}) + cases({"mirf": 0.3, "ice": 0.2, "mean": 0.9}, "mar")
    collection = collected(rows)
    found = table(rows)
    made = rank(found)
    assert made is not None
    text = index_page(collection, [found], [made], [], [])
    p = f"{made.by_mechanism['MCAR'].p_holm[made.methods.index('mirf'), made.methods.index('ice')]:.2g}"
    assert f"| point\\_rmse | MCAR | mirf (1.00) | ice (2.00) | 6, 0, 0 | {p} | not apart |" in text
    assert text.index("| MCAR |") < text.index("| MAR |") < text.index("| all pooled |")


def test_error_behind_a_mean_is_of_draws_for_one_seed_and_of_seeds_for_more() -> None:
    one = [
        make_row("mirf", draw_energy=0.2, draw_energy_se=0.03),
        make_row("mice", draw_energy=0.3, draw_energy_se=0.04),
    ]
    found = table(one, "draw_energy")
    assert found.entries["mirf", found.cases[0]].error == 0.03
    assert "standard error over draws" in caption(found)
    more = [make_row("mirf", seed=s, draw_energy=v, draw_energy_se=0.03) for s, v in enumerate((0.2, 0.4))]
    assert table(more, "draw_energy").entries["mirf", found.cases[0]].error == pytest.approx(0.2 / 2**0.5)
    own = [make_row("mirf", seed=s, draw_mask_auc=v, draw_mask_auc_se=0.03) for s, v in enumerate((0.5, 0.9))]
    assert table(own, "draw_mask_auc").entries["mirf", found.cases[0]].error == pytest.approx(0.03 / 2**0.5)


def test_rows_of_one_draw_by_an_earlier_version_are_announced() -> None:
    rows = [make_row("mirf"), {k: v for k, v in make_row("mice").items() if k != "scored_draws"}]
    assert any(note.startswith("1 row(s) of an earlier version") for note in collected(rows).notes)
    assert not collected(rows[:1]).notes


def test_interval_of_a_mean_is_students() -> None:
    values = np.random.default_rng(0).standard_normal(9)
    assert mean_interval(values)[1:] == pytest.approx(stats.t.interval(0.95, 8, values.mean(), stats.sem(values)))
    assert np.isnan(mean_interval(np.array([1.0]))[1])
    assert np.isnan(mean_interval(np.array([]))).all()


def test_pairs_are_tested_on_the_datasets_that_both_have() -> None:
    values = np.random.default_rng(0).random((8, 3))
    values[0, 0], values[1, 2] = np.nan, np.nan
    found = paired_wilcoxon_holm(values[:, :, None] - values[:, None, :])[0]
    for i, j in ((0, 1), (0, 2), (1, 2)):
        both = values[np.isfinite(values[:, [i, j]]).all(axis=1)][:, [i, j]]
        assert found[i, j] == pytest.approx(stats.wilcoxon(*both.T).pvalue)
    differences = np.array([0.0, np.nan, -np.inf, 2.0])[:, None, None]
    assert win_counts(differences)[:, 0, 0].tolist() == [1, 1, 1]


def test_differences_are_of_common_seeds_not_of_masks() -> None:
    """Seed 1 has a mask on which every error is tenfold, and only one of the two was run on it."""
    rows = [make_row(m, d, point_rmse=v) for m, v in (("mirf", 0.2), ("mice", 0.3)) for d in "abc"]
    rows += [make_row("mirf", d, seed=1, point_rmse=2.0) for d in "abc"]
    found = ranking(rows)
    i, j = found.methods.index("mirf"), found.methods.index("mice")
    assert found.difference[i, j] == pytest.approx(-0.1)
    assert found.counts[:, i, j].tolist() == [3, 0, 0]
