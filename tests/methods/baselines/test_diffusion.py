"""The diffusion that missdiff and tabcsdi share: exact identities, and both methods on Gaussian data."""

import numpy as np
import pytest
import torch

from mirimpute.errors import UserError
from mirimpute.methods.baselines.diffusion import ancestral_step, renoise, signal_and_noise
from mirimpute.methods.baselines.missdiff import MissDiff, MissDiffTransport
from mirimpute.methods.baselines.tabcsdi import TabCsdi, TabCsdiTransport
from mirimpute.types import no_progress
from tests.methods.conftest import problem_of
from tests.methods.gaussians import conditional_means, conditional_variances, gaussian_table

ONE, ZERO = torch.ones(1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
COVARIANCE = 0.8 ** np.abs(np.subtract.outer(np.arange(3), np.arange(3)))
QUICK = {"rounds": 2, "steps": 400, "learning_rate": 5e-3, "width": 32, "blocks": 1, "dropout": 0.0, "average": 0.99}


def _law(t):
    """Return a and s at the time ``t``."""
    return (float(part) for part in signal_and_noise(torch.tensor(t, dtype=torch.float64)))


@pytest.mark.parametrize(("t", "earlier"), [(1.0, 0.9), (0.7, 0.3), (0.05, 0.0)])
def test_step_with_the_true_data_keeps_the_law_of_the_forward_process(t, earlier):
    """x_t ~ N(a x, s^2) and x_hat = x give x_earlier ~ N(a' x, s'^2): the step is linear, so its coefficients tell."""
    (a, s), (a_earlier, s_earlier) = _law(t), _law(earlier)
    of_state = float(ancestral_step(ONE, ZERO, t, earlier, ZERO))
    of_data = float(ancestral_step(ZERO, ONE, t, earlier, ZERO))
    of_noise = float(ancestral_step(ZERO, ZERO, t, earlier, ONE))
    assert of_state * a + of_data == pytest.approx(a_earlier, abs=1e-12)
    assert of_state**2 * s**2 + of_noise**2 == pytest.approx(s_earlier**2, abs=1e-12)


def test_noise_added_in_two_steps_is_noise_added_in_one():
    (a, s), (a_later, s_later) = _law(0.3), _law(0.6)
    of_state, of_noise = float(renoise(ONE, 0.3, 0.6, ZERO)), float(renoise(ZERO, 0.3, 0.6, ONE))
    assert of_state * a == pytest.approx(a_later)
    assert of_state**2 * s**2 + of_noise**2 == pytest.approx(s_later**2)


def _exact(x, t):
    """Return E[x | x_t] for N(0, COVARIANCE), rows (n, 3)."""
    (a, s), covariance = _law(t), torch.as_tensor(COVARIANCE, dtype=x.dtype)
    return x @ torch.linalg.solve(a**2 * covariance + s**2 * torch.eye(3, dtype=x.dtype), a * covariance)


def test_inpainting_with_the_exact_denoiser_comes_near_the_conditional(monkeypatch):
    """The bias of inpainting is what the docstring says remains; going back and forth takes most of it away."""
    x, missing = gaussian_table(8, COVARIANCE, 0.4, seed=2)
    problem = problem_of(np.where(missing, np.nan, x))
    exact, variances = conditional_means(x, missing, COVARIANCE), conditional_variances(missing, COVARIANCE)
    apart = {}
    for repeats in (1, 10):
        transport = MissDiffTransport(MissDiff(repeats=repeats, solver_steps=30), problem, no_progress)
        monkeypatch.setattr(transport, "_predict", lambda noisy, x, hidden, t: _exact(noisy, t))
        tables = torch.as_tensor(x, dtype=torch.float32).expand(400, -1, -1)
        draws = transport._draws(tables, torch.as_tensor(missing)).double().numpy()
        apart[repeats] = np.sqrt(np.mean((draws.mean(axis=0) - exact)[missing] ** 2))
    assert apart[10] < 0.15
    assert apart[10] < 0.5 * apart[1]
    assert np.allclose(draws.var(axis=0)[missing], variances[missing], rtol=0.35)


@pytest.mark.parametrize(("method", "tolerance"), [(TabCsdi, 0.25), (MissDiff, 0.4)])
def test_mean_and_draws_come_near_the_closed_form_after_training(method, tolerance):
    x, missing = gaussian_table(800, COVARIANCE, 0.3)
    imputation = method(**QUICK, draws=8).fit(problem_of(np.where(missing, np.nan, x))).impute()
    exact = conditional_means(x, missing, COVARIANCE)
    apart = np.sqrt(np.mean((imputation.point - exact)[missing] ** 2))
    # of what the column mean is apart; the mean of eight draws, MissDiff's, is off by a third of one draw as it is
    assert apart < tolerance * np.sqrt(np.mean(exact[missing] ** 2))
    left = np.mean((imputation.draws[0] - exact)[missing] ** 2)
    assert left == pytest.approx(conditional_variances(missing, COVARIANCE)[missing].mean(), rel=0.35)


@pytest.mark.parametrize(("method", "transport"), [(TabCsdi, TabCsdiTransport), (MissDiff, MissDiffTransport)])
def test_missing_entries_are_inputs_and_never_targets(method, transport):
    """With one column hidden in every row, the network's output for it is never taught: it stays 0."""
    x, missing = gaussian_table(80, COVARIANCE, 0.3)
    missing[:, 0] = False
    missing[1:, 2] = True  # one row observes the column, and it is left out of the training rows
    made = transport(method(**{**QUICK, "steps": 20}), problem_of(np.where(missing, np.nan, x)), no_progress)
    made._learn(torch.as_tensor(x[1:], dtype=torch.float32)[None], torch.as_tensor(missing[1:]))
    leave = made._training.network.leave
    assert (leave.weight[:, 2] == 0).all()
    assert (leave.bias[0, 2] == 0).all()
    assert (leave.weight[:, :2] != 0).any()


@pytest.mark.parametrize(
    ("method", "field", "value"),
    [
        (TabCsdi, "rounds", 0),
        (TabCsdi, "start_fraction", 1.5),
        (TabCsdi, "dropout", 1.0),
        (MissDiff, "repeats", 0),
        (MissDiff, "learning_rate", 0.0),
    ],
)
def test_refuses_parameters_without_a_meaning(method, field, value):
    with pytest.raises(UserError, match=f"method.{field}="):
        method(**{field: value}).check()
