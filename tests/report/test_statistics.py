"""The tests against a published example, against closed forms, and against other implementations."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from mirimpute.report.statistics import (
    bootstrap_interval,
    critical_difference,
    friedman,
    pairwise_wins,
    wilcoxon_holm,
)

# AUC of C4.5, with m, with cf, with both on 14 datasets: Demšar 2006, table 6. Row "voting" is printed as 0.975 twice
# but ranked 2 and 3.
DEMSAR = np.array(
    [
        *([0.763, 0.768, 0.771, 0.798], [0.599, 0.591, 0.590, 0.569], [0.954, 0.971, 0.968, 0.967]),
        *([0.628, 0.661, 0.654, 0.657], [0.882, 0.888, 0.886, 0.898], [0.936, 0.931, 0.916, 0.931]),
        *([0.661, 0.668, 0.609, 0.685], [0.583, 0.583, 0.563, 0.625], [0.775, 0.838, 0.866, 0.875]),
        *([1.0, 1.0, 1.0, 1.0], [0.940, 0.962, 0.965, 0.962], [0.619, 0.666, 0.614, 0.669]),
        *([0.972, 0.981, 0.9751, 0.975], [0.957, 0.978, 0.946, 0.970]),
    ]
)


def test_friedman_of_the_published_example() -> None:
    average = stats.rankdata(-DEMSAR, axis=1).mean(axis=0)
    assert average == pytest.approx([3.143, 2.000, 2.893, 1.964], abs=5e-4)
    found = friedman(-DEMSAR)
    assert found is not None
    # The paper's 9.28 and 3.69 lack the correction for ties, which divides by 1 - sum(t^3 - t) / (N (k^3 - k)).
    chi2 = 12 * 14 / (4 * 5) * (np.sum(average**2) - 4 * 25 / 4)
    ties = [2, 2, 4, 2]  # iris, lung cancer, mushroom, primary tumor
    correction = 1 - sum(t**3 - t for t in ties) / (14 * (4**3 - 4))
    assert chi2 == pytest.approx(9.28, abs=0.01)
    assert found.chi2 == pytest.approx(chi2 / correction)
    assert found.p_chi2 == pytest.approx(stats.chi2.sf(chi2 / correction, 3))
    assert 13 * chi2 / (14 * 3 - chi2) == pytest.approx(3.69, abs=0.01)
    assert found.f == pytest.approx(13 * found.chi2 / (14 * 3 - found.chi2))
    assert found.p_f == pytest.approx(stats.f.sf(found.f, 3, 39))


def test_friedman_at_its_limits() -> None:
    agreed = friedman(np.tile([1.0, 2.0, 3.0], (5, 1)))
    assert agreed is not None
    assert (agreed.chi2, agreed.f, agreed.p_f) == (pytest.approx(10.0), math.inf, 0.0)
    assert friedman(np.ones((5, 3))) is None
    assert friedman(np.ones((5, 2))) is None


@pytest.mark.parametrize(
    ("n_methods", "q"),
    [(2, 1.960), (3, 2.343), (4, 2.569), (5, 2.728), (6, 2.850), (7, 2.949), (8, 3.031), (10, 3.164)],
)
def test_critical_difference_has_the_published_quantiles(n_methods: int, q: float) -> None:
    # Demšar 2006, table 5a.
    found = critical_difference(n_methods, 20) / math.sqrt(n_methods * (n_methods + 1) / 120)
    assert found == pytest.approx(q, abs=1e-3)
    assert critical_difference(4, 14) == pytest.approx(1.25, abs=5e-3)
    assert critical_difference(4, 14, alpha=0.1) == pytest.approx(1.12, abs=5e-3)


def test_wilcoxon_of_the_published_example() -> None:
    raw, holm = wilcoxon_holm(-DEMSAR[:, :2])
    # Demšar 2006, section 3.1.3: R- = 12, R+ = 93, and z by equation 2 with the variance of the tied ranks.
    differences = DEMSAR[:, 1] - DEMSAR[:, 0]
    ranks = stats.rankdata(np.abs(differences).round(12))
    losses = ranks[differences < 0].sum() + 0.5 * ranks[differences == 0].sum()
    assert losses == 12.0
    assert raw[0, 1] == raw[1, 0] == holm[0, 1]
    assert raw[0, 1] < 0.05
    plain = 2 * stats.norm.cdf((12 - 14 * 15 / 4) / math.sqrt(14 * 15 * 29 / 24))
    assert raw[0, 1] == pytest.approx(plain, rel=0.02)


def test_wilcoxon_is_exact_by_enumeration_where_nothing_is_tied() -> None:
    differences = np.array([0.3, -0.1, 0.9, 0.5, 0.7, -0.2, 1.1])
    values = np.column_stack([differences, np.zeros(7)])
    ranks = stats.rankdata(np.abs(differences))
    observed = ranks[differences < 0].sum()
    sums = [
        sum(r for r, sign in zip(ranks, signs, strict=True) if sign) for signs in itertools.product((0, 1), repeat=7)
    ]
    assert wilcoxon_holm(values)[0][0, 1] == pytest.approx(2 * np.mean(np.array(sums) <= observed))


def test_wilcoxon_with_ties_is_that_of_all_signs() -> None:
    differences = np.array([2.0, -2.0, 1.0, 1.0, 0.0, 3.0, 2.0, -1.0])
    found = wilcoxon_holm(np.column_stack([differences, np.zeros(8)]))[0][0, 1]
    exact = stats.wilcoxon(differences, zero_method="zsplit", method=stats.PermutationMethod(n_resamples=np.inf))
    assert found == pytest.approx(exact.pvalue)
    many = np.concatenate([differences, differences + 0.5])  # tied, and too many to enumerate
    assert wilcoxon_holm(np.column_stack([many, np.zeros(16)]))[0][0, 1] == pytest.approx(
        stats.wilcoxon(many, zero_method="zsplit", method="approx").pvalue
    )


def test_holm_multiplies_the_smallest_by_all_pairs_and_never_falls() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal([0.0, 0.5, 1.0, 3.0], size=(12, 4))
    raw, holm = wilcoxon_holm(values)
    pairs = [(i, j) for i in range(4) for j in range(i)]
    largest = 0.0
    for step, (i, j) in enumerate(sorted(pairs, key=lambda pair: raw[pair])):
        largest = max(largest, min(1.0, (6 - step) * raw[i, j]))
        assert holm[i, j] == pytest.approx(largest)


def test_a_failure_loses_by_more_than_any_value_and_two_failures_tie() -> None:
    base = np.arange(1.0, 8.0)
    worse = base + 0.1 * base
    once = np.where(base == 3.0, np.inf, worse)
    assert wilcoxon_holm(np.column_stack([base, once]))[0][0, 1] == 2 / 2**7
    # Ahead on every dataset but the failed one: the failure takes the largest rank, 7 of 28.
    better = np.where(base == 3.0, np.inf, 0.9 * base)
    exact = stats.wilcoxon([-1.0, -2.0, 7.0, -3.0, -4.0, -5.0, -6.0]).pvalue
    assert wilcoxon_holm(np.column_stack([better, base]))[0][0, 1] == pytest.approx(exact)
    often = np.where(base < 6.0, np.inf, worse)
    raw, _ = wilcoxon_holm(np.column_stack([base, often, often]))
    assert raw[0, 1] == 2 / 2**7  # as for any seven of one sign, tied or not
    assert raw[1, 2] == 1.0
    assert np.isfinite(wilcoxon_holm(np.full((4, 3), np.inf))[1]).all()


def test_wins_and_their_mirror_sum_to_one() -> None:
    wins = pairwise_wins(np.array([[1.0, 2.5, 2.5], [3.0, 1.0, 2.0]]))
    assert wins[0].tolist() == [[0.5, 1.0, 1.0], [0.0, 0.5, 0.5], [0.0, 0.5, 0.5]]
    assert wins[1].tolist() == [[0.5, 0.0, 0.0], [1.0, 0.5, 1.0], [1.0, 0.0, 0.5]]


def test_bootstrap_interval_of_few_datasets_covers_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    means = rng.normal(size=(9, 600))  # 600 methods of mean 0 on nine datasets
    low, high = bootstrap_interval(means, np.random.default_rng(1))
    covered = ((low < 0) & (high > 0)).mean()
    assert covered == pytest.approx(0.94, abs=0.03)  # plain percentiles: 0.89


def test_bootstrap_interval_has_the_width_of_the_normal_one_and_repeats() -> None:
    ranks = np.random.default_rng(1).integers(1, 8, size=(400, 3)).astype(float)
    low, high = bootstrap_interval(ranks, np.random.default_rng(2))
    expected = 2 * 1.96 * ranks.std(axis=0) / math.sqrt(400)
    assert high - low == pytest.approx(expected, rel=0.1)
    assert ((low < ranks.mean(axis=0)) & (ranks.mean(axis=0) < high)).all()
    again = bootstrap_interval(ranks, np.random.default_rng(2))
    np.testing.assert_array_equal((low, high), again)
    same_low, same_high = bootstrap_interval(np.full((3, 2), 4.0), np.random.default_rng(0))
    assert same_low.tolist() == same_high.tolist() == [4.0, 4.0]
