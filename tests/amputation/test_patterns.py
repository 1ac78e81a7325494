"""Blocks, panels and sequences: patterns by place alone."""

import numpy as np
import pytest

from mirimpute.amputation import Block, Panel, Sequential, amputate


def run(mechanism, rate=0.3, shape=(2000, 12), seed=0, values=None):
    values = np.random.default_rng(1).normal(size=shape) if values is None else values
    return amputate(values, mechanism, rate, "overall", np.random.default_rng(seed))


@pytest.mark.parametrize("kind", [Block, Panel, Sequential])
def test_no_value_decides(kind):
    other = np.random.default_rng(2).exponential(size=(2000, 12))
    np.testing.assert_array_equal(run(kind(name="m")).scored, run(kind(name="m"), values=other).scored)


def test_a_block_is_a_rectangle_of_its_size():
    scored = run(Block(name="b", block_rows=20, block_columns=4), rate=0.02).scored
    # Where few tiles are missing, most have no missing neighbour: their rows are runs of 20.
    down = runs(scored[:, 5])
    assert np.median(down) == 20
    across = np.concatenate([runs(row) for row in scored[scored.any(axis=1)]])
    assert set(across) <= {1, 2, 3, 4, 5, 6, 7, 8}
    assert np.median(across[across < 12]) in (3, 4)  # the table's edge cuts some


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_neighbours_differ_where_a_tile_ends_alone(rate):
    scored = run(Block(name="b", block_rows=10, block_columns=3), rate=rate).scored
    expected = 2 * rate * (1 - rate)  # of two tiles, of which one cell in ten, or in three, is at an end
    assert (scored[1:] != scored[:-1]).mean() == pytest.approx(expected / 10, rel=0.15)
    assert (scored[:, 1:] != scored[:, :-1]).mean() == pytest.approx(expected / 3, rel=0.15)


def test_a_panel_is_monotone_with_a_constant_hazard():
    result = run(Panel(name="p"), shape=(20_000, 6))
    scored = result.scored
    assert not scored[:, 0].any()
    assert not (scored[:, :-1] & ~scored[:, 1:]).any()
    there = 1 - scored.mean(axis=0)
    hazard = -np.log(there[1])
    for j in range(1, 6):
        assert there[j] == pytest.approx(np.exp(-hazard * j), abs=0.02)


@pytest.mark.parametrize("stretch", [3.0, 25.0])
def test_a_sequence_is_a_markov_chain_of_its_length(stretch):
    rate = 0.3
    scored = run(Sequential(name="s", stretch=stretch), rate, shape=(20_000, 8)).scored
    np.testing.assert_allclose(scored.mean(axis=0), rate, atol=1e-3)
    n_runs = 20_000 * 8 * rate * (1 - rate) / stretch
    lengths = np.concatenate([runs(column) for column in scored.T])
    assert lengths.mean() == pytest.approx(stretch / (1 - rate), rel=4 / np.sqrt(n_runs))
    centred = scored - rate
    for lag in (1, 5):
        correlation = (centred[lag:] * centred[:-lag]).mean() / (rate * (1 - rate))
        assert correlation == pytest.approx((1 - 1 / stretch) ** lag, abs=0.04)
    both = (scored[:, :-1] & scored[:, 1:]).mean()  # columns know nothing of one another
    assert both == pytest.approx(rate**2, abs=4 * rate * np.sqrt(2 * stretch / scored.size))


def test_a_stretch_of_one_is_mcar():
    scored = run(Sequential(name="s", stretch=1.0), shape=(20_000, 3)).scored
    assert (scored[1:] & scored[:-1]).mean() == pytest.approx(0.09, abs=0.006)


def runs(column):
    """Lengths of the runs of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], column.astype(int), [0]])))
    return edges[1::2] - edges[::2]
