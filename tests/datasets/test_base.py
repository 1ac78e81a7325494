from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirimpute.bench.dataset_catalog import named_dataset
from mirimpute.datasets.base import limit_rows
from mirimpute.errors import UserError


@given(st.integers(2, 50), st.integers(2, 60))
def test_rows_are_kept_once_and_in_order(n_rows: int, max_rows: int) -> None:
    frame = pd.DataFrame({"a": np.arange(n_rows), "b": -np.arange(n_rows)})
    kept = limit_rows(frame, max_rows, "name")
    assert len(kept) == min(n_rows, max_rows)
    assert np.all(np.diff(kept["a"]) > 0)
    assert (kept["b"] == -kept["a"]).all()
    assert list(kept.index) == list(range(len(kept)))
    pd.testing.assert_frame_equal(kept, limit_rows(frame, max_rows, "name"))


def test_the_subsample_is_spread_over_the_table_and_depends_on_the_name() -> None:
    frame = pd.DataFrame({"a": np.arange(10_000)})
    kept = limit_rows(frame, 400, "name")["a"]
    # The mean of 400 of 10,000 numbers drawn without replacement has sd 10000 / sqrt(12 · 400) · sqrt(0.96).
    assert abs(kept.mean() - 5000) < 4 * 141.4
    assert set(kept) != set(limit_rows(frame, 400, "other")["a"])


def test_load_applies_it() -> None:
    dataset = named_dataset("breast_cancer")
    full = dataset.load(Path("not there")).to_frame()
    dataset.max_rows = 50
    kept = dataset.load(Path("not there")).to_frame()
    assert kept.shape == (50, 30)
    assert len(kept.merge(full.drop_duplicates())) == 50


@pytest.mark.parametrize("max_rows", [1, 0, -5])
def test_too_few_rows(max_rows: int) -> None:
    with pytest.raises(UserError, match=f"max_rows={max_rows} is too small"):
        limit_rows(pd.DataFrame({"a": [1, 2]}), max_rows, "name")
