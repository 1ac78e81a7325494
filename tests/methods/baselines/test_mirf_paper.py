"""The paper's imputer: its pairs, its network, where it goes and how it fails."""

import dataclasses

import numpy as np
import pytest
import torch

from mirimpute.datasets.synthetic import TwoGaussians
from mirimpute.errors import ImputationError, UserError
from mirimpute.methods.baselines.mean import Mean
from mirimpute.methods.baselines.mirf_paper import MirfPaper, PaperFlowTransport, draw_pairs, fill_noise, paper_network
from mirimpute.metrics.comparison import Comparison
from mirimpute.metrics.mmd2 import mmd2
from mirimpute.table.scale import observed_scale
from tests.methods.conftest import correlated, problem_of

QUICK = {"hidden_width": 100, "epochs": 20, "rounds": 5, "solver_steps": 20}
TINY = {"hidden_width": 16, "epochs": 3, "rounds": 2, "solver_steps": 5}


def _seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def _pairs(n=50, d=4):
    x = torch.randn((n, d), generator=_seeded(1))
    missing = torch.rand((n, d), generator=_seeded(2)) < 0.4
    return x, missing, draw_pairs(x, missing, _seeded(3))


def _rows_of(x, rows):
    """Return for each of ``rows`` its number in ``x``."""
    number = (rows[:, None] == x[None]).all(dim=2).int()
    assert (number.sum(dim=1) == 1).all()
    return number.argmax(dim=1)


def test_every_row_is_a_source_and_a_target_once_and_never_its_own():
    x, missing, pairs = _pairs()
    sources, targets = _rows_of(x, pairs.source), _rows_of(x, pairs.target)
    assert sorted(sources.tolist()) == sorted(targets.tolist()) == list(range(len(x)))
    assert (sources != targets).all()
    assert torch.equal(pairs.observed, (~missing[sources]).float())  # the source's own pattern, whatever the target's


def test_partners_are_uniform_over_the_other_rows():
    """Row 0 of five meets each of the four others in a quarter of the draws: chi-square with 3 degrees of freedom."""
    x, missing = torch.arange(5.0)[:, None], torch.ones((5, 1), dtype=torch.bool)
    generator = _seeded()
    counts = torch.zeros(5)
    for _ in range(2000):
        pairs = draw_pairs(x, missing, generator)
        counts[int(pairs.target[pairs.source == 0])] += 1
    assert counts[0] == 0
    assert ((counts[1:] - 500) ** 2 / 500).sum() < 16.3  # exceeded once in a thousand


def test_the_network_sees_both_rows_and_the_path_between_them():
    x, _, pairs = _pairs()
    n, d = x.shape
    kept = pairs.observed.bool()
    for time in (0.0, 0.3, 1.0):
        tau = torch.full((n, 1), time)
        seen = pairs.inputs(tau)
        assert seen.shape == (n, 3 * d + 1)
        with_source, with_target, observed, last = seen.split([d, d, d, 1], dim=1)
        moving = time * pairs.target + (1 - time) * pairs.source
        for block, end in ((with_source, pairs.source), (with_target, pairs.target)):
            assert torch.equal(block[kept], end[kept])
            assert torch.allclose(block[~kept], moving[~kept])
        assert torch.equal(observed, pairs.observed)
        assert torch.equal(last, tau)
    start, end = pairs.inputs(torch.zeros((n, 1))), pairs.inputs(torch.ones((n, 1)))
    assert torch.equal(start[:, :d], pairs.source)
    assert torch.equal(end[:, d : 2 * d], pairs.target)


def test_loss_counts_every_missing_entry_of_the_pattern_and_nothing_else():
    _, _, pairs = _pairs()
    right = pairs.target - pairs.source
    assert pairs.loss(right) == 0
    assert pairs.loss(right + pairs.observed) == 0  # observed entries do not count
    assert torch.isclose(pairs.loss(right + 2), 4 * (1 - pairs.observed).sum() / len(right))


def test_network_has_the_layers_of_the_paper():
    network = paper_network(5, MirfPaper(), _seeded())
    weights = [layer.weight for layer in network if isinstance(layer, torch.nn.Linear)]
    assert [tuple(weight.shape) for weight in weights] == [(1001, 16), (1001, 1001), (1001, 1001), (5, 1001)]
    assert all(weight.abs().max() <= weight.shape[1] ** -0.5 for weight in weights)
    again = paper_network(5, MirfPaper(), _seeded())
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), again.parameters(), strict=True))


