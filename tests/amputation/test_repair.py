"""The repair rules, against hiding first and repairing afterwards."""

import numpy as np
import pytest

from mirimpute.amputation import MECHANISMS, amputate
from mirimpute.amputation.rate_calibration import first_cells, loss_order
from mirimpute.amputation.repair import protected_cells


def hide_then_repair(order, values, threshold):
    """The rules as a reader would carry them out: hide everything below the threshold, then give cells back."""
    observed = ~np.isnan(values)
    hidden = order <= threshold
    for j in range(values.shape[1]):
        by_loss = [i for i in np.argsort(-order[:, j]) if observed[i, j]]
        wanted = min(2, len(by_loss))
        distinct = min(2, len({values[i, j] for i in by_loss}))
        kept = [i for i in by_loss if not hidden[i, j]]
        for i in by_loss:
            if len({values[k, j] for k in kept}) >= distinct and len(kept) >= wanted:
                break
            if hidden[i, j] and (len(kept) < 1 or values[i, j] != values[kept[0], j] or distinct == 1):
                hidden[i, j] = False
                kept.append(i)
    for i in range(values.shape[0]):
        present = np.flatnonzero(observed[i])
        if present.size and hidden[i, present].all():
            hidden[i, present[np.argmax(order[i, present])]] = False
    return hidden


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("n_columns", [2, 3, 5])
def test_keeping_cells_from_the_start_is_repairing_afterwards(seed, n_columns):
    rng = np.random.default_rng([seed, n_columns])
    values = np.where(rng.random(n_columns) < 0.5, rng.normal(size=(25, n_columns)), rng.random((25, n_columns)) < 0.1)
    values[rng.random(values.shape) < 0.2] = np.nan
    eligible = ~np.isnan(values) & (rng.random(values.shape) < 0.9)
    order = loss_order(np.zeros(values.shape), eligible, False, rng)
    protected = protected_cells(order, values)
    for threshold in np.quantile(order[eligible], [0.2, 0.5, 0.8, 0.9]):
        expected = hide_then_repair(order, values, threshold)
        np.testing.assert_array_equal((order <= threshold) & ~protected, expected)


def test_a_row_keeps_the_cell_that_goes_last_and_columns_keep_two_values():
    order = np.array([[1.0, 9.0, 2.0], [8.0, 7.0, 6.0], [3.0, 4.0, np.inf], [5.0, 0.5, 0.1], [0.2, 0.3, 0.4]])
    values = np.array([[1.0, 1, 1], [2, 1, 2], [3, 1, 3], [4, 2, 4], [5, 2, 5]])
    # Columns first: (1,0) and (3,0); (0,1) and, the last with another value, (3,1); (2,2) goes never, then (1,2).
    # Rows: only row 4 is left without a kept cell, and (4,2) is its last.
    expected = np.zeros((5, 3), dtype=bool)
    expected[[1, 3, 0, 3, 1, 4], [0, 0, 1, 1, 2, 2]] = True
    np.testing.assert_array_equal(protected_cells(order, values), expected)


def test_repaired_cells_are_counted():
    values = np.random.default_rng(31).normal(size=(400, 2))
    result = amputate(values, MECHANISMS["mcar"](name="mcar"), 0.4, "overall", np.random.default_rng(32))
    order = loss_order(np.zeros(values.shape), np.ones(values.shape, dtype=bool), False, np.random.default_rng(32))
    raw = order <= order[result.scored].max()
    assert result.repaired_cells == raw.all(axis=1).sum() > 20
    assert raw.sum() - result.repaired_cells == result.scored.sum() == 320


def test_the_order_follows_the_logits():
    logits = np.zeros((4000, 2))
    logits[:, 1] = 3.0
    order = loss_order(logits, np.ones(logits.shape, dtype=bool), False, np.random.default_rng(33))
    # logit(u) − logit < 0 with probability sigmoid(logit)
    np.testing.assert_allclose((order < 0).mean(axis=0), [0.5, 1 / (1 + np.exp(-3))], atol=0.03)
    order = loss_order(logits, np.ones(logits.shape, dtype=bool), True, np.random.default_rng(33))
    np.testing.assert_allclose((order < 0.3).mean(axis=0), 0.3, atol=1 / 4000)
    assert len(np.unique(order)) == order.size
    assert order.min() >= 0
    assert order.max() < 1


def test_first_cells_counts_exactly_with_ties():
    order = np.array([[0.0, 0.0, 0.0], [1.0, np.inf, 0.0]])
    for count in range(1, 6):
        chosen = first_cells(order, count)
        assert chosen.sum() == count
        assert order[chosen].max() <= order[~chosen].min()
