"""The path's identities, and the preconditioner against the closed form of a Gaussian target."""

import torch

from mirimpute.flow.path import Preconditioner, interpolate, velocity
from mirimpute.flow.solver import integrate


def test_one_euler_step_returns_the_prediction_at_tau_0():
    generator = torch.Generator().manual_seed(0)
    source, prediction = torch.randn(2, 50, 3, generator=generator)
    moved = source + velocity(prediction, source, torch.zeros(50, 1))
    assert torch.allclose(moved, prediction, atol=1e-6)


def test_interpolation_has_the_ends_and_their_difference_as_velocity():
    generator = torch.Generator().manual_seed(0)
    source, target = torch.randn(2, 50, 3, generator=generator)
    tau = torch.full((50, 1), 0.25)
    assert torch.equal(interpolate(source, target, torch.zeros(50, 1)), source)
    assert torch.equal(interpolate(source, target, torch.ones(50, 1)), target)
    assert torch.allclose(velocity(target, interpolate(source, target, tau), tau), target - source, atol=1e-5)


def test_gaussian_base_is_the_posterior_mean():
    """Regress x1 on x_tau in a large sample: slope and residual are the gain and the error of the preconditioner."""
    generator = torch.Generator().manual_seed(0)
    n = 400_000
    mean, spread = 1.5, 0.4
    target = mean + spread * torch.randn(n, 1, generator=generator, dtype=torch.float64)
    source = torch.randn(n, 1, generator=generator, dtype=torch.float64)
    for value in (0.2, 0.7):
        tau = torch.full((n, 1), value, dtype=torch.float64)
        x = interpolate(source, target, tau)
        base = Preconditioner(torch.full_like(tau, mean), torch.full_like(tau, spread), tau)
        residual = target - mean - base.correction(x)
        assert abs(float((residual * (x - x.mean())).mean())) < 5 / n**0.5
        assert abs(float(residual.std() / base.error()[0]) - 1) < 5 / (2 * n) ** 0.5


def test_correction_vanishes_at_tau_0_and_error_at_tau_1():
    mean, spread, x = torch.tensor([[1.0]]), torch.tensor([[0.5]]), torch.tensor([[7.0]])
    start, end = torch.zeros(1, 1), torch.ones(1, 1)
    assert Preconditioner(mean, spread, start).correction(x).item() == 0
    assert Preconditioner(mean, spread, start).error().item() == 0.5
    assert Preconditioner(mean, spread, end).error().item() == 0
    assert Preconditioner(mean, spread, end).correction(x).item() == 6.0


def test_flow_of_the_gaussian_base_has_the_right_moments():
    """Integrating the base's own velocity turns N(0, 1) into N(mean, spread^2)."""
    generator = torch.Generator().manual_seed(1)
    n = 100_000
    mean, spread = torch.full((n, 1), -0.7, dtype=torch.float64), torch.full((n, 1), 0.3, dtype=torch.float64)

    def speed(x, tau):
        time = torch.full((n, 1), tau, dtype=torch.float64)
        base = Preconditioner(mean, spread, time)
        return velocity(mean + base.correction(x), x, time)

    x = integrate(speed, torch.randn(n, 1, generator=generator, dtype=torch.float64), 400)
    assert abs(float(x.mean()) + 0.7) < 5 * 0.3 / n**0.5 + 1e-3
    assert abs(float(x.std()) / 0.3 - 1) < 0.02
