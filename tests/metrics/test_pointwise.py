import numpy as np
import pytest

from mirimpute.metrics.pointwise import mae, rmse


def test_by_hand_over_scored_cells_only(compare):
    x_true = [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]
    x_imputed = [[3.0, 1.0], [2.0, -1.0], [9.0, 5.0]]
    scored = np.array([[True, False], [False, True], [False, True]])
    comparison = compare(x_true, x_imputed, scored)  # scored errors: 3, -4, 0; the unscored error of 5 is not counted
    assert mae(comparison) == pytest.approx(7 / 3, rel=1e-15)
    assert rmse(comparison) == pytest.approx(np.sqrt(25 / 3), rel=1e-15)


def test_cells_are_pooled_not_averaged_over_columns(compare):
    x_true = np.zeros((4, 2))
    scored = np.array([[True, True], [True, False], [True, False], [True, False]])
    x_imputed = np.where(scored, [1.0, 6.0], 0.0)
    assert mae(compare(x_true, x_imputed, scored)) == 2.0  # (4·1 + 6) / 5; the mean of column means would be 3.5


def test_one_draw_has_root_two_times_the_rmse_of_the_mean(compare, rng):
    x_true = rng.standard_normal((40_000, 1))
    of_mean = rmse(compare(x_true, np.zeros_like(x_true)))
    of_draw = rmse(compare(x_true, rng.standard_normal(x_true.shape)))
    assert of_draw / of_mean == pytest.approx(np.sqrt(2), rel=0.02)


def test_unknown_cells_do_not_enter(compare):
    x_true = np.array([[np.nan, 1.0], [0.0, np.nan]])
    scored = np.array([[False, True], [False, False]])
    comparison = compare(x_true, np.array([[50.0, 3.0], [0.0, 70.0]]), scored)
    assert rmse(comparison) == mae(comparison) == 2.0
