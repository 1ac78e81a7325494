"""What each mechanism depends on, against closed forms."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import expit

from mirimpute.amputation import MECHANISMS, amputate
from mirimpute.amputation.logistic import choose_roles, scores
from mirimpute.amputation.mnar_quantile import MIN_CONTRAST, outer_region
from mirimpute.amputation.predictors import standardised


def run(values, mechanism, rate, rate_of="overall", seed=0, **parameters):
    rng = np.random.default_rng(seed)
    return amputate(values, MECHANISMS[mechanism](name=mechanism, **parameters), rate, rate_of, rng)


def dependence(values, scored):
    """z statistic of the mean of the hidden values, with the exact variance of sampling without replacement."""
    n, k = len(values), scored.sum()
    return (values[scored].mean() - values.mean()) / (values.std() * np.sqrt((n - k) / (k * (n - 1))))


def assert_logistic(score, scored):
    """In each decile of ``score``, the hidden fraction is sigmoid(score + b) with b from the overall rate."""
    b = brentq(lambda intercept: expit(score + intercept).mean() - scored.mean(), -50, 50)
    probability = expit(score + b)
    for rows in np.array_split(np.argsort(score), 10):
        sd = np.sqrt((probability[rows] * (1 - probability[rows])).mean() / len(rows))
        assert abs(scored[rows].mean() - probability[rows].mean()) < 4 * sd


def signed(score, scored):
    """The score with the sign of the model's one weight, which only the mask shows."""
    return score * np.sign(dependence(score, scored))


@pytest.fixture(scope="module")
def gaussian():
    rng = np.random.default_rng(11)
    return rng.normal(size=(20_000, 4)) @ rng.normal(size=(4, 4)) * [1, 1e-6, 1e6, 3] + [0, 1, -1e7, 5]


def test_mcar_is_independent_of_the_values(gaussian):
    scored = run(gaussian, "mcar", 0.3).scored
    for i in range(4):
        for j in range(4):
            assert abs(dependence(gaussian[:, i], scored[:, j])) < 4
    together = scored.mean(axis=0)[:, None] * scored.mean(axis=0)
    np.testing.assert_allclose(
        (scored.T.astype(float) @ scored / len(scored))[~np.eye(4, dtype=bool)],
        together[~np.eye(4, dtype=bool)],
        atol=0.015,
    )


def test_mcar_mask_ignores_the_values(gaussian):
    other = np.random.default_rng(12).exponential(size=gaussian.shape)
    np.testing.assert_array_equal(run(gaussian, "mcar", 0.3).scored, run(other, "mcar", 0.3).scored)


@pytest.mark.parametrize("rate", [0.1, 0.3, 0.7])
def test_mar_is_logistic_in_the_column_that_stays_observed(rate):
    values = np.random.default_rng(13).gamma(2.0, size=(20_000, 2))
    result = run(values, "mar", rate, "eligible")
    [target] = np.flatnonzero(result.scored.any(axis=0))
    score = standardised(values[:, 1 - target])
    assert abs(dependence(score, result.scored[:, target])) > 15
    assert_logistic(signed(score, result.scored[:, target]), result.scored[:, target])


def test_mar_ignores_the_values_of_the_masked_columns(gaussian):
    result = run(gaussian, "mar", 0.3)
    targets = result.eligible.any(axis=0)
    assert targets.sum() == 3
    poisoned = gaussian.copy()
    poisoned[:, targets] = np.random.default_rng(14).exponential(size=(len(gaussian), 3))
    np.testing.assert_array_equal(run(poisoned, "mar", 0.3).scored, result.scored)
    poisoned = gaussian.copy()
    poisoned[:, ~targets] = np.random.default_rng(15).exponential(size=(len(gaussian), 1))
    assert (run(poisoned, "mar", 0.3).scored != result.scored).sum() > 1000


def test_mar_spares_the_asked_fraction_of_columns():
    values = np.random.default_rng(16).normal(size=(50, 10))
    for fraction, spared in [(0.01, 1), (0.3, 3), (0.39, 3), (0.7, 7), (0.99, 9)]:
        result = run(values, "mar", 0.2, "eligible", observed_fraction=fraction)
        assert (~result.eligible).all(axis=0).sum() == spared
        assert not result.scored[:, ~result.eligible.any(axis=0)].any()


def test_mnar_logistic_hides_what_decided():
    wide = np.random.default_rng(18).normal(size=(20_000, 6))
    result = run(wide, "mnar_logistic", 0.3, observed_fraction=0.2)
    decider = int(result.notes[0].split()[1])
    assert result.repaired_cells < 100
    assert abs(dependence(wide[:, decider], result.scored[:, decider])) < 4
    for target in set(range(6)) - {decider}:
        score = signed(standardised(wide[:, decider]), result.scored[:, target])
        assert_logistic(score, result.scored[:, target])
    np.testing.assert_allclose(result.realised_rate_by_column, 0.3, atol=0.01)


