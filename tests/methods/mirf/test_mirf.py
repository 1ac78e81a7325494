"""MIRF against exact answers: Gaussian conditionals, two clusters, identities."""

import numpy as np
import pytest
import torch

from mirimpute.methods.gaussian import GaussianModel
from mirimpute.methods.mirf.learn import _hold_out
from mirimpute.methods.mirf.method import Mirf
from tests.methods.conftest import correlated, problem_of

QUICK = {"rounds": 3, "steps": 60, "final_steps": 60, "width": 48, "batch": 64}


def _gaussian_answer(x_incomplete, d):
    covariance = torch.as_tensor(0.7 ** np.abs(np.subtract.outer(np.arange(d), np.arange(d))))
    known = torch.as_tensor(~np.isnan(x_incomplete))
    model = GaussianModel(torch.zeros(d, dtype=torch.float64), covariance)
    mean, spread = model.condition(torch.as_tensor(np.nan_to_num(x_incomplete)), known)
    return mean.numpy(), spread.numpy()


def test_gaussian_data_give_the_conditional_mean_and_spread():
    n, d = 1500, 5
    _, x_incomplete = correlated(n=n, d=d, rate=0.3)
    problem = problem_of(x_incomplete)
    imputation = Mirf(**QUICK).fit(problem).impute()
    mean, spread = _gaussian_answer(x_incomplete, d)
    missing = problem.missing
    # The answer under the estimated parameters is off by about sqrt(d / n_eff) conditional deviations, n_eff the rows
    # that inform a regression; the network may add as much again.
    excess = np.sqrt(np.mean(((imputation.point - mean) / spread)[missing] ** 2))
    assert excess < 2 * np.sqrt(d / (n * 0.5))
    standardised = ((imputation.draws - mean) / spread)[:, missing]
    assert abs(standardised.mean()) < 0.1
    assert abs(standardised.std() - 1) < 0.1


def test_the_point_is_the_same_with_draws_and_without():
    """Without, the draws that it is made from are not finished."""
    x = np.random.default_rng(0).normal(size=(400, 4))
    x = np.column_stack([x, x[:, 0] + x[:, 1]])
    x[np.random.default_rng(1).random(x.shape) < 0.2] = np.nan
    x = x[~np.isnan(x).all(axis=1)]
    model = Mirf(**QUICK).fit(problem_of(x)).model
    assert model.flow.base.has_identities
    assert model.donors.columns
    for n_draws in (1, 7):
        assert np.array_equal(model.complete(x, 0, 3)[0], model.complete(x, n_draws, 3)[0])


def test_order_of_columns_does_not_matter():
    """Other columns get other random weights, so the answers agree as two seeds do, not bit by bit."""
    x_true, x_incomplete = correlated(n=600, d=5, rate=0.3)
    order = np.array([3, 0, 4, 2, 1])
    straight, other = (
        Mirf(**QUICK).fit(problem_of(x_incomplete[:, columns])).impute().point for columns in (np.arange(5), order)
    )
    missing = np.isnan(x_incomplete)
    difference = (other[:, np.argsort(order)] - straight)[missing]
    error = (straight - x_true)[missing]
    assert np.sqrt((difference**2).mean()) < 0.25 * np.sqrt((error**2).mean())
    swapped = (other[:, np.argsort(order)] - x_true)[missing]
    assert np.sqrt((swapped**2).mean() / (error**2).mean()) == pytest.approx(1, abs=0.03)


def test_two_clusters_keep_their_proportions_where_regression_falls_between():
    """One coordinate of two clusters at +-2 is hidden and the other says which cluster: draws must be near +-2."""
    rng = np.random.default_rng(0)
    n = 800
    centre = rng.choice([-2.0, 2.0], size=n, p=[0.3, 0.7])
    x_true = centre[:, None] + 0.5 * rng.normal(size=(n, 2))
    x_true[:, 1] *= rng.choice([-1, 1], size=n)  # given the first coordinate, the second is +-centre: two modes
    missing = np.zeros((n, 2), dtype=bool)
    missing[:, 1] = rng.random(n) < 0.3
    problem = problem_of(np.where(missing, np.nan, x_true))
    imputation = Mirf(rounds=4, steps=250, final_steps=250, width=64).fit(problem).impute()
    draws = imputation.draws[:, missing[:, 1], 1]
    # The conditional mean is 0: a regression puts every cell between the modes.
    assert np.abs(imputation.point[missing[:, 1], 1]).mean() < 0.7
    between = (np.abs(draws) < 0.75).mean()
    truth_between = (np.abs(x_true[missing[:, 1], 1]) < 0.75).mean()
    assert between < truth_between + 0.12
    count = missing[:, 1].sum()
    assert abs((draws > 0).mean() - 0.5) < 4 * 0.5 / np.sqrt(count)


def test_network_is_not_used_without_enough_held_out_cells():
    """Ten rows of three columns hold out fewer than 30 cells: the answer is the Gaussian base's."""
    _, x_incomplete = correlated(n=10, d=3)
    imputation = Mirf().fit(problem_of(x_incomplete)).impute()
    assert imputation.trace == []
    assert np.isfinite(imputation.point).all()


