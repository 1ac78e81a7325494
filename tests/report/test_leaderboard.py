"""Win rate and improvability from rows whose answers are known by hand."""

import pytest

from mirimpute.report.collect import collect
from mirimpute.report.leaderboard import CATEGORIES, NUMBERS, board

from .row_factory import make_row


def rows(values, mechanism="mcar", **fields):
    """Rows of point_rmse: method -> dataset -> value, None for a failure."""
    return [
        make_row(method, dataset, mechanism=mechanism, status="failed", reason="it broke")
        if value is None
        else make_row(method, dataset, mechanism=mechanism, point_rmse=value, **fields)
        for method, by_dataset in values.items()
        for dataset, value in by_dataset.items()
    ]


def standings(found):
    return {each.method: each for each in board(collect(found, "."), "point_rmse").standings}


def test_win_rate_and_improvability():
    found = standings(rows({"ice": {"a": 1.0, "b": 2.0}, "knn": {"a": 2.0, "b": 2.0}, "mean": {"a": 4.0, "b": 1.0}}))
    assert found["ice"].win_rate == pytest.approx((1.0 + 0.25) / 2)
    assert found["knn"].win_rate == pytest.approx((0.5 + 0.25) / 2)
    assert found["mean"].win_rate == pytest.approx((0.0 + 1.0) / 2)
    assert found["ice"].improvability == pytest.approx((0 + 0.5) / 2)
    assert found["mean"].improvability == pytest.approx((0.75 + 0) / 2)


def test_a_failure_loses_and_is_counted():
    found = standings(rows({"ice": {"a": 1.0, "b": None}, "knn": {"a": 2.0, "b": 9.0}}))
    assert found["ice"].by_group["MCAR"] == found["ice"].win_rate == 0.5
    assert found["ice"].improvability == 0.5
    assert (found["ice"].failed, found["knn"].failed) == (1, 0)


def test_variants_of_mirf_are_no_rivals_of_one_another():
    found = standings(rows({"mirf": {"a": 1.0}, "mirf_fast": {"a": 2.0}, "ice": {"a": 3.0}}))
    assert {name: each.win_rate for name, each in found.items()} == {"mirf": 1.0, "mirf_fast": 1.0, "ice": 0.0}
    assert {name: each.variant for name, each in found.items()} == {"mirf": False, "mirf_fast": True, "ice": False}


def test_groups_are_mechanisms_and_kinds_of_table_and_datasets_count_the_same():
    numbers = rows({"ice": {"a": 1.0}, "knn": {"a": 2.0}}) + rows({"ice": {"a": 2.0}, "knn": {"a": 1.0}}, "mar")
    mixed = rows({"ice": {"b": 1.0}, "knn": {"b": 2.0}}, point_error_rate=0.2)
    ice = standings(numbers + mixed)["ice"]
    assert ice.by_group == {"MCAR": 1.0, "MAR": 0.0, NUMBERS: 0.5, CATEGORIES: 1.0}
    assert ice.win_rate == pytest.approx((0.5 + 1.0) / 2)


def test_who_was_not_run_everywhere_is_left_out():
    found = board(collect(rows({"ice": {"a": 1.0, "b": 1.0}, "knn": {"a": 2.0}}), "."), "point_rmse")
    assert [each.method for each in found.standings] == ["ice"]
    assert found.left_out == ("knn",)


def test_nothing_is_divided_by_an_energy_distance():
    energy = [make_row(name, "a", draw_energy=value, n_draws=20) for name, value in (("ice", -1e-4), ("knn", 0.1))]
    found = board(collect(energy, "."), "draw_energy").standings
    assert [(each.method, each.win_rate, each.improvability) for each in found] == [
        ("ice", 1.0, None),
        ("knn", 0.0, None),
    ]
