"""Errors by column add up to those of the table."""

import numpy as np
import pytest

from mirimpute.metrics.by_column import by_column
from mirimpute.metrics.evaluation import evaluate


def test_columns_add_up_to_the_metrics_of_the_table():
    rng = np.random.default_rng(0)
    x_true = rng.normal(size=(60, 4))
    scored = rng.random(x_true.shape) < [0.5, 0.2, 0.0, 0.9]
    x_true[~scored & (rng.random(x_true.shape) < 0.1)] = np.nan  # missing in the source: never scored
    point, draw = (np.where(scored, x_true + rng.normal(size=x_true.shape), np.nan_to_num(x_true)) for _ in range(2))
    lines = by_column(list("abcd"), x_true, point, draw, scored, np.zeros(4, dtype=bool))
    assert [line["column"] for line in lines] == ["a", "b", "d"]
    counts = np.array([line["scored"] for line in lines])
    assert counts.sum() == scored.sum()

    def value(metric, completed):
        return evaluate([metric], x_true, completed, scored, max_rows=100, rng_seed=0, target=None).values[metric]

    def pooled(name, power):
        return (counts @ np.array([line[name] for line in lines]) ** power / counts.sum()) ** (1 / power)

    assert pooled("point_rmse", 2) == pytest.approx(value("rmse", point))
    assert pooled("point_mae", 1) == pytest.approx(value("mae", point))
    assert pooled("draw_rmse", 2) == pytest.approx(value("rmse", draw))
    assert sum(line["draw_w1"] for line in lines) == pytest.approx(value("w1_marginal_scored", draw))