def test_held_out_cells_leave_every_row_and_column_enough():
    x = np.random.default_rng(0).normal(size=(300, 4))
    x[0, 1:] = np.nan
    x[5:, 3] = np.nan
    chosen = _hold_out(problem_of(x), 0.4, np.random.default_rng(1))
    observed = ~np.isnan(x)
    assert chosen.sum() > 30
    assert not (chosen & ~observed).any()
    assert (observed & ~chosen).any(axis=1).all()
    assert (2 * chosen.sum(axis=0) <= observed.sum(axis=0)).all()


def test_trace_reports_what_chose_the_round(small):
    _, x_incomplete = correlated(n=300)
    trace = Mirf(**QUICK).fit(problem_of(x_incomplete)).impute().trace
    assert [entry["round"] for entry in trace] == list(range(1, len(trace) + 1))
    assert all({"change", "loss", "heldout_rmse", "network_weight"} <= set(entry) for entry in trace)
    assert all(0 <= entry["network_weight"] <= 1 for entry in trace)


def test_states_are_bounded_under_heavy_tails():
    rng = np.random.default_rng(0)
    x = rng.standard_t(1.2, size=(300, 3))
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    x_incomplete = np.where(rng.random(x.shape) < 0.3, np.nan, x)
    imputation = Mirf(**QUICK).fit(problem_of(x_incomplete)).impute()
    assert (imputation.draws.max(axis=(0, 1)) <= np.nanmax(x_incomplete, axis=0) + 1.001).all()
    assert (imputation.draws.min(axis=(0, 1)) >= np.nanmin(x_incomplete, axis=0) - 1.001).all()


def test_missing_device_is_refused_in_one_sentence(small):
    import dataclasses

    from mirimpute.errors import UserError

    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    with pytest.raises(UserError, match=r"device='cuda' .* use device=cpu"):
        Mirf().fit(dataclasses.replace(small, device="cuda"))


def test_constant_columns_stay_constant():
    _, x_incomplete = correlated(n=200, d=4)
    x_incomplete[:, 2] = np.where(np.isnan(x_incomplete[:, 2]), np.nan, 0.0)
    imputation = Mirf(**QUICK).fit(problem_of(x_incomplete)).impute()
    assert (imputation.point[:, 2] == 0.0).all()
    assert (imputation.draws[:, :, 2] == 0.0).all()


@pytest.mark.slow
def test_many_columns_have_a_base_of_few_factors():
    rng = np.random.default_rng(0)
    factors = rng.normal(size=(120, 2))
    x = factors @ rng.normal(size=(2, 300)) + 0.3 * rng.normal(size=(120, 300))
    x_incomplete = np.where(rng.random(x.shape) < 0.2, np.nan, x / x.std(axis=0))
    imputation = Mirf(rounds=2, steps=60, final_steps=60, batch=64).fit(problem_of(x_incomplete)).impute()
    missing = np.isnan(x_incomplete)
    error = np.sqrt(np.mean((imputation.point - x / x.std(axis=0))[missing] ** 2))
    assert error < 1.1 * float(np.sqrt(np.mean((0.3 / x.std(axis=0)) ** 2)))  # what the factors leave
    assert imputation.draws[:, missing].std(axis=0).mean() == pytest.approx(
        float(np.mean(0.3 / x.std(axis=0))), rel=0.2
    )


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:drawn values lie outside")
def test_rows_of_many_columns_get_the_same_alone_in_a_batch_and_from_a_file(tmp_path):
    from mirimpute import MirfImputer

    rng = np.random.default_rng(0)
    x = rng.normal(size=(150, 3)) @ rng.normal(size=(3, 301)) + 0.3 * rng.normal(size=(150, 301))
    x[rng.random(x.shape) < 0.2] = np.nan
    quick = {"steps": 20, "final_steps": 20}
    imputer = MirfImputer(preset="mirf_fast", parameters=quick, random_state=0).fit(x)
    imputer.save(tmp_path / "wide.mirf")
    again = MirfImputer.load(tmp_path / "wide.mirf")
    whole = imputer.transform(x)
    for row in (0, 77, 149):
        assert np.array_equal(again.transform(x[row : row + 1])[0], whole[row])
    tables = imputer.impute_multiple(x, 2)
    assert not np.array_equal(tables[0], tables[1])


def test_row_says_when_the_network_had_no_part():
    _, x_incomplete = correlated(n=10, d=3)
    assert Mirf().fit(problem_of(x_incomplete)).impute().notes == (
        "Gaussian base only: too few observed cells to hold 30 of them out",
    )


def test_every_long_stage_is_reported_in_turn():
    heard = []
    problem = problem_of(correlated(n=200, d=4, rate=0.3)[1])
    Mirf(**{**QUICK, "rounds": 1}).fit(problem, lambda stage, done, total: heard.append(stage)).impute()
    stages = ["gaussian base", "round 1/1", "weights", "trees", "last phase", "draws"]
    assert list(dict.fromkeys(heard)) == stages
