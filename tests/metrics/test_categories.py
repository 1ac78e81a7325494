"""Metrics of categories against what they are by hand."""

import numpy as np
import pytest

from mirimpute.metrics import evaluate, evaluate_draws
from mirimpute.metrics.registry import CATEGORY_DRAWS_METRICS, CATEGORY_METRICS, METRICS

COUNTS = np.array([0, 3, 2])


def tables(n=400, seed=0):
    rng = np.random.default_rng(seed)
    truth = np.column_stack([rng.normal(size=n), rng.choice(3, n, p=[0.6, 0.3, 0.1]), rng.choice(2, n)]).astype(float)
    other = np.column_stack([rng.normal(size=n), rng.choice(3, n, p=[0.6, 0.3, 0.1]), rng.choice(2, n)]).astype(float)
    scored = rng.random((n, 3)) < 0.4
    return truth, np.where(scored, other, truth), scored


def scores(names, truth, imputed, scored, counts=COUNTS):
    return evaluate(names, truth, imputed, scored, max_rows=1000, rng_seed=0, n_categories=counts)


def test_each_metric_counts_the_cells_that_it_can():
    truth, imputed, scored = tables()
    found = scores(["rmse", "error_rate"], truth, imputed, scored).values
    numbers, categories = scored & (COUNTS == 0), scored & (COUNTS > 0)
    assert found["rmse"] == pytest.approx(np.sqrt(np.mean((imputed - truth)[numbers] ** 2)))
    assert found["error_rate"] == pytest.approx(np.mean((imputed != truth)[categories]))


def test_names_of_categories_mean_nothing():
    truth, imputed, scored = tables()
    every = {**METRICS, **CATEGORY_METRICS}  # but fixed directions, and a model of a target
    names = [name for name, each in every.items() if not each.needs_target and name != "sliced_w2"]
    renamed = np.array([2.0, 0.0, 1.0])

    def again(x):
        return np.column_stack([x[:, 0], renamed[x[:, 1].astype(int)], 1 - x[:, 2]])

    first, second = (scores(names, *each, scored).values for each in ((truth, imputed), (again(truth), again(imputed))))
    for name in names:
        assert second[name] == pytest.approx(first[name], abs=1e-12), name


def test_a_wrong_category_is_as_far_as_the_stated_metric_says():
    truth = np.array([[0.0, 0], [0.0, 1], [0.0, 2], [0.0, 0]])
    imputed = truth.copy()
    imputed[0, 1] = 1
    scored = np.zeros((4, 2), dtype=bool)
    scored[0, 1] = True
    counts, spread = np.array([0, 3]), np.array([1.0, 0.8])
    found = scores(["w2", "error_rate"], truth, imputed, scored, counts).values
    assert found["w2"] == pytest.approx(1.0)
    assert found["error_rate"] == 1.0
    wider = evaluate(
        ["w2"], truth, imputed, scored, max_rows=9, rng_seed=0, n_categories=counts, category_spread=spread
    )
    assert wider.values["w2"] == pytest.approx(2**0.5 / 0.8)


def test_gower_is_zero_for_equal_tables_and_grows_with_the_change():
    truth, imputed, scored = tables()
    worst = np.where(scored, [3.0, 2, 1], truth)
    same, near, far = (
        scores(["energy_gower"], truth, x, scored).values["energy_gower"] for x in (truth, imputed, worst)
    )
    assert same == 0
    assert abs(near) < 0.01 < far


def test_brier_of_draws_does_not_depend_on_their_number():
    rng = np.random.default_rng(1)
    chances = np.array([0.5, 0.3, 0.2])
    truth = rng.choice(3, (4000, 1), p=chances).astype(float)
    scored = np.ones((4000, 1), dtype=bool)
    for m in (2, 20):
        draws = rng.choice(3, (m, 4000, 1), p=chances).astype(float)
        found = evaluate_draws(["brier"], truth, draws, scored, np.array([3])).values["brier"]
        assert found == pytest.approx(1 - (chances**2).sum(), abs=0.03)
    one = rng.choice(3, (1, 4000, 1), p=chances).astype(float)
    found = evaluate_draws(["brier"], truth, one, scored, np.array([3])).values["brier"]
    assert found == pytest.approx(2 * (one[0] != truth).mean())


def test_log_score_by_hand():
    truth, scored = np.array([[0.0], [1.0]]), np.ones((2, 1), dtype=bool)
    draws = np.repeat([[[0.0], [0.0]], [[0.0], [1.0]]], 5, axis=0)
    found = evaluate_draws(["log_score"], truth, draws, scored, np.array([2])).values["log_score"]
    assert found == pytest.approx(-(np.log(10.5 / 11) + np.log(5.5 / 11)) / 2)
    more = np.concatenate([draws, np.ones((90, 2, 1))])  # the same ten for every method
    assert evaluate_draws(["log_score"], truth, more, scored, np.array([2])).values["log_score"] == found
    assert evaluate_draws(["log_score"], truth, draws[:9], scored, np.array([2])).undefined


def test_what_has_no_cells_is_undefined():
    truth, imputed, scored = tables()
    assert scores(["error_rate", "energy_gower"], truth[:, :1], imputed[:, :1], scored[:, :1], np.array([0])).undefined
    both = np.column_stack([truth[:, 1], truth[:, 2]])
    only = scores(["rmse", "error_rate"], both, both, scored[:, 1:], COUNTS[1:])
    assert list(only.undefined) == ["rmse"]
    names = ["crps", *CATEGORY_DRAWS_METRICS]
    ten = np.repeat(both[None], 10, axis=0)
    assert list(evaluate_draws(names, both, ten, scored[:, 1:], COUNTS[1:]).undefined) == ["crps"]
