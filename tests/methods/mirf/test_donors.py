"""Donors: whose value a cell gets, against what is known of them."""

import numpy as np
import pytest

from mirimpute.methods.mirf.donors import MEMBERS, SIZES, ColumnTrees, DonorTrees
from mirimpute.methods.mirf.growing import Sample, grow
from mirimpute.methods.mirf.pool import Pool


def _table(n=400, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3))
    x[:, 0] = np.where(x[:, 1] > 0, 5.0, -5.0) + 0.1 * x[:, 0]
    return x


def _trees(x, sets=3):
    rng = np.random.default_rng(1)
    observed = np.ones(len(x), dtype=bool)
    sample = Sample.of(x, observed, np.array([0]), np.array([1, 2]), rng)
    return ColumnTrees.joined([grow(sample, rng) for _ in range(sets)])


def _asked(trees, x):
    return trees.seen(np.repeat(x[None], len(trees.roots), axis=0), np.arange(len(x)))


@pytest.mark.parametrize("member", range(1, 1 + len(SIZES)))
def test_a_donor_is_an_observed_value_of_the_row_s_own_kind(member):
    x = _table()
    trees = _trees(x)
    seen, sets = _asked(trees, x)
    chance = np.random.default_rng(2).random(len(sets))
    drawn = trees.drawn(seen, sets, np.full(len(sets), member), chance)[:, 0]
    assert np.isin(drawn, x[:, 0]).all()
    if SIZES[member - 1] <= 20:
        assert (np.sign(drawn) == np.sign(np.tile(x[:, 0], 3))).mean() > 0.95


def test_nodes_have_as_many_donors_as_asked_for_and_the_root_has_all():
    x = _table()
    trees = _trees(x)
    seen, sets = _asked(trees, x)
    for size in (*SIZES, len(x)):
        node = trees.reach(seen, sets, np.full(len(sets), size))
        assert (trees.count[node] >= min(size, len(x))).all()
    assert (node == trees.roots[sets]).all()
    smaller = trees.count[trees.reach(seen, sets, np.full(len(sets), 5))]
    assert (smaller <= trees.count[trees.reach(seen, sets, np.full(len(sets), 20))]).all()


def test_each_donor_is_as_likely_as_every_other_and_their_mean_is_the_mean():
    x = _table()
    trees = _trees(x, sets=1)
    seen = np.repeat(x[:1, [1, 2]], 20_000, axis=0)
    sets = np.zeros(len(seen), dtype=int)
    for member in (4, MEMBERS - 1):
        drawn = trees.drawn(seen, sets, np.full(len(seen), member), (np.arange(len(seen)) + 0.5) / len(seen))[:, 0]
        assert drawn.mean() == pytest.approx(trees.mean(seen[:1], sets[:1], member)[0, 0], abs=2e-3)
        count = np.unique(drawn, return_counts=True)[1]
        assert count.max() <= 2 * count.min()


def test_saved_trees_give_the_same_and_damaged_ones_are_refused():
    x = _table()
    trees = _trees(x)
    seen, sets = _asked(trees, x)
    member, chance = np.full(len(sets), MEMBERS - 2), np.random.default_rng(3).random(len(sets))
    stored = DonorTrees((trees,), 2).arrays()
    again = DonorTrees.from_arrays(stored)
    assert again.sweeps == 2
    np.testing.assert_array_equal(
        again.columns[0].drawn(seen, sets, member, chance), trees.drawn(seen, sets, member, chance)
    )
    for name in ("0.left", "0.start", "0.roots", "0.feature"):
        with pytest.raises(ValueError, match="damaged"):
            DonorTrees.from_arrays({**stored, name: stored[name] + 10_000})


def test_cells_are_drawn_by_each_member_as_often_as_its_weight_says():
    weights = np.zeros((2, 3, MEMBERS))
    weights[:, :, [0, 2, 5]] = 0.2, 0.5, 0.3
    weights[1] = np.eye(MEMBERS)[0]
    pool = Pool(weights, weights)
    chance = (np.arange(1000) + 0.5)[None] / 1000
    member = pool.members(1, np.zeros(1000, dtype=int), chance)
    assert np.bincount(member[0], minlength=MEMBERS)[[0, 2, 5]].tolist() == [200, 500, 300]
    assert (pool.members(1, np.ones(1000, dtype=int), chance) == 0).all()
