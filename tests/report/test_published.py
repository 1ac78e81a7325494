"""Published figures beside ours."""

import pytest

from mirimpute.bench.results.row import METRIC_FIELD
from mirimpute.report.collect import collect
from mirimpute.report.published import laid_beside, published_figures, published_table

from .row_factory import make_row


def letter(method, seed, rmse):
    return make_row(
        dataset="letter",
        mechanism="mar",
        missing_rate=0.3,
        protocol="diffputer2025",
        method=method,
        seed=seed,
        point_rmse=rmse,
    )


def test_every_published_figure_is_a_field_of_a_row():
    figures = published_figures()
    assert all(METRIC_FIELD.fullmatch(each.field) for each in figures)
    assert all(each.source and 0 < each.value < 10 for each in figures)
    known = {(each.method, each.case.dataset, each.field): each.value for each in figures}
    assert known["DiffPuter", "letter", "point_rmse"] == 0.481


def test_difference_is_in_our_standard_deviations(tmp_path):
    rows = [letter("mirf", 0, 0.461), letter("mirf", 1, 0.441), letter("ice", 0, 0.84)]
    beside = laid_beside(collect(rows, tmp_path), published_figures())
    of_letter = [
        each for each in beside if each.published.case.dataset == "letter" and each.published.field == "point_rmse"
    ]
    by_method = {each.method: each for each in of_letter}
    assert by_method["mirf"].difference == pytest.approx((0.451 - 0.481) / (0.02 / 2**0.5))
    assert by_method["ice"].difference is None
    assert by_method["ice"].n == 1


def test_figures_beside_ours_come_first(tmp_path):
    alone = [
        each.method is None for each in laid_beside(collect([letter("mirf", 0, 0.4)], tmp_path), published_figures())
    ]
    assert alone == sorted(alone)
    assert set(alone) == {True, False}


def test_rows_of_another_protocol_are_not_ours(tmp_path):
    row = {**letter("mirf", 0, 0.4), "protocol": "default"}
    assert all(each.method is None for each in laid_beside(collect([row], tmp_path), published_figures()))


def test_page_shows_theirs_without_ours(tmp_path):
    page = published_table(laid_beside(collect([letter("mirf", 0, 0.461)], tmp_path), published_figures()))
    assert "| letter | mar | 0.3 | point\\_rmse | DiffPuter | 0.481 | mirf | 0.461 | 1 | — |" in page
    assert "- An average over several tables has nothing of ours beside it" in page
    assert "| openml/magic | mar | 0.3 | point\\_rmse | DiffPuter | 0.673 | — | — | — | — |" in page


def test_rows_of_a_part_of_the_table_say_so(tmp_path):
    rows = [{**letter("mirf", seed, 0.46 + 0.01 * seed), "n_rows": 500, "max_rows": 500} for seed in (0, 1)]
    page = published_table(laid_beside(collect(rows, tmp_path), published_figures()))
    assert ", cut to 500 rows | 2 | — |" in page
