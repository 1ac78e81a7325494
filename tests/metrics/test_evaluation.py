"""Means over completions and their standard errors, against sums by hand."""

import numpy as np
import pytest

from mirimpute.metrics.evaluation import evaluate, evaluate_completions


def problem(seed=0, n=120, d=3, draws=5):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, d))
    scored = rng.random((n, d)) < 0.3
    return x, np.where(scored, rng.standard_normal((draws, n, d)), x), {"scored": scored, "max_rows": 99, "rng_seed": 0}


def test_value_is_the_mean_over_completions_and_its_error_that_of_a_mean():
    x, draws, shared = problem()
    found = evaluate_completions(["energy", "rmse"], x, draws, **shared)
    each = np.array([list(evaluate(["energy", "rmse"], x, draw, **shared).values.values()) for draw in draws])
    for column, name in enumerate(("energy", "rmse")):
        assert found.values[name] == pytest.approx(each[:, column].mean())
        assert found.values[f"{name}_se"] == pytest.approx(each[:, column].std(ddof=1) / 5**0.5)
    assert found.rows == evaluate(["energy"], x, draws[0], **shared).rows


def test_standard_error_covers_the_mean_of_many_completions():
    """The mean of 200 completions lies within 2.78 errors of that of five (t, four degrees) in 95 % of tables."""
    inside = []
    for seed in range(20):
        x, draws, shared = problem(seed, n=60, draws=200)
        many = evaluate_completions(["energy"], x, draws, **shared).values["energy"]
        few = evaluate_completions(["energy"], x, draws[:5], **shared).values
        inside.append(abs(few["energy"] - many) < 2.78 * few["energy_se"])
    assert sum(inside) >= 16


def test_a_metric_with_an_error_over_rows_has_both_in_it():
    x, draws, shared = problem(n=400)
    found = evaluate_completions(["mi_bits"], x, draws, **shared)
    each = [evaluate(["mi_bits"], x, draw, **shared).values for draw in draws]
    over_rows = np.mean([one["mi_bits_se"] ** 2 for one in each])
    between = np.var([one["mi_bits"] for one in each], ddof=1) / 5
    assert found.values["mi_bits_se"] == pytest.approx((over_rows + between) ** 0.5)


def test_one_completion_is_scored_as_itself_without_an_error_and_a_costly_metric_once():
    x, draws, shared = problem()
    assert evaluate_completions(["energy"], x, draws[:1], **shared) == evaluate(["energy"], x, draws[0], **shared)
    found = evaluate_completions(["energy", "mask_auc_boosted"], x, draws, **shared).values
    alone = evaluate(["mask_auc_boosted"], x, draws[0], **shared).values
    assert {name: found[name] for name in alone} == alone
