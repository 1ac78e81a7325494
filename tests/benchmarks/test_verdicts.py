"""Statistics of pages from made-up rows with known answers."""

import numpy as np
import pytest

from benchmarks.ablations import DEFAULT, against_defaults
from benchmarks.frame import frame_of
from benchmarks.verdicts import collection_of, geometric_mean, ratio, table_of, verdicts
from tests.benchmarks.rows import row

FIELDS = {"point_rmse": "Error", "draw_energy": "Energy"}


def made(values, mechanism="mcar", **fields):
    return [
        {**row(method, f"d{k}", point_rmse=value, draw_energy=value - 0.3, **fields), "mechanism": mechanism}
        for method, each in values.items()
        for k, value in enumerate(each)
    ]


def test_no_geometric_mean_of_what_has_no_logarithm():
    assert geometric_mean(np.array([2.0, 8.0, np.nan])) == (4.0, 2)
    assert geometric_mean(np.array([np.nan])) == (None, 0)
    for value in (0.0, -1.0, np.inf):
        with pytest.raises(ValueError, match="compare differences"):
            geometric_mean(np.array([1.0, value]))


def test_ratio_is_of_means_over_common_seeds_then_over_datasets():
    rows = [row("mirf", "a", s, point_rmse=v) for s, v in enumerate((1.0, 3.0, 50.0))]
    rows += [row("ice", "a", s, point_rmse=v) for s, v in enumerate((4.0, 4.0))]  # 4 / 8
    rows += [row("mirf", "b", point_rmse=8.0), row("ice", "b", point_rmse=1.0)]  # 8
    rows += [row("mirf", "c", point_rmse=8.0)]
    collection = collection_of(frame_of(rows), ("mirf", "ice"))
    assert ratio(table_of(collection, "point_rmse"), "mirf", "ice") == pytest.approx(2.0)
    assert ratio(table_of(collection, "draw_energy"), "mirf", "ice") is None


def test_mechanisms_come_first_and_energy_is_compared_by_differences():
    wins, losses = [0.1, 0.2, 0.3, 0.2], [0.4, 0.45, 0.5, 0.6]
    rows = made({"mirf": wins, "mice": losses}) + made({"mirf": losses, "mice": wins}, "mar")
    lines = verdicts(frame_of(rows), ("mirf", "mice"), FIELDS)
    text = "\n".join(lines)
    assert text.index("MCAR: mirf is first") < text.index("MAR: mice is first") < text.index("All mechanisms pooled")
    # differences -.3, -.25, -.2, -.4: mean -.2875, sd .0854, t(.975, 3) = 3.182; sign pattern p = 2 / 2^4
    mcar = "4, 0, 0 | 4, 0, 0 | -0.287 | -0.423 to -0.152 |"
    assert f"| mice | {mcar} 0.386 | 0.12 |" in text.replace("-0.288", "-0.287")
    energy = text[text.index("### Energy") :]
    assert f"| mice | {mcar} 0.12 |" in energy.replace("-0.288", "-0.287")  # no ratio: some are below zero
    assert "ratio" not in energy


def test_a_failed_rival_is_counted_in_both_ways():
    rows = made({"mirf": [0.5, 0.5, 0.5, 0.5], "mice": [0.4, 0.4, 0.4, 0.4]})
    rows = [
        {**each, "status": "timeout", "reason": "x"} if (each["method"], each["dataset"]) == ("mice", "d0") else each
        for each in rows
    ]
    text = "\n".join(verdicts(frame_of(rows), ("mirf", "mice"), FIELDS))
    assert "| mice | 1, 0, 3 | 0, 0, 3 | 0.100 |" in text
    assert "without the cases on which one of the two failed: 3 wins, 0 ties, 0 losses" in text


def test_variants_stand_beside_and_methods_without_draws_do_not_compete():
    rows = made({"mirf": [0.5] * 3, "mirf_fast": [0.1] * 3, "mice": [0.6] * 3})
    rows += made({"knn": [0.2] * 3}, n_draws=1)
    text = "\n".join(verdicts(frame_of(rows), ("mirf", "mirf_fast", "mice", "knn"), FIELDS))
    error, energy = text.split("### Energy")
    assert "knn is first" in error
    assert "mirf is first" in energy
    assert "| mirf\\_fast |" not in text
    assert "| knn |" not in energy


def test_ablations_compare_energy_by_differences():
    rows = [row(DEFAULT, f"d{k}", point_rmse=2.0, draw_energy=v) for k, v in enumerate((0.001, -0.001, 0.0))]
    rows += [row("no trees", f"d{k}", point_rmse=1.0, draw_energy=v) for k, v in enumerate((0.003, 0.001, 0.002))]
    frame = frame_of(rows)
    assert against_defaults(frame, "point_rmse") == {"no trees": "0.500 (3 of 3)"}
    assert against_defaults(frame, "draw_energy") == {"no trees": "0.00200 (0.00200 to 0.00200)"}


def test_pages_say_what_was_cut_of_rows_that_know_it():
    rows = [
        row("mirf", "a", n_rows=400, max_rows=400, method_version=7),
        row("mirf", "b", n_rows=150, method_version=7),
    ]
    assert collection_of(frame_of(rows), ("mirf",)).cut == "Cut to 400 rows: a."
    older = [{key: value for key, value in each.items() if key != "max_rows"} for each in rows]
    older = [{**each, "method_version": None} for each in older]
    assert "150 to 400 rows" in collection_of(frame_of(older), ("mirf",)).cut
