"""The information that rows have of their pattern, against closed forms and against chance."""

import numpy as np
import pytest

from mirimpute.metrics import METRICS, Undefined, evaluate, mutual_information
from mirimpute.metrics.comparison import Comparison
from mirimpute.metrics.mutual_information import mask_auc, mi_bits, mi_bits_se, pattern_predictability
from mirimpute.numerics.pattern_boosting import boosted_predictability
from mirimpute.numerics.pattern_classifier import predictability


def entropy(p):
    return -(p * np.log2(p) + (1 - p) * np.log2(1 - p))


def correlated(rng, n, d):
    return rng.standard_normal((n, d)) @ rng.standard_normal((d, d)) / d**0.5


@pytest.mark.parametrize(("n", "d"), [(150, 4), (600, 8), (400, 30)])
def test_independence_is_chance_within_the_standard_error(n, d):
    found = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        found.append(predictability(correlated(rng, n, d), rng.random((n, d)) < 0.3, seed))
    assert all(each.auc_se > 0 and each.bits_se > 0 for each in found)
    z = np.array([[(each.auc - 0.5) / each.auc_se, each.bits / each.bits_se] for each in found])
    assert np.abs(z).max() < 3.5
    assert np.abs(z.mean(axis=0)).max() < 2  # no bias either, of which a mean of six would show 2.4 times as much


