"""Differences in pairs against hand-made ones."""

from __future__ import annotations

import numpy as np
from scipy.stats import t

from mirimpute.report.paired_differences import intervals, with_failures


def test_who_failed_loses_to_who_did_not_and_two_failures_are_a_tie() -> None:
    differences = np.array([[[0.0, np.nan, np.nan], [np.nan, 0.0, np.nan], [np.nan, np.nan, 0.0]]])
    found = with_failures(differences, np.array([[True, True, False]]))[0]
    assert found[0, 2] == found[1, 2] == np.inf
    assert found[2, 0] == found[2, 1] == -np.inf
    assert found[0, 1] == found[1, 0] == 0.0


def test_the_interval_is_students_over_what_is_there_and_turns_with_the_pair() -> None:
    each = np.array([0.1, 0.3, np.nan, 0.2])
    differences = np.zeros((4, 2, 2))
    differences[:, 0, 1], differences[:, 1, 0] = each, -each
    mean, low, high = intervals(differences)
    half = t.ppf(0.975, 2) * 0.1 / np.sqrt(3)
    np.testing.assert_allclose([mean[0, 1], low[0, 1], high[0, 1]], [0.2, 0.2 - half, 0.2 + half])
    np.testing.assert_allclose([mean[1, 0], low[1, 0], high[1, 0]], [-0.2, -0.2 - half, -0.2 + half])
