"""The benchmark of what completed rows tell of their pattern: its second classifier, its grid and its page."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from benchmarks.pattern import FLOW, METHODS, forest_auc, main, page_of, sweeps_of


def test_forests_tell_constants_and_nothing_of_a_random_pattern():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 3))
    hidden = rng.random(x.shape) < 0.4
    hidden[:, 2] = False  # nothing to tell
    assert abs(forest_auc(x, hidden) - 0.5) < 0.08
    assert forest_auc(np.where(hidden, 0.0, x), hidden) > 0.95
    assert np.isnan(forest_auc(x, np.zeros_like(hidden)))


def test_the_grid_has_a_line_for_each_variant():
    by_name = sweeps_of(("uci/wine",), (0, 1))
    assert list(by_name) == list(METHODS)
    (sweep,) = by_name["mirf, the flow alone"]
    assert "method.trees=0" in sweep.options
    assert sweep.cells == [("uci/wine", "mcar", 0.4, "mirf, the flow alone", seed) for seed in (0, 1)]


def _frame():
    def row(method, seed, bits, auc):
        return {
            "dataset": "d",
            "mechanism": "mcar",
            "missing_rate": 0.4,
            "method": method,
            "seed": seed,
            "status": "ok",
            "reason": "",
            "versions": "v",
            "draw_mi_bits": bits,
            "draw_mi_bits_se": 0.1,
            "truth_mi_bits": 0.0,
            "truth_mi_bits_se": 0.1,
            "draw_forest_auc": auc,
            "truth_forest_auc": 0.5,
            "draws_crps": 0.2 if method == "mirf" else 0.4,
            "draws_coverage_90": 0.8,
        }

    return pd.DataFrame(
        [
            row(name, seed, bits, auc)
            for seed in (0, 1)
            for name, bits, auc in (("mean", 9.0, 1.0), ("mirf", 0.1 + 0.25 * seed, 0.51), (FLOW, 9.0, 0.9))
        ]
    )


def test_the_page_counts_cells_at_chance():
    text = page_of(_frame(), ["a note"], 4, date(2026, 1, 2))
    assert "| mean | 0 | 2 | 1.00 | 0.800 |" in text
    assert "| mirf | 1 | 2 | 0.500 | 0.800 |" in text
    assert "| d | 9.000 ± 0.071 | — | — | 9.000 ± 0.071 | 0.225 ± 0.071 | 0.000 ± 0.071 |" in text
    assert "| d | 1.000 | — | — | 0.900 | 0.510 | 0.500 |" in text
    assert "- a note" in text


@pytest.mark.slow
def test_the_command_writes_rows_and_page(tmp_path):
    assert (
        main(["--datasets", "iris", "--seeds", "0", "--results-dir", str(tmp_path / "r"), "--out", str(tmp_path)]) == 0
    )
    assert "| iris |" in (tmp_path / "pattern.md").read_text(encoding="utf-8")
    rows = pd.read_csv(tmp_path / "pattern.csv")
    assert set(rows["method"]) == set(METHODS)
    assert rows["draw_forest_auc"].between(0, 1).all()
