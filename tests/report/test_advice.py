"""The advice against values computed by scipy."""

import numpy as np
import pytest
from scipy.stats import binomtest, ttest_rel

from mirimpute.report.advice import advice, lead

from .row_factory import make_row


def rows_of(values, **fields):
    return [
        make_row(method=method, seed=seed, point_rmse=value, draw_energy=value / 10, **fields)
        for method, own in values.items()
        for seed, value in enumerate(own)
    ]


def says(sentence, *parts):
    """Whether all parts stand in the sentence, in this order."""
    places = [sentence.find(part) for part in parts]
    return min(places) >= 0 and places == sorted(places)


CLEAR = {"mirf": [0.50, 0.52, 0.51, 0.49], "ice": [0.60, 0.63, 0.60, 0.58], "mean": [1.0, 1.0, 1.01, 0.99]}


def test_p_is_that_of_the_paired_t_test():
    found = lead(rows_of(CLEAR), "point_rmse")
    assert (found.best, found.second, found.wins, found.masks) == ("mirf", "ice", 4, 4)
    assert found.p == pytest.approx(ttest_rel(CLEAR["ice"], CLEAR["mirf"]).pvalue)
    assert found.mean == pytest.approx(np.mean(CLEAR["mirf"]))
    assert found.gain == pytest.approx(1 - np.mean(CLEAR["mirf"]) / np.mean(CLEAR["ice"]))


def test_clear_case_is_said_to_be_clear():
    (sentence,) = advice(rows_of(CLEAR))
    assert says(
        sentence,
        "breast_cancer",
        "use mirf",
        "RMSE",
        "0.505",
        "sd between masks 0.0129",
        "16.2 % below ice",
        "is clear",
        "4 of 4",
    )


def test_tie_is_said_not_to_be_sure_and_the_faster_one_is_named():
    values = {"mirf": [0.50, 0.55, 0.52], "ice": [0.51, 0.54, 0.53]}
    rows = rows_of(values)
    for row in rows:
        row["fit_s"] = {"mirf": 10.0, "ice": 1.0}[row["method"]]
    (sentence,) = advice(rows)
    assert says(sentence, "not sure, ice", "1.01 s instead of 10.0 s")


def drawn(rows):
    return [{**row, "n_draws": 5} for row in rows]


def test_another_method_for_the_distribution_is_named():
    rows = drawn(rows_of(CLEAR))
    for row in rows:
        row["draw_energy"] = {"mirf": 0.03, "ice": 0.01, "mean": 0.2}[row["method"]] + 0.001 * row["seed"]
    assert says(advice(rows)[1], "draws of ice", "energy distance", "63.5 % below mirf")


def test_draws_are_not_asked_of_a_method_that_has_none():
    rows = drawn(rows_of({"mirf": [0.5, 0.5, 0.5], "mice": [0.7, 0.7, 0.7], "ice": [0.6, 0.6, 0.6]}))
    energy = {"mirf": 0.03, "mice": 0.02, "ice": 0.01}
    rows = [{**row, "draw_energy": energy[row["method"]]} for row in rows]
    rows = [{**row, "n_draws": 1} if row["method"] == "ice" else row for row in rows]
    assert says(advice(rows)[1], "draws of mice", "33.3 % below mirf")


def test_no_word_on_the_distribution_where_nearly_all_rows_have_holes_of_their_own():
    rows = [{**row, "w2_rows": 1 + row["seed"], "n_rows": 320} for row in drawn(rows_of(CLEAR))]
    for row in rows:
        row["draw_energy"] = {"mirf": 0.03, "ice": 0.01, "mean": 0.2}[row["method"]]
    assert says(advice(rows)[1], "breast_cancer", "distribution", "1 of 320 rows")
    assert "use" not in advice(rows)[1]


def test_failed_masks_leave_a_method_out_by_name():
    rows = [*rows_of(CLEAR), make_row(method="gain", status="failed")]
    assert says(advice(rows)[-1], "left out", "gain")
    assert "mirf" not in advice(rows)[-1]


@pytest.mark.parametrize("values", [{"mirf": [0.5, 0.5, 0.5]}, {"mirf": [0.5, 0.5], "ice": [0.6, 0.6]}])
def test_too_little_gives_no_advice(values):
    assert advice(rows_of(values)) == []


def with_categories(rows, values):
    return [{**row, "point_error_rate": values[row["method"]][row["seed"]]} for row in rows]


WRONG = {"mirf": [0.25, 0.24, 0.26, 0.25], "ice": [0.20, 0.18, 0.21, 0.21], "mean": [0.5, 0.5, 0.5, 0.5]}


def test_numbers_and_categories_have_a_sentence_each():
    numbers, categories, distribution = advice(with_categories(drawn(rows_of(CLEAR)), WRONG))
    assert says(numbers, "for numbers use mirf", "RMSE", "0.505")
    assert says(
        categories,
        "for categories use ice",
        "0.200",
        "sd between masks 0.0141",
        "4 masks",
        "20.0 % below mirf",
        "is clear",
    )
    assert "use the draws of mirf" in distribution  # which of the two it is has to be said


def test_each_sentence_says_on_how_many_cells_of_its_kind_it_rests():
    rows = with_categories(drawn(rows_of(CLEAR, scored_cells=5121)), WRONG)
    assert "hidden cells" not in advice(rows)[0].replace("on hidden cells", "")  # rows of before do not say
    rows = [{**row, "scored_categories": 1121 if row["seed"] else 1021} for row in rows]
    numbers, categories, distribution = advice(rows)
    assert says(numbers, "4 masks of 4,000 to 4,100 hidden cells")
    assert says(categories, "4 masks of 1,021 to 1,121 hidden cells")
    assert says(distribution, "4 masks of 5,121 hidden cells")


