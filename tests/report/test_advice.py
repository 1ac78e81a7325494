"""The advice against values computed by scipy."""

import numpy as np
import pytest
from scipy.stats import ttest_rel

from mirimpute.report.advice import advice, lead

from .row_factory import make_row


def rows_of(values, **fields):
    return [
        make_row(method=method, seed=seed, point_rmse=value, draw_energy=value / 10, **fields)
        for method, own in values.items()
        for seed, value in enumerate(own)
    ]


CLEAR = {"mirf": [0.50, 0.52, 0.51, 0.49], "ice": [0.60, 0.63, 0.60, 0.58], "mean": [1.0, 1.0, 1.01, 0.99]}


def test_p_is_that_of_the_paired_t_test():
    found = lead(rows_of(CLEAR), "point_rmse")
    assert (found.best, found.second, found.wins, found.masks) == ("mirf", "ice", 4, 4)
    assert found.p == pytest.approx(ttest_rel(CLEAR["ice"], CLEAR["mirf"], alternative="greater").pvalue)
    assert found.mean == pytest.approx(np.mean(CLEAR["mirf"]))
    assert found.gain == pytest.approx(1 - np.mean(CLEAR["mirf"]) / np.mean(CLEAR["ice"]))


def test_clear_case_is_said_to_be_sure():
    (sentence,) = advice(rows_of(CLEAR))
    assert sentence.startswith(
        "breast_cancer: use mirf: its error on hidden cells is the smallest, RMSE 0.505 ± 0.0129"
    )
    assert "16.2 % below ice, the next; this is sure for this table: it was better on 4 of 4 masks" in sentence


def test_tie_is_said_not_to_be_sure_and_the_faster_one_is_named():
    values = {"mirf": [0.50, 0.55, 0.52], "ice": [0.51, 0.54, 0.53]}
    rows = rows_of(values)
    for row in rows:
        row["fit_s"] = {"mirf": 10.0, "ice": 1.0}[row["method"]]
    (sentence,) = advice(rows)
    assert "this is not sure, ice may do as well" in sentence
    assert "ice takes 1.01 s instead of 10.0 s" in sentence


def test_another_method_for_the_distribution_is_named():
    rows = rows_of(CLEAR)
    for row in rows:
        row["draw_energy"] = {"mirf": 0.03, "ice": 0.01, "mean": 0.2}[row["method"]] + 0.001 * row["seed"]
    assert "use the draws of ice, energy distance" in advice(rows)[1]


def test_failed_masks_leave_a_method_out_by_name():
    rows = [*rows_of(CLEAR), make_row(method="gain", status="failed")]
    assert advice(rows)[-1] == "breast_cancer: left out because a mask failed: gain."


@pytest.mark.parametrize("values", [{"mirf": [0.5, 0.5, 0.5]}, {"mirf": [0.5, 0.5], "ice": [0.6, 0.6]}])
def test_too_little_gives_no_advice(values):
    assert advice(rows_of(values)) == []
