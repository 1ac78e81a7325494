"""Categorical columns in every method: what is observed stays, what is filled in is a category."""

import numpy as np
import pytest

from mirimpute.methods.base import problem_of
from mirimpute.methods.columnwise.constant import ColumnTransport
from mirimpute.methods.loop import columns_of, fill_draws
from mirimpute.methods.mirf.donors import DonorTrees
from mirimpute.methods.mirf.learn import _hold_out
from mirimpute.methods.mirf.pool import Pool
from mirimpute.methods.mirf.sweeps import Chains, grown
from mirimpute.methods.presets import named_method
from mirimpute.methods.sanity import check
from mirimpute.table.columns import Column, Kind

COLUMNS = (
    Column("x", Kind.CONTINUOUS),
    Column("colour", Kind.CATEGORICAL, ("red", "green", "blue")),
    Column("flag", Kind.CATEGORICAL, (False, True)),
    Column("y", Kind.CONTINUOUS),
)
QUICK = {
    "mirf": {"steps": 60, "final_steps": 60, "draws": 8},
    "mirf_fast": {"steps": 60, "final_steps": 60, "draws": 8},
    "mirf_mnar": {"steps": 60, "final_steps": 60, "draws": 8},
    "gain": {"steps": 50},
    "cacti": {"epochs": 20, "width": 16, "depth": 1, "decoder_depth": 1, "heads": 2, "warm_up": 2},
    "knewimp": {"rounds": 2},
    "mice": {"rounds": 3, "chains": 4},
    "mice_cart": {"rounds": 3, "chains": 4},
    "mice_rf": {"rounds": 3, "chains": 4},
    "hyper": {"trees": 10, "iterations": 10},
    "missforest": {"trees": 10},
}
NATIVE = [
    *(
        "mean",
        "hot_deck",
        "ice",
        "mice",
        "mice_cart",
        "mice_rf",
        "missforest",
        "hyper",
        "gaussian_em",
        "knn",
        "gain",
        "cacti",
    ),
    *("mirf", "mirf_fast"),
]