def test_integration_of_a_known_field_is_exact_and_leaves_observed_cells():
    """With v = c in every missing entry, the flow from 0 to 1 adds c, in one step or in many."""
    x_true, x_incomplete = correlated(n=30, d=3)
    missing = np.isnan(x_incomplete)
    transport = _transport(solver_steps=7)
    x = x_true[None].copy()
    block = np.arange(3)
    rng = np.random.default_rng(0)
    transport.fit(x, missing, block, rng)
    last = transport._network[-1]
    last.weight.zero_()
    last.bias.copy_(torch.tensor([1.0, -2.0, 0.5]))
    expected = np.where(missing, x_true + np.array([1.0, -2.0, 0.5]), x_true)
    assert np.allclose(transport.draw(x, missing, block, rng)[0], expected, atol=1e-5)
    assert np.allclose(transport.mean(x, missing, block)[0], expected, atol=1e-5)
    assert np.array_equal(x[0], x_true)  # the caller's rows are not touched


def _transport(progress=lambda *call: None, **changes):
    settings = {"learning_rate": 0.01, "batch": 100, "hidden_layers": 3, **TINY, **changes}
    return PaperFlowTransport(MirfPaper(**settings), problem_of(np.zeros((1, 1))), progress)


def test_one_euler_step_is_the_conditional_mean_of_the_completed_rows():
    """x2 = x1 + noise; a third of the rows have x2 replaced by unrelated noise, so under q E[x2 | x1] = 2/3 x1."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1800, 1)) + np.array([0.0, 0.5]) * rng.normal(size=(1800, 2))
    missing = np.zeros(x.shape, dtype=bool)
    missing[:600, 1] = True
    completed = np.where(missing, rng.normal(size=x.shape), x)[None]
    transport = _transport(hidden_width=64, epochs=40, learning_rate=0.001)
    transport.fit(completed, missing, np.arange(2), rng)
    mean = transport.mean(completed, missing, np.arange(2))[0, :600, 1]
    slope, intercept = np.polyfit(x[:600, 0], mean, 1)
    assert abs(slope - 2 / 3) < 0.15
    assert abs(intercept) < 0.15


def test_first_completion_is_standard_normal_noise():
    _, x_incomplete = correlated(n=4000, d=3, rate=0.5)
    missing = np.isnan(x_incomplete)
    filled = fill_noise(problem_of(x_incomplete), 2, np.random.default_rng(0))
    assert np.array_equal(filled[:, ~missing], np.stack([x_incomplete[~missing]] * 2))
    noise = filled[:, missing]
    assert abs(noise.mean()) < 5 / np.sqrt(noise.size)
    assert abs(noise.var() - 1) < 5 * np.sqrt(2 / noise.size)
    assert abs(np.corrcoef(noise)[0, 1]) < 5 / np.sqrt(missing.sum())  # chains are independent


def _toy(seed=0):
    """Return truth and problem of the paper's example: two clusters in the plane, 30 % of the cells missing."""
    x = TwoGaussians(name="synthetic/two_gaussians").sample()
    missing = np.random.default_rng(seed).random(x.shape) < 0.3
    scale = observed_scale(np.where(missing, np.nan, x))
    problem = problem_of(scale.standardise(np.where(missing, np.nan, x)), seed)
    return scale.standardise(x), problem


def test_two_clusters_come_back_where_the_mean_falls_between():
    x_true, problem = _toy()

    def distance(x_imputed):
        return mmd2(Comparison(x_true, x_imputed, problem.missing, max_rows=1000, rng_seed=0))

    imputation = MirfPaper(**QUICK).fit(problem).impute()
    ours, mean = distance(imputation.point), distance(Mean().fit(problem).impute().point)
    noise = distance(fill_noise(problem, 1, np.random.default_rng(0))[0])
    assert ours < 0.1 * noise
    assert ours < 0.1 * mean
    # where the other coordinate says which cluster, the draw is in it
    half_known = problem.missing.sum(axis=1) == 1
    observed = np.where(problem.missing, 0.0, x_true)[half_known].sum(axis=1)
    drawn = np.where(problem.missing, imputation.point, 0.0)[half_known].sum(axis=1)
    assert (np.sign(drawn) == np.sign(observed)).mean() > 0.95


