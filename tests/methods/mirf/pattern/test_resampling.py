"""The resampling of draws: wrong draws are mended, right ones left alone, and the pattern is forgotten."""

import numpy as np
import pytest

from mirimpute.amputation import MECHANISMS
from mirimpute.bench.cell import run_cell
from mirimpute.bench.config import CellConfig, Protocol
from mirimpute.bench.results.details import read_trace
from mirimpute.datasets.bundled import Bundled
from mirimpute.datasets.uci import Uci
from mirimpute.methods.baselines.mean import Mean
from mirimpute.methods.mirf.method import Mirf
from mirimpute.methods.mirf.pattern.pattern_logit import PatternLogit, Steps
from mirimpute.methods.mirf.pattern.resampling import Resampling, fit_resampling

N, COUNT = 2000, 60
SLOPE, SPREAD = 0.8, 0.6
COLUMNS = [np.array([0]), np.array([1])]


def _uniform(candidates, count):
    return np.random.default_rng(0).random((count + 1, candidates.shape[1]))


def _normal_table(mechanism, seed=0):
    """x1 = 0.8 x0 + 0.6 noise, and half of x1 hidden: at random, or where x0 is large."""
    rng = np.random.default_rng(seed)
    x0 = rng.standard_normal(N)
    x = np.stack([x0, SLOPE * x0 + SPREAD * rng.standard_normal(N)], axis=1)
    missing = np.zeros(x.shape, dtype=bool)
    missing[:, 1] = rng.random(N) < 1 / (1 + np.exp(-(2 * x0 if mechanism == "mar" else 0)))
    return x, missing, rng


def _candidates(x, missing, slope, shift, spread, rng):
    drawn = slope * x[:, 0] + shift + spread * rng.standard_normal((COUNT, len(x)))
    candidates = np.repeat(x[None], COUNT, axis=0)
    candidates[:, :, 1] = np.where(missing[:, 1], drawn, x[:, 1])
    return candidates


def _effective(resampling, candidates, missing):
    """Return the effective part of the candidates of rows that miss something."""
    weights = np.exp(resampling.log_weights(candidates, missing))
    return ((weights.sum(axis=0) ** 2 / (weights**2).sum(axis=0)) / len(candidates))[missing.any(axis=1)]


def _errors(draws, x, rows):
    """Return mean, spread and slope of the residual of the right regression, less what they should be."""
    residual = (draws[:, rows, 1] - SLOPE * x[rows, 0]).ravel()
    slope = np.polyfit(np.tile(x[rows, 0], len(draws)), residual, 1)[0]
    return np.abs([residual.mean(), residual.std() - SPREAD, slope])


@pytest.mark.parametrize(
    ("shift", "spread", "slope", "left"),
    [(0.3, 0.6, 0.8, 0.5), (0.0, 0.9, 0.8, 0.6), (0.0, 0.8, 0.4, 0.8)],
    ids=["moved", "wide", "loose"],
)
@pytest.mark.parametrize("mechanism", ["mcar", "mar"])
def test_draws_of_a_wrong_conditional_come_nearer_to_the_right_one(mechanism, shift, spread, slope, left):
    """Of a wrong slope a third to a half goes: residuals are taken from rows half of which have it."""
    x, missing, rng = _normal_table(mechanism)
    candidates = _candidates(x, missing, slope, shift, spread, rng)
    resampling = fit_resampling(candidates, missing, COLUMNS, 3)
    chosen = resampling.resampled(candidates, missing, _uniform(candidates, 20))
    before, after = (_errors(draws, x, missing[:, 1]) for draws in (candidates, chosen))
    assert after.sum() < left * before.sum()


def test_right_draws_are_left_alone_where_values_are_missing_by_what_is_seen():
    """Hidden values differ from observed ones, as they should: what the rest says of the pattern is no reason."""
    x, missing, rng = _normal_table("mar")
    candidates = _candidates(x, missing, SLOPE, 0.0, SPREAD, rng)
    rows = missing[:, 1]
    assert candidates[:, rows, 1].mean() - x[~rows, 1].mean() > 0.8
    resampling = fit_resampling(candidates, missing, COLUMNS, 3)
    assert np.median(_effective(resampling, candidates, missing)) > 0.9
    chosen = resampling.resampled(candidates, missing, _uniform(candidates, 20))
    assert abs(chosen[:, rows, 1].mean() - candidates[:, rows, 1].mean()) < 0.05