@pytest.mark.parametrize("seed", range(3))
def test_a_step_of_the_probability_has_its_closed_form(seed):
    """P(missing) is .6 above the median and .1 below it: I = H(.35) - (H(.6) + H(.1)) / 2 bits."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((4000, 1))
    found = predictability(x, rng.random(x.shape) < np.where(x > 0, 0.6, 0.1), seed)
    assert abs(found.bits - (entropy(0.35) - (entropy(0.6) + entropy(0.1)) / 2)) < 3 * found.bits_se
    # of a random pair, P(above | missing) = .6 / .7 and P(above | observed) = .4 / 1.3
    above, also = 0.6 / 0.7, 0.4 / 1.3
    assert abs(found.auc - (above * (1 - also) + 0.5 * (above * also + (1 - above) * (1 - also)))) < 3 * found.auc_se


def test_two_columns_add_up():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((4000, 2))
    found = predictability(x, rng.random(x.shape) < np.where(x > 0, 0.6, 0.1), 0)
    assert abs(found.bits - 2 * (entropy(0.35) - (entropy(0.6) + entropy(0.1)) / 2)) < 3 * found.bits_se


def test_imputed_means_tell_the_whole_pattern():
    rng = np.random.default_rng(0)
    x, missing = correlated(rng, 2000, 3), rng.random((2000, 3)) < 0.3
    found = predictability(np.where(missing, 0.0, x), missing, 0)
    assert found.auc == pytest.approx(1.0, abs=1e-3)
    assert abs(found.bits - entropy(missing.mean(axis=0)).sum()) < 3 * found.bits_se


def test_a_regression_is_told_by_its_residual_and_a_draw_by_nothing():
    rng = np.random.default_rng(0)
    n = 2000
    x = rng.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], size=n)
    missing = np.zeros((n, 2), dtype=bool)
    missing[:, 1] = rng.random(n) < 0.3
    mean = np.column_stack([x[:, 0], 0.8 * x[:, 0]])
    regression, draw = (
        predictability(np.where(missing, each, x), missing, 0)
        for each in (mean, mean + [0.0, 0.6] * rng.standard_normal((n, 2)))
    )
    assert regression.auc > 0.8
    assert regression.bits > 0.3
    assert abs(draw.auc - 0.5) < 3 * draw.auc_se
    assert abs(draw.bits) < 3 * draw.bits_se


def test_few_columns_stand_for_many():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1000, 48))
    found = predictability(x, rng.random(x.shape) < np.where(x > 0, 0.6, 0.1), 0)
    expected = 48 * (entropy(0.35) - (entropy(0.6) + entropy(0.1)) / 2)
    assert found.bits == pytest.approx(expected, rel=0.2)


def test_same_seed_same_bits(rng):
    x, missing = correlated(rng, 300, 4), rng.random((300, 4)) < 0.3
    assert predictability(x, missing, 7) == predictability(x, missing, 7)


def test_columns_with_few_missing_cells_are_not_asked(rng):
    x, missing = correlated(rng, 300, 2), np.zeros((300, 2), dtype=bool)
    missing[:9] = True
    assert predictability(x, missing, 0) is None
    missing[:10, 0] = True
    assert predictability(x, missing, 0) is not None


def test_the_metrics_are_those_of_the_rows_that_the_source_has_whole(rng, compare):
    x, scored = correlated(rng, 400, 3), rng.random((400, 3)) < 0.3
    unknown = np.zeros(x.shape, dtype=bool)
    unknown[:50, 0] = ~scored[:50, 0]
    whole = ~unknown.any(axis=1)
    y = np.where(scored, 0.0, x)
    comparison = compare(np.where(unknown, np.nan, x), y, scored)
    expected = predictability(y[whole], scored[whole], comparison.rng_seed)
    assert (mask_auc(comparison), mi_bits(comparison), mi_bits_se(comparison)) == (
        expected.auc,
        expected.bits,
        expected.bits_se,
    )
    with pytest.raises(Undefined, match="no column has 10 scored and 10 other cells"):
        mi_bits(compare(x, y, np.ones_like(scored)))


def test_a_negative_value_never_stands_without_its_standard_error():
    from mirimpute.bench.config import Protocol

    asked = Protocol().metrics
    assert {"mi_bits", "mi_bits_se"} <= set(asked)
    assert METRICS["mi_bits_se"].higher_is_better is None
    seen = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        x, scored = correlated(rng, 120, 3), rng.random((120, 3)) < 0.3
        values = evaluate(["mi_bits"], x, x.copy(), scored, max_rows=2000, rng_seed=seed).values
        seen += values["mi_bits"] < 0
        assert values["mi_bits"] > -3.5 * values["mi_bits_se"]
    assert seen > 0


def test_equal_rows_are_judged_once(monkeypatch):
    rng = np.random.default_rng(5)
    x = rng.normal(size=(60, 3))
    scored = rng.random(x.shape) < 0.4
    calls = []

    def counted(*given):
        calls.append(given)
        return predictability(*given)

    monkeypatch.setattr(mutual_information, "predictability", counted)
    monkeypatch.setattr(mutual_information, "_memory", {})

    def judged(x_imputed, pattern=scored, seed=0):
        return pattern_predictability(Comparison(x, x_imputed, pattern, max_rows=100, rng_seed=seed))

    assert judged(x) == judged(x.copy())
    assert len(calls) == 1
    judged(x + 1e-12 * scored)
    judged(x, ~scored)
    judged(x, seed=1)
    assert len(calls) == 4


@pytest.mark.parametrize("seed", range(2))
def test_trees_see_a_hot_deck_that_no_line_sees(seed):
    """y = x²: y of another row fits neither mean nor variance of its x; a line in x, y, x² and y² finds nothing."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(2000)
    true = np.column_stack([x, (x**2 - 1) / 2**0.5])
    missing = np.column_stack([np.zeros(2000, dtype=bool), rng.random(2000) < 0.5])
    drawn = np.where(missing, rng.permutation(true), true)
    lines, trees = predictability(drawn, missing, seed), boosted_predictability(drawn, missing, seed)
    assert lines.bits < 3 * lines.bits_se
    assert trees.bits > 10 * trees.bits_se
    assert trees.auc > lines.auc + 0.2
    truth = boosted_predictability(true, missing, seed)
    assert abs(truth.bits) < 3 * truth.bits_se
    assert abs(truth.auc - 0.5) < 3.5 * truth.auc_se


def test_trees_find_the_closed_form_of_a_step_and_read_categories():
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.standard_normal(4000), rng.integers(0, 5, 4000)])
    above = np.column_stack([x[:, 0] > 0, x[:, 1] >= 3])
    missing = rng.random(x.shape) < np.where(above, 0.6, 0.1)
    shares = np.array([0.5, 0.4])
    each = entropy(shares * 0.6 + (1 - shares) * 0.1) - shares * entropy(0.6) - (1 - shares) * entropy(0.1)
    found = boosted_predictability(x, missing, 0, np.array([0, 5]))
    assert abs(found.bits - each.sum()) < 3 * found.bits_se


def test_the_pattern_has_its_errors_in_a_score():
    rng = np.random.default_rng(0)
    x, missing = correlated(rng, 300, 3), rng.random((300, 3)) < 0.3
    names = ["mask_auc", "mask_auc_boosted", "mi_bits_boosted"]
    values = evaluate(names, x, x, missing, max_rows=300, rng_seed=0).values
    assert list(values) == [each for name in names for each in (name, f"{name}_se")]
    assert all(values[f"{name}_se"] > 0 for name in names)