def test_table_of_categories_only():
    rows = [{**row, "point_rmse": None} for row in with_categories(drawn(rows_of(CLEAR)), WRONG)]
    error, distribution = advice(rows)
    assert says(error, "use ice", "wrong categories")
    assert "use the draws of mirf" in distribution


def test_methods_that_tie_are_all_named_the_fastest_first():
    rows = rows_of({"mirf": [0.5, 0.6, 0.7], "ice": [0.7, 0.6, 0.5], "knn": [0.6, 0.6, 0.6], "mean": [1.0, 1.0, 1.0]})
    seconds = {"mirf": 10.0, "ice": 2.0, "knn": 1.0, "mean": 0.1}
    (sentence,) = advice([{**row, "fit_s": seconds[row["method"]]} for row in rows])
    assert says(sentence, "use knn or ice or mirf", "0.600", "sd between masks 0.00", "3 masks", "equal")
    assert "below" not in sentence


def test_no_error_at_all_is_100_percent_below_and_tied_where_two_have_none():
    none = [0.0, 0.0, 0.0]
    rows = rows_of({"mirf": [0.5, 0.5, 0.5], "ice": [0.5, 0.5, 0.5]})
    (_, alone) = advice(with_categories(rows, {"mirf": [0.1, 0.2, 0.3], "ice": none}))
    assert says(alone, "0.00", "sd between masks 0.00", "100.0 % below mirf")
    (_, both) = advice(with_categories(rows, {"mirf": none, "ice": none}))
    assert says(both, "0.00", "sd between masks 0.00", "equal")


def test_below_0_there_are_no_percents():
    energy = {"mirf": [0.002, 0.003, 0.001], "ice": [-0.002, -0.001, -0.003], "mean": [0.1, 0.1, 0.1]}
    rows = [
        {**row, "draw_energy": energy[row["method"]][row["seed"]]}
        for row in drawn(rows_of({m: CLEAR[m][:3] for m in CLEAR}))
    ]
    assert says(advice(rows)[1], "draws of ice", "0.00400 below mirf")
    assert lead(rows, "draw_energy").gain is None


def test_a_gain_that_rounds_to_nothing_is_not_called_0_percent():
    (sentence,) = advice(rows_of({"mirf": [0.50001, 0.6, 0.7], "ice": [0.5, 0.6, 0.7]}))
    assert "less than 0.1 % below mirf" in sentence


def test_p_of_the_same_difference_on_all_masks_is_that_of_the_sign_test():
    found = lead(rows_of({"mirf": [0.25, 0.5, 0.75], "ice": [0.5, 0.75, 1.0]}), "point_rmse")
    assert (found.test, found.p) == ("sign test", binomtest(3, 3).pvalue)
    assert "not sure" in advice(rows_of({"mirf": [0.25, 0.5, 0.75], "ice": [0.5, 0.75, 1.0]}))[0]


def test_the_score_that_needs_no_truth_has_a_sentence_of_its_own():
    judged = {"mirf": 0.30, "ice": 0.24, "mean": 0.5}
    rows = [
        {**row, "draws_iscore": judged[row["method"]] + 0.01 * row["seed"], "iscore_columns": 3}
        for row in rows_of(CLEAR)
    ]
    rows[0]["draws_iscore"] += 0.001
    sentence = next(each for each in advice(rows) if "needs no truth" in each)
    assert says(sentence, "3 column", "draws of ice", "0.255", "4 masks", "below mirf", "4 of 4 masks")
    without = [{**row, "n_draws": 1} if row["method"] == "ice" else row for row in rows]
    assert says(next(each for each in advice(without) if "needs no truth" in each), "draws of mirf")
    assert not any("I-score" in each for each in advice(rows_of(CLEAR)))


def test_cases_of_one_dataset_are_told_apart():
    rows = [row for mechanism in ("mcar", "mar") for row in rows_of(CLEAR, mechanism=mechanism)]
    first, second = advice(rows)
    assert first.startswith("breast_cancer mcar: ")
    assert second.startswith("breast_cancer mar: ")
    (alone,) = advice(rows_of(CLEAR))
    assert alone.startswith("breast_cancer: ")


def test_nothing_is_clear_while_methods_are_missing():
    values = {**CLEAR, "mice": [0.4, 0.41]}  # two of its four masks
    found = advice(rows_of(values), {"mean": 0, "ice": 0, "mirf": 0, "mice": 2, "missforest": 4})
    assert says(found[0], "use mirf", "16.2 % below ice", "done so far", "4 of 4")
    assert not any("is clear" in sentence for sentence in found)
    assert says(found[-1], "not finished", "mice (2 cells)", "missforest (4 cells)")
    assert "mean" not in found[-1]


def test_a_finished_sweep_is_said_nothing_of():
    assert advice(rows_of(CLEAR), dict.fromkeys(CLEAR, 0)) == advice(rows_of(CLEAR))


def test_the_score_without_a_truth_stands_beside_and_its_sentence_has_its_cells():
    rows = rows_of(CLEAR, n_draws=20, iscore_columns=2, scored_cells=70, scored_categories=0)
    for row in rows:
        row["draws_iscore"] = {"mirf": 0.3, "ice": 0.2, "mean": 0.5}[row["method"]] + 0.001 * row["seed"]
    of_error, of_score = advice(rows)[0], advice(rows)[-1]
    assert says(of_error, "use mirf", "energy-I-score", "2 of 3")
    assert says(of_score, "use the draws of ice", "70 hidden cells")