def test_mnar_self_is_logistic_in_the_column_itself(gaussian):
    result = run(gaussian, "mnar_self", 0.3)
    for j in range(4):
        score = standardised(gaussian[:, j])
        assert abs(dependence(score, result.scored[:, j])) > 15
    wide = np.random.default_rng(19).standard_t(4, size=(20_000, 8))
    result = run(wide, "mnar_self", 0.2)
    assert result.repaired_cells < 5
    for j in range(8):
        score = signed(standardised(wide[:, j]), result.scored[:, j])
        assert_logistic(score, result.scored[:, j])


def test_mnar_self_loses_large_or_small_values_at_even_odds():
    values = np.random.default_rng(20).normal(size=(100, 400))
    scored = run(values, "mnar_self", 0.3).scored
    large = sum(values[scored[:, j], j].mean() > values[:, j].mean() for j in range(400))
    assert 160 < large < 240


def test_mnar_quantile_hides_only_outer_values_with_one_probability():
    values = np.random.default_rng(21).standard_t(2, size=(20_000, 6))
    result = run(values, "mnar_quantile", 0.2, quantile=0.25)
    low, high = np.quantile(values, [0.25, 0.75], axis=0)
    outer = (values <= low) | (values >= high)
    np.testing.assert_array_equal(result.eligible, outer)
    assert not result.scored[~outer].any()
    assert result.realised_rate == 0.2
    assert result.scored[outer].mean() == pytest.approx(0.4, abs=1e-4)
    for j in range(6):
        for side in (values[:, j] <= low[j], values[:, j] >= high[j]):
            assert abs(result.scored[side, j].mean() - 0.4) < 4 * np.sqrt(0.24 / side.sum())
            assert abs(dependence(values[side, j].argsort().argsort(), result.scored[side, j])) < 4


def test_mnar_quantile_rate_of_eligible_is_the_probability_inside():
    values = np.random.default_rng(22).normal(size=(1000, 4))
    result = run(values, "mnar_quantile", 0.6, "eligible", quantile=0.1)
    assert result.scored.sum() == pytest.approx(0.6 * result.eligible.sum(), abs=0.5)
    assert result.eligible.sum() == pytest.approx(0.2 * 4000, abs=8)


def test_outer_region_of_tied_values_is_completed_at_random():
    rng = np.random.default_rng(29)
    column = np.repeat([1.0, 2.0, 3.0, np.nan], [700, 200, 101, 50])
    in_region = np.zeros(len(column))
    for _ in range(400):
        region = outer_region(column, 0.2, rng)
        # 201 lowest, all of them ones; 201 highest: 101 threes and 100 of the 200 twos
        assert [region.cells[column == value].sum() for value in (1, 2, 3)] == [201, 100, 101]
        assert not region.cells[np.isnan(column)].any()
        assert region.contrast == pytest.approx(1 - 201 / 700)
        in_region += region.cells
    for value, probability in [(1, 201 / 700), (2, 0.5)]:
        counts = in_region[column == value]
        assert np.abs(counts - 400 * probability).max() < 5 * np.sqrt(400 * probability * (1 - probability))


@pytest.mark.parametrize("frequent", [500, 560, 700, 940])
def test_contrast_of_two_values(frequent):
    column = np.repeat([0.0, 1.0], [frequent, 1000 - frequent])
    region = outer_region(column, 0.25, np.random.default_rng(30))
    rates = [region.cells[column == value].mean() for value in (0, 1)]
    assert region.cells.sum() == 500
    assert region.contrast == pytest.approx(rates[1] - rates[0])
    assert (region.contrast < MIN_CONTRAST) == (frequent == 500)


def test_columns_in_which_mnar_would_be_mcar_are_left_out():
    rng = np.random.default_rng(23)
    values = np.column_stack([rng.normal(size=300), np.arange(300) % 2, np.ones(300), rng.normal(size=300)])
    by_quantile = run(values, "mnar_quantile", 0.2)
    assert list(by_quantile.eligible.any(axis=0)) == [True, False, False, True]
    assert by_quantile.notes == ("column(s) 1, 2 stay observed: too few distinct values for outer quantiles",)
    by_self = run(values, "mnar_self", 0.2)
    assert list(by_self.eligible.any(axis=0)) == [True, True, False, True]
    assert by_self.notes == ("constant column(s) 2 stay observed",)
    assert by_quantile.realised_rate == by_self.realised_rate == 0.2


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("mechanism", ["mar", "mnar_logistic"])
def test_constant_columns_never_decide_alone(mechanism, seed):
    values = np.ones((2000, 6))
    values[:, 4] = np.random.default_rng(24).normal(size=2000)
    result = run(values, mechanism, 0.3, seed=seed)
    for j in (0, 1, 2, 3, 5):
        assert abs(dependence(values[:, 4], result.scored[:, j])) > 5


