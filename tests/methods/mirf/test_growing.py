"""How many trees a table gets, and what they see."""

import numpy as np

from mirimpute.methods.mirf.growing import affordable, inputs_of


def test_large_tables_get_fewer_trees_and_immense_ones_none():
    assert affordable(np.full(10, 700), 11, 20, 3) == (20, 3)
    sets, sweeps = affordable(np.full(16, 14_000), 16, 20, 3)
    assert 1 <= sets < 20
    assert sweeps >= 1
    assert affordable(np.full(20_000, 20_000), 20_000, 20, 3) == (0, 0)
    assert affordable(np.full(10, 700), 11, 0, 3) == (0, 0)


def test_inputs_are_the_most_correlated_of_the_others():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 60))
    x[:, 0] += x[:, 7] + x[:, 50]
    found = inputs_of(x, np.array([0]), 5)
    assert len(found) == 5
    assert {7, 50} <= set(found.tolist())
    assert inputs_of(x, np.array([3, 4]), 60).tolist() == [j for j in range(60) if j not in (3, 4)]
