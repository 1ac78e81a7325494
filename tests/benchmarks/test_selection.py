"""The benchmark of what assuming self-masking costs: its tables and its page."""

import numpy as np
import pandas as pd

from benchmarks.selection import main, table


def test_patterns_follow_the_driving_columns_at_the_rate():
    for drivers in (0, 1, 4):
        x, hidden = table(drivers, 2.0, 5000, 0)
        assert x.shape == (5000, 1 + max(drivers, 1))
        assert abs(hidden.mean() - 0.3) < 0.03
        cause = x[:, 0] if drivers == 0 else x[:, 1:].sum(axis=1)
        assert np.corrcoef(cause, hidden)[0, 1] > 0.4


def test_what_is_assumed_moves_answers_and_is_said(tmp_path):
    assert main(["--seeds", "0", "--largest", "200", "--out", str(tmp_path)]) == 0
    rows = pd.read_csv(tmp_path / "selection.csv")
    assert len(rows) == 16
    assert rows["self_masking_tilted"].any()
    assert rows["self_masking_noted"].all()
    assert not rows["default_noted"].any()
    text = (tmp_path / "selection.md").read_text(encoding="utf-8")
    assert "| MAR, 4 columns | 3 | 1 |" in text