def test_observed_entries_stay_and_candidates_are_taken_as_often_as_their_weights_say():
    rng = np.random.default_rng(0)
    candidates = np.repeat(rng.standard_normal((1, 500, 2)), 4, axis=0)
    missing = np.zeros((500, 2), dtype=bool)
    missing[:300, 0] = True
    candidates[:, :300, 0] = np.arange(4)[:, None]
    none = Steps(np.zeros(0), np.zeros(1))
    by_value = Steps(np.array([0.5, 1.5, 2.5]), -np.log([0.1, 0.2, 0.3, 0.4]))
    resampling = Resampling(3, np.zeros(2), np.ones(2), np.eye(2), (PatternLogit(np.array([0]), by_value, none),))
    chosen = resampling.resampled(candidates, missing, _uniform(candidates, 10))
    assert np.array_equal(chosen[:, ~missing], np.repeat(candidates[:1, ~missing], 10, axis=0))
    counts = np.stack([(chosen[:, :300, 0] == value).sum(axis=0) for value in range(4)])
    assert np.abs(counts - [[1], [2], [3], [4]]).max() <= 1
    first = np.bincount(chosen[0, :300, 0].astype(int), minlength=4) / 300  # the first draw is as good as any
    assert np.abs(first - [0.1, 0.2, 0.3, 0.4]).max() < 3 * (0.25 / 300) ** 0.5
    assert np.array_equal(chosen, resampling.resampled(candidates, missing, _uniform(candidates, 10)))


def test_categories_are_drawn_as_often_as_they_are_observed():
    rng = np.random.default_rng(0)
    shares = np.array([0.6, 0.3, 0.1])
    label, drawn = rng.choice(3, N, p=shares), rng.choice(3, (COUNT, N))
    missing = np.zeros((N, 4), dtype=bool)
    missing[:, :3] = rng.random((N, 1)) < 0.4
    candidates = np.empty((COUNT, N, 4))
    candidates[:, :, :3] = np.eye(3)[np.where(missing[:, 0], drawn, label)]
    candidates[:, :, 3] = rng.standard_normal(N)
    resampling = fit_resampling(candidates, missing, [np.arange(3), np.array([3])], 3)
    chosen = resampling.resampled(candidates, missing, _uniform(candidates, 20))
    found = chosen[:, missing[:, 0], :3].mean(axis=(0, 1))
    assert np.abs(found - shares).max() < 0.05
    assert np.array_equal(chosen[:, :, :3].sum(axis=2), np.ones((20, N)))


def test_nothing_is_learnt_from_too_little():
    rng = np.random.default_rng(0)
    candidates = rng.standard_normal((4, 100, 2))
    few = np.zeros((100, 2), dtype=bool)
    few[:9, 0] = True
    assert fit_resampling(candidates, few, COLUMNS, 3) is None
    few[:60, 0] = True
    assert fit_resampling(candidates, few, COLUMNS, 3) is not None
    assert fit_resampling(candidates[:, :, :1], few[:, :1], COLUMNS[:1], 3) is None
    wide = np.zeros((100, 257), dtype=bool)
    wide[:50] = True
    assert fit_resampling(rng.standard_normal((2, 100, 257)), wide, [np.array([j]) for j in range(257)], 3) is None


def test_a_resampling_is_arrays_and_back():
    x, missing, rng = _normal_table("mcar")
    candidates = _candidates(x, missing, SLOPE, 0.3, SPREAD, rng)
    resampling = fit_resampling(candidates, missing, COLUMNS, 3)
    again = Resampling.from_arrays(resampling.arrays())
    assert np.array_equal(resampling.log_weights(candidates, missing), again.log_weights(candidates, missing))


