"""The pieces of the benchmark of coverage against numpy and statements of the truth."""

import numpy as np
import pytest

from benchmarks.coverage import TRUTH, WAYS, analysis, replication


def test_analysis_is_that_of_least_squares():
    rng = np.random.default_rng(0)
    table = rng.normal(size=(30, 2)) @ np.array([[1.0, 0.5], [0.0, 1.0]])
    estimate, variance = analysis(table)
    design = np.stack([np.ones(30), table[:, 0]], axis=1)
    coefficients, rest, *_ = np.linalg.lstsq(design, table[:, 1], rcond=None)
    assert estimate == pytest.approx([table[:, 1].mean(), coefficients[1]])
    assert variance == pytest.approx(
        [table[:, 1].var(ddof=1) / 30, rest[0] / 28 * np.linalg.inv(design.T @ design)[1, 1]]
    )


def test_draws_that_are_proper_cover_and_one_repeated_value_does_not():
    covered = np.mean([replication(WAYS["mice, kind=bayes"], 60, 10, seed)[1] for seed in range(60)], axis=0)
    assert (covered > 0.86).all()  # 0.95, less three standard errors

    def the_same(x, draws, seed):
        return [np.nan_to_num(x)] * draws

    slopes = [replication(the_same, 200, 5, seed) for seed in range(20)]
    assert not any(cover[1] for _, cover in slopes)  # zeros for half of y: the slope is a half
    assert np.mean([estimate[1] for estimate, _ in slopes]) == pytest.approx(TRUTH[1] / 2, abs=0.1)