def test_point_is_the_one_completed_table_and_the_trace_has_every_round(small):
    imputation = MirfPaper(**TINY, draws=1).fit(small).impute()
    assert imputation.draws.shape == (1, *small.x_incomplete.shape)
    assert np.array_equal(imputation.point, imputation.draws[0])
    assert [entry["round"] for entry in imputation.trace] == [1, 2]
    assert all(np.isfinite([entry["loss"], entry["change"]]).all() for entry in imputation.trace)


def test_further_draws_change_neither_the_point_nor_one_another(small):
    one, three, five = (MirfPaper(**TINY, draws=draws).fit(small).impute() for draws in (1, 3, 5))
    assert np.array_equal(one.point, five.point)
    assert np.array_equal(one.draws, five.draws[:1])
    assert np.array_equal(three.draws, five.draws[:3])
    cells = five.draws[:, small.missing]
    assert len(np.unique(cells, axis=0)) == 5


def test_draws_spread_as_the_conditional_distribution_does():
    """x2 = x1 + noise: draws of x2 given x1 vary as the noise (sd 0.5 before scaling), and not as x2 itself."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, 1)) + np.array([0.0, 0.5]) * rng.normal(size=(600, 2))
    missing = np.zeros(x.shape, dtype=bool)
    missing[:200, 1] = True
    problem = problem_of(np.where(missing, np.nan, x))
    drawn = MirfPaper(**QUICK, draws=10).fit(problem).impute().draws[:, :200, 1]
    assert 0.25 < drawn.std(axis=0, ddof=1).mean() < 0.8  # x2 itself has 1.1


def test_seed_decides_everything_and_torch_s_own_generator_nothing(small):
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = MirfPaper(**TINY).fit(small).impute().point
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert np.array_equal(MirfPaper(**TINY).fit(small).impute().point, first)
    assert not np.array_equal(MirfPaper(**TINY).fit(dataclasses.replace(small, seed=1)).impute().point, first)


def test_progress_names_round_and_part(small):
    calls = []
    MirfPaper(**TINY).fit(small, lambda *call: calls.append(call))
    stages = list(dict.fromkeys(stage for stage, _, _ in calls))
    assert stages == ["round 1/2", "round 1/2, integration", "round 2/2", "round 2/2, integration"]
    assert all(0 <= done <= total for _, done, total in calls)


def test_infinite_loss_ends_as_an_error_that_names_the_round(small):
    with pytest.raises(ImputationError, match=r"diverged in round 1: the training loss is (nan|inf) in epoch"):
        MirfPaper(**{**TINY, "learning_rate": 1e30}).fit(small)


def test_values_out_of_bounds_end_as_an_error_that_names_the_round(small):
    with pytest.raises(ImputationError, match="diverged in round 1: the largest value is"):
        MirfPaper(**{**TINY, "learning_rate": 1e3, "epochs": 1, "solver_steps": 100}).fit(small)


def test_divergence_of_a_later_round_names_it(small):
    """The second round starts from good rows and gets a target that overflows."""
    transport = _transport()
    rng = np.random.default_rng(0)
    x = np.nan_to_num(small.x_incomplete)[None]
    transport.fit(x, small.missing, np.arange(4), rng)
    with pytest.raises(ImputationError, match="diverged in round 2: the training loss is"):
        transport.fit(np.where(small.missing, 1e30, x), small.missing, np.arange(4), rng)


@pytest.mark.parametrize(
    "field", ["hidden_width", "hidden_layers", "batch", "epochs", "rounds", "solver_steps", "draws"]
)
def test_sizes_below_one_are_refused(field):
    with pytest.raises(UserError, match=rf"method\.{field}=0 is too small"):
        MirfPaper(**{field: 0}).check()


def test_learning_rates_that_are_not_positive_are_refused():
    for rate in (0.0, -1.0, float("nan")):
        with pytest.raises(UserError, match=r"method\.learning_rate="):
            MirfPaper(learning_rate=rate).check()


def test_defaults_are_the_paper_s():
    assert dataclasses.asdict(MirfPaper()) == {
        "name": "mirf_paper",
        "hidden_width": 1001,
        "hidden_layers": 3,
        "learning_rate": 0.01,
        "batch": 100,
        "epochs": 100,
        "rounds": 10,
        "solver_steps": 100,
        "draws": 5,
    }