@pytest.mark.parametrize(
    "broken",
    [
        {"logits.0.value.heights": np.zeros(2)},
        {"logits.0.residual.heights": np.full(11, np.nan)},
        {"logits.0.value.edges": np.zeros((2, 2))},
        {"counts": np.array([np.inf, 5])},
        {"counts": np.array([2**62, 5])},
        {"counts": np.array([0, 5])},
        {"centre": np.zeros(3)},
        {"spread": np.array([1.0, 0.0])},
        {"to_residuals": np.zeros((3, 1))},
        {"logits.0.block": np.array([2])},
        {"logits.0.block": np.array([-1])},
        {"logits.1.block": np.array([0])},
    ],
    ids=lambda broken: f"{next(iter(broken))}",
)
def test_damaged_arrays_are_refused(broken):
    x, missing, rng = _normal_table("mcar")
    resampling = fit_resampling(_candidates(x, missing, SLOPE, 0.3, SPREAD, rng), missing, COLUMNS, 3)
    with pytest.raises((KeyError, ValueError)):
        Resampling.from_arrays({**resampling.arrays(), **broken})


def test_weights_leave_a_third_of_the_candidates():
    """Errors of many columns add up: right draws of independent columns must stay about as many as they are."""
    rng = np.random.default_rng(0)
    n, d = 200, 120
    x, missing = rng.standard_normal((n, d)), rng.random((n, d)) < 0.4
    candidates = np.where(missing, rng.standard_normal((COUNT, n, d)), x)
    resampling = fit_resampling(candidates[:10], missing, [np.array([j]) for j in range(d)], 3)
    assert _effective(resampling, candidates, missing).min() > 0.33
    chosen = resampling.resampled(candidates, missing, _uniform(candidates, 20))
    assert chosen[:, missing].var(axis=0, ddof=1).mean() > 0.85


@pytest.mark.parametrize(("candidates", "together"), [(5, 5), (2, 13), (40, 1)])
def test_draws_are_chosen_so_many_together_that_there_are_candidates_to_choose_among(small, candidates, together):
    settings = Mirf(rounds=1, steps=20, final_steps=20, width=16, batch=32, trees=8, candidates=candidates)
    assert settings.fit(small).model.resampling.together == together


def _cell(dataset, method, data_dir, results_dir):
    protocol = Protocol(metrics=["rmse", "mi_bits", "mi_bits_se"], shrunk_metrics=[], draws_metrics=[])
    config = CellConfig(
        dataset=dataset,
        mechanism=MECHANISMS["mcar"](name="mcar"),
        method=method,
        protocol=protocol,
        missing_rate=0.4,
        results_dir=str(results_dir),
    )
    return run_cell(config, data_dir)


def _assert_at_chance(mirf):
    last, before = read_trace(mirf.directory)[-1], read_trace(mirf.directory)[-2]
    assert abs(last["mi_bits"]) < 2 * last["mi_bits_se"] + 1e-9
    assert mirf.row["draw_mi_bits"] == last["mi_bits"]
    assert before["mi_bits"] > 2 * before["mi_bits_se"]


@pytest.mark.slow
@pytest.mark.parametrize("dataset", ["breast_cancer", "diabetes"])
def test_on_real_tables_the_pattern_ends_at_chance_and_that_of_the_mean_does_not(dataset, tmp_path):
    """Under MCAR true rows say nothing of their pattern; without the resampling mirf's say 0.2 bits."""
    mirf, mean = (_cell(Bundled(name=dataset, id=dataset), method, tmp_path, tmp_path) for method in (Mirf(), Mean()))
    _assert_at_chance(mirf)
    assert read_trace(mean.directory)[-1]["mi_bits"] > 5


@pytest.mark.slow
def test_nearly_dependent_columns_end_at_chance_too(shared_data_dir, tmp_path):
    """Here candidates are too wrong to choose among: without transports 0.05 bits are left, 2.2 standard errors."""
    parkinsons = Uci(name="uci/parkinsons", id="parkinsons", max_rows=1000)
    _assert_at_chance(_cell(parkinsons, Mirf(), shared_data_dir, tmp_path))