def mixed(n=300, seed=0, rate=0.3):
    """Return truth and incomplete table: colour follows the sign and size of x, the flag follows y, y follows x."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    colour = np.digitize(x + 0.2 * rng.normal(size=n), [-0.5, 0.5])
    y = x + 0.5 * rng.normal(size=n)
    truth = np.column_stack([x, colour, y > 0, y]).astype(float)
    missing = rng.random(truth.shape) < rate
    missing[missing.all(axis=1), 0] = False
    return truth, np.where(missing, np.nan, truth)


@pytest.mark.parametrize("name", NATIVE)
def test_every_method_fills_in_categories(name):
    truth, incomplete = mixed()
    problem, encoding, scale = problem_of(incomplete, COLUMNS, 1)
    imputation = named_method(name, QUICK.get(name)).fit(problem).impute()
    check(problem, imputation, returns_column_means=name == "mean")
    missing = np.isnan(incomplete)
    for table in (imputation.point, *imputation.draws):
        decoded = encoding.decode(table, scale)
        for j, count in ((1, 3), (2, 2)):
            assert set(decoded[:, j]) <= set(range(count))
            np.testing.assert_array_equal(decoded[~missing[:, j], j], truth[~missing[:, j], j])
    point = encoding.decode(imputation.point, scale)
    wrong = np.mean((point != truth)[:, 1:3][missing[:, 1:3]])
    modes = np.array([np.bincount(truth[~missing[:, j], j].astype(int)).argmax() for j in (1, 2)])
    by_mode = np.mean((truth[:, 1:3] != modes)[missing[:, 1:3]])
    if name in ("mean", "hot_deck"):
        assert wrong < 0.75
    else:
        assert wrong < 0.7 * by_mode


def test_indicators_move_together():
    _, incomplete = mixed(rate=0.6)
    problem, _, scale = problem_of(incomplete, COLUMNS, 0)
    assert [block.tolist() for block in columns_of(problem)] == [[0], [1, 2, 3], [4], [5]]
    rng = np.random.default_rng(0)
    hot_deck = ColumnTransport(problem.categorical)
    everything = np.arange(6)
    filled = fill_draws(problem, 3, rng)
    hot_deck.fit(filled, problem.missing, everything, rng)
    drawn = hot_deck.draw(filled, problem.missing, everything, rng)
    for table in (filled, drawn):
        raw = scale.restore(table)[..., 1:4]
        np.testing.assert_allclose(np.sort(raw, axis=-1), np.broadcast_to([0.0, 0.0, 1.0], raw.shape), atol=1e-12)
    held_out = _hold_out(problem, 0.2, rng)
    assert held_out[:, 1].any()
    assert (held_out[:, 1:4] == held_out[:, 1:2]).all()


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("missdiff", {"rounds": 1, "steps": 2, "solver_steps": 2, "draws": 2}),
        ("tabcsdi", {"rounds": 1, "steps": 2, "solver_steps": 2, "draws": 2}),
        ("knewimp", {"rounds": 1, "steps": 2, "flow_steps": 1, "draws": 2}),
        ("mice", {"rounds": 1, "chains": 2}),
    ],
)
def test_of_every_category_one_indicator_is_on_after_the_first_fill(name, parameters):
    _, incomplete = mixed(rate=0.5)
    problem, _, scale = problem_of(incomplete, COLUMNS, 0)
    number, entries = named_method(name, parameters).fit(problem).impute().history[0]
    assert number == 0
    filled = problem.x_incomplete.copy()
    filled[problem.missing] = entries
    colour, flag = scale.restore(filled)[:, 1:4], scale.restore(filled)[:, 4]
    np.testing.assert_allclose(np.sort(colour, axis=1), np.broadcast_to([0.0, 0.0, 1.0], colour.shape), atol=1e-12)
    np.testing.assert_allclose(np.minimum(np.abs(flag), np.abs(flag - 1)), 0, atol=1e-12)
    hidden = problem.missing[:, 1]
    drawn, seen = colour[hidden].mean(axis=0), colour[~hidden].mean(axis=0)
    np.testing.assert_allclose(drawn, seen, atol=5 * (0.25 / hidden.sum()) ** 0.5)


def test_trees_give_all_indicators_at_once_and_never_see_them():
    _, incomplete = mixed()
    problem, _, _ = problem_of(incomplete, COLUMNS, 0)
    x = np.where(problem.missing, 0.0, problem.x_incomplete)
    blocks = columns_of(problem)
    chains = Chains(np.tile(x, (4, 1, 1)), problem.missing, np.zeros(x.shape, dtype=int), np.zeros((4, len(x))))
    trees = grown(chains, ~problem.missing, blocks, Pool.of_flow(6), 1, np.random.default_rng(0), lambda *_: None)
    assert sorted(each.outputs.tolist() for each in trees.columns) == [[0], [1, 2, 3], [4], [5]]
    colour = trees.columns[1]
    assert colour.inputs.tolist() == [0, 4, 5]
    rows = np.arange(50)
    seen, sets = colour.seen(x[None], rows)
    spread = np.ptp(problem.x_incomplete[~problem.missing[:, 1], 1])
    shares = (colour.mean(seen, sets, 1) - np.nanmin(problem.x_incomplete[:, 1:4], axis=0)) / spread
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)
    again = DonorTrees.from_arrays(trees.arrays()).columns[1]
    np.testing.assert_array_equal(again.mean(seen, sets, 1), colour.mean(seen, sets, 1))


def test_rare_categories_are_drawn_as_often_as_they_occur():
    rng = np.random.default_rng(1)
    n = 600
    truth = np.column_stack([rng.normal(size=n), rng.choice(3, n, p=[0.85, 0.1, 0.05])]).astype(float)
    missing = np.zeros((n, 2), dtype=bool)
    missing[rng.permutation(n)[:240], 1] = True
    incomplete = np.where(missing, np.nan, truth)
    problem, encoding, scale = problem_of(incomplete, COLUMNS[:2], 0)
    imputation = named_method("mirf_fast").fit(problem).impute()
    drawn = encoding.decode(imputation.draws, scale)[:, missing[:, 1], 1]
    seen = truth[~missing[:, 1], 1]
    for code in range(3):
        share = (seen == code).mean()
        assert (drawn == code).mean() == pytest.approx(share, abs=3 * (share * (1 - share) / len(seen)) ** 0.5)