def test_scores_have_unit_variance_and_follow_the_weights():
    rng = np.random.default_rng(25)
    values = rng.normal(size=(500, 3)) * [1e6, 1, 1e-6] + [3e6, 3, 3e-6]
    values[rng.random(values.shape) < 0.2] = np.nan
    score = scores(values, np.array([0, 2]), 4, np.random.default_rng(26), np.zeros(values.shape[1], dtype=bool))
    np.testing.assert_allclose(score.std(axis=0), 1)
    weights = np.random.default_rng(26).standard_normal((2, 4))
    filled = (values - np.nanmean(values, axis=0)) / np.nanstd(values, axis=0)
    expected = np.where(np.isnan(filled), 0, filled)[:, [0, 2]] @ weights
    np.testing.assert_allclose(score, expected / expected.std(axis=0), rtol=1e-9)
    both = np.isnan(values[:, 0]) & np.isnan(values[:, 2])
    assert both.any()
    assert (score[both] == 0).all()


def test_inputs_are_drawn_evenly():
    values = np.random.default_rng(27).normal(size=(10, 5))
    rng = np.random.default_rng(28)
    drawn = np.concatenate([choose_roles(values, 0.4, "mar", rng).inputs for _ in range(2000)])
    counts = np.bincount(drawn, minlength=5)
    assert counts.sum() == 4000
    assert np.abs(counts - 800).max() < 4 * np.sqrt(2000 * 0.4 * 0.6)


@pytest.mark.parametrize("scale", [1e-300, 1e-6, 1.0, 1e6, 1e307])
def test_standardised_at_any_scale(scale):
    column = np.array([-8.0, -1.0, 2.0, 5.0, np.nan, 7.0])
    expected = np.where(np.isnan(column), 0, (column - np.nanmean(column)) / np.nanstd(column))
    np.testing.assert_allclose(standardised(column * scale), expected, rtol=1e-12)


def test_standardised_keeps_a_small_spread_on_a_large_offset():
    column = 1e9 + np.array([0.0, 1.0, 2.0])
    np.testing.assert_allclose(standardised(column), [-np.sqrt(1.5), 0, np.sqrt(1.5)], rtol=1e-12)


def test_a_latent_variable_decides_about_all_cells_of_a_row():
    """With loading 1 the latent variable is a linear score of the row, and all columns follow it by the same slope."""
    values = np.random.default_rng(40).normal(size=(20_000, 8))
    latent = scores(values, np.arange(8), 1, np.random.default_rng(0), np.zeros(8, dtype=bool))[:, 0]  # the first draw
    result = run(values, "mnar_latent", 0.2, strength=2.0, loading=1.0)
    for j in range(8):
        assert_logistic(2.0 * latent, result.scored[:, j])
    together = (result.scored[:, 0] & result.scored[:, 1]).mean()
    assert together > 1.5 * result.scored[:, 0].mean() * result.scored[:, 1].mean()


def test_a_latent_variable_is_known_from_the_row_as_far_as_its_loading_says():
    values = np.random.default_rng(41).normal(size=(20_000, 8))
    rng = np.random.default_rng(0)
    score = scores(values, np.arange(8), 1, rng, np.zeros(8, dtype=bool))[:, 0]
    latent = 0.6 * score + 0.8 * rng.standard_normal(20_000)
    scored = run(values, "mnar_latent", 0.2, strength=1.5, loading=0.6).scored
    for j in range(8):
        assert_logistic(1.5 * latent, scored[:, j])
        assert dependence(score, scored[:, j]) < dependence(latent, scored[:, j])


def test_censored_values_are_exactly_those_below_a_limit():
    values = np.random.default_rng(42).lognormal(size=(5000, 8)) * 10.0 ** np.arange(-4, 4)
    result = run(values, "mnar_censored", 0.3)
    assert result.repaired_cells == 0
    for hidden, column in zip(result.scored.T, values.T, strict=True):
        assert column[hidden].max() < column[~hidden].min()
    weights = result.scored.mean(axis=0) / 0.3  # w_j over their mean
    assert weights.max() / weights.min() < 3.01
    assert np.ptp(weights) > 0.2
    double = run(values, "mnar_censored", 0.15).scored.mean(axis=0) / 0.15
    np.testing.assert_allclose(double, weights, atol=0.01)
    other = run(values, "mnar_censored", 0.3, seed=1).scored
    assert (other != result.scored).sum() > 1000


def test_of_values_at_the_limit_random_ones_are_censored():
    values = np.random.default_rng(43).normal(size=(4000, 6))
    values[:, 0] = np.maximum(values[:, 0], 0.0)  # half are 0
    scored = run(values, "mnar_censored", 0.2).scored
    assert scored[:, 0].any()
    assert not scored[values[:, 0] > 0, 0].any()
    zero = values[:, 0] == 0
    assert abs(dependence(np.arange(4000.0)[zero], scored[zero, 0])) < 4
