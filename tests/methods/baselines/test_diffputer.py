"""DiffPuter: its diffusion is EDM's, its draws are conditional, completions are learnt from."""

import math

import numpy as np
import pytest
import torch

from mirimpute.errors import UserError
from mirimpute.methods.baselines.diffputer import DiffPuter, DiffPuterTransport, noise_levels
from mirimpute.methods.baselines.diffusion import signal_and_noise
from mirimpute.types import no_progress
from tests.methods.conftest import problem_of
from tests.methods.gaussians import conditional_means, conditional_variances, gaussian_table

COVARIANCE = 0.8 ** np.abs(np.subtract.outer(np.arange(3), np.arange(3)))
QUICK = {"rounds": 2, "steps": 300, "learning_rate": 5e-3, "width": 32, "blocks": 1, "average": 0.99, "batch": 256}
SAMPLER = {"solver_steps": 20, "repeats": 8, "draws": 8}


def transport_of(x, missing, **parameters):
    problem = problem_of(np.where(missing, np.nan, x))
    return DiffPuterTransport(DiffPuter(**{**QUICK, **parameters}), problem, no_progress)


def test_the_network_is_taught_what_edm_teaches():
    """EDM, equation 8, with sigma_data 1: F's target is (x - c_skip (x + n)) / c_out, all of the same weight."""
    x, e, sigma = torch.tensor(0.7), torch.tensor(-1.3), torch.tensor([0.01, 0.5, 3.0, 100.0])
    a, s = signal_and_noise(torch.atan(sigma) * 2 / math.pi)
    skip, out = 1 / (sigma**2 + 1), sigma / torch.sqrt(sigma**2 + 1)
    assert torch.allclose((x - skip * (x + sigma * e)) / out, s * x - a * e, atol=1e-4)


def test_noise_levels_of_training_are_log_normal():
    x, missing = gaussian_table(20, COVARIANCE, 0.3)
    log_sigma = torch.log(torch.tan(transport_of(x, missing)._times(20_000) * math.pi / 2))
    assert float(log_sigma.mean()) == pytest.approx(-1.2 + math.log(2), abs=0.04)
    assert float(log_sigma.std()) == pytest.approx(1.2, abs=0.04)


def test_noise_levels_of_the_reverse_process_fall_to_nothing():
    levels = noise_levels(50)
    assert len(levels) == 51
    assert levels[-1] == 0
    assert (np.diff(levels) < 0).all()
    assert (levels[0], levels[-2]) == pytest.approx((160.0, 0.004))


def test_draws_with_the_exact_denoiser_come_near_the_conditional(monkeypatch):
    """By the settings of the paper; without repeats, inpainting is far off."""
    x, missing = gaussian_table(8, COVARIANCE, 0.4, seed=2)

    def exact(state, x, hidden, sigma):
        covariance = torch.as_tensor(COVARIANCE, dtype=state.dtype)
        return state @ torch.linalg.solve(covariance + sigma**2 * torch.eye(3, dtype=state.dtype), covariance)

    apart = {}
    for repeats in (1, DiffPuter.repeats):
        transport = transport_of(x, missing, solver_steps=DiffPuter.solver_steps, repeats=repeats)
        monkeypatch.setattr(transport, "_denoised", exact)
        tables = torch.as_tensor(x, dtype=torch.float32).expand(400, -1, -1)
        draws = transport._draws(tables, torch.as_tensor(missing)).double().numpy()
        off = draws.mean(axis=0) - conditional_means(x, missing, COVARIANCE)
        apart[repeats] = np.sqrt(np.mean(off[missing] ** 2))
    assert apart[20] < 0.15 < 0.5 < apart[1]
    variances = conditional_variances(missing, COVARIANCE)
    assert np.allclose(draws.var(axis=0)[missing], variances[missing], rtol=0.35)


@pytest.mark.slow
def test_mean_and_draws_come_near_the_closed_form_after_training():
    x, missing = gaussian_table(800, COVARIANCE, 0.3)
    imputation = DiffPuter(**QUICK, **SAMPLER).fit(problem_of(np.where(missing, np.nan, x))).impute()
    assert imputation.draws.shape == (8, *x.shape)
    exact = conditional_means(x, missing, COVARIANCE)
    apart = np.sqrt(np.mean((imputation.point - exact)[missing] ** 2))
    # the mean of eight draws is off by a third of the residual deviation
    assert apart < 0.45 * np.sqrt(np.mean(exact[missing] ** 2))
    left = np.mean((imputation.draws[0] - exact)[missing] ** 2)
    assert left == pytest.approx(conditional_variances(missing, COVARIANCE)[missing].mean(), rel=0.35)


def test_each_round_learns_anew_and_from_completions_too():
    x, missing = gaussian_table(80, COVARIANCE, 0.3)
    missing[:, 0] = False
    missing[1:, 2] = True
    transport = transport_of(x, missing, steps=20)
    before = transport._training.network
    transport._learn(torch.as_tensor(x, dtype=torch.float32)[None], torch.as_tensor(missing))
    first = transport._training.network
    transport._learn(torch.as_tensor(x, dtype=torch.float32)[None], torch.as_tensor(missing))
    assert len({id(before), id(first), id(transport._training.network)}) == 3
    assert transport._training.steps == 20
    assert (first.leave.weight[:, 2] != 0).any()  # missdiff's stays 0: see test_diffusion


@pytest.mark.parametrize(("field", "value"), [("rounds", 0), ("repeats", 0), ("draws", 0), ("learning_rate", 0.0)])
def test_refuses_parameters_without_a_meaning(field, value):
    with pytest.raises(UserError, match=f"method.{field}="):
        DiffPuter(**{field: value}).check()
