"""Verdicts of the parity page, from hand-made rows."""

import numpy as np
import pytest

from benchmarks import parity
from benchmarks.frame import frame_of
from benchmarks.parity import BETTER, NOISE, WITHIN, WORSE, compare, comparisons, page_of, sweeps_of
from tests.benchmarks.rows import row


@pytest.mark.parametrize(
    ("native", "reference", "verdict"),
    [
        ([1.0, 1.0], [1.1, 1.1], BETTER),
        ([1.04, 1.04], [1.0, 1.0], WITHIN),
        ([1.2, 1.2], [1.0, 1.0], WORSE),
        ([1.2], [1.0], WORSE),
        ([1.0, 1.5], [1.0, 1.0], NOISE),
        ([-1.0e-5, 3.0e-5], [-2.0e-5, -2.0e-5], NOISE),
        ([-1.0e-5, -1.0e-5], [1.0e-5, 1.0e-5], BETTER),
        ([], [], ""),
    ],
)
def test_verdicts(native, reference, verdict):
    assert compare(np.array(native), np.array(reference)).verdict == verdict


def test_only_seeds_on_which_both_are_ok_count():
    rows = [row("ice", seed=seed, point_rmse=value) for seed, value in enumerate([1.0, 2.0, 90.0])]
    rows += [row("sklearn/ice", seed=0, point_rmse=2.0), row("sklearn/ice", seed=1, point_rmse=4.0)]
    rows += [row("sklearn/ice", seed=2, status="failed")]
    found = comparisons(frame_of(rows), "ice", "sklearn/ice", ("a", "mcar", 0.3))["point_rmse"]
    assert (found.native, found.reference, found.seeds) == (1.5, 3.0, 2)


def test_a_reference_whose_point_is_a_draw_is_compared_with_draws():
    rows = [row("mice", point_rmse=1.0, draw_rmse=1.5), row("hyperimpute/mice", point_rmse=1.4, draw_rmse=1.4)]
    found = comparisons(frame_of(rows), "mice", "hyperimpute/mice", ("a", "mcar", 0.3))["point_rmse"]
    assert (found.native, found.reference, found.verdict) == (1.5, 1.4, WORSE)


def test_page_lists_every_case_and_what_is_not_there():
    rows = [row("ice", point_rmse=1.0, draw_energy=0.5), row("sklearn/ice", point_rmse=0.5, draw_energy=0.6)]
    rows += [row("ice", dataset="b", status="timeout", reason="slow")]
    text = "\n".join(page_of(frame_of(rows), sweeps_of(("a", "b"), ("ice",), (0,)), ("ice",)))
    assert "| ice | sklearn/ice | a mcar | 1 | 1.00 | 0.500 | worse | 0.500 | 0.600 | better |" in text
    assert "| ice | sklearn/ice | b mar | 0 | — | — | — | — | — | — |" in text
    assert "Verdicts: 1 better, 0 within 5 %, 0 worse, within noise, 1 worse." in text


def test_each_method_and_reference_has_a_configuration():
    from mirimpute.bench.conf_location import descriptions

    assert {*parity.PAIRS, *parity.PAIRS.values(), *parity.OTHERS, *parity.OTHERS.values()} <= set(
        descriptions("method")
    )


def test_a_reference_of_two_methods_runs_once():
    other, drawn = sweeps_of(("a",), ("ice", "mice", "mice_by_row"), (0, 1))
    assert (other.methods, other.seeds) == (("ice", "sklearn/ice"), (0, 1))
    assert drawn.methods == ("mice", "statsmodels/mice", "hyperimpute/mice", "mice_by_row")
    assert drawn.seeds == (0, 1, 2, 3, 4, 5)  # one draw beside one draw
