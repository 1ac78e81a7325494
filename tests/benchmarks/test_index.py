"""The index of the pages: answers from made rows, and the file that is in the tree."""

import pandas as pd
import pytest

from benchmarks import index, tables
from benchmarks.command import HERE
from benchmarks.frame import frame_of
from mirimpute.errors import UserError
from tests.benchmarks.rows import rows_of


def test_the_index_in_the_tree_is_made_from_the_rows_in_the_tree():
    assert (HERE / "README.md").read_text(encoding="utf-8") == index.index_of(HERE, index.RECORD)


def test_every_page_is_in_the_index():
    pages = {path.stem for path in HERE.glob("*.md")} - {"README", "leaderboard"}
    assert pages == set(index.PAGES)


def test_who_has_the_least_is_counted_by_case_without_variants_of_mirf():
    rows = [
        *rows_of("point_rmse", {"mirf": [1.0], "mirf_fast": [0.5], "ice": [2.0]}, "a"),
        *rows_of("point_rmse", {"mirf": [3.0], "mirf_fast": [0.5], "ice": [2.0]}, "b"),
        *rows_of("point_rmse", {"mirf": [1.0], "mirf_fast": [0.5], "ice": [2.0]}, "c"),
    ]
    assert index.least("point_rmse")(frame_of(rows), "") == "Least `point_rmse`: MCAR, of 3 cases: mirf 2, ice 1."


def test_coverage_is_near_within_two_monte_carlo_errors():
    each = {"way": ["a", "a", "b"], "coverage": [0.95, 0.90, 0.98], "scenario": "s", "replications": [200, 200, 200]}
    frame = pd.DataFrame(each)  # one error is 0.0154 where the coverage is right
    said = index.covered(frame, "")
    assert "a 1 of 2" in said
    assert "b 1 of 1" in said


def test_a_page_that_does_not_say_it_is_refused():
    with pytest.raises(UserError, match="make the page again"):
        index.sentence(r"\d+ tables")(pd.DataFrame(), "none")


def test_no_table_is_on_both_lists():
    assert not set(tables.LISTS["choosing"]) & set(tables.LISTS["judging"])
    assert tables.lists_of(["penguins", "uci/wine"]) == "to choose on: uci/wine; to judge on: penguins"
