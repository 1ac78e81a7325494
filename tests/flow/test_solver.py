"""Order of convergence and time reversal of the solvers, on fields with known solutions."""

import math

import numpy as np
import pytest
import torch

from mirimpute.errors import UserError
from mirimpute.flow.solver import integrate


def _field(x, tau):
    """dx/dtau = x cos(3 tau), whose solution at 1 is x(0) exp(sin(3) / 3)."""
    return x * math.cos(3 * tau)


@pytest.mark.parametrize(("solver", "order"), [("euler", 1.0), ("heun", 2.0)])
def test_empirical_order_of_convergence(solver, order):
    exact = math.exp(math.sin(3.0) / 3)
    steps = np.array([64, 128, 256, 512])
    errors = [abs(integrate(_field, torch.ones(1, dtype=torch.float64), int(n), solver).item() - exact) for n in steps]
    slope = -np.polyfit(np.log(steps), np.log(errors), 1)[0]
    # Heun's last step is Euler's (v is undefined at tau = 1 in the flow), one local error of order 2: still order 2.
    assert slope == pytest.approx(order, abs=0.1)


@pytest.mark.parametrize("solver", ["euler", "heun"])
def test_time_reversal_of_a_known_field(solver):
    start = torch.tensor([[0.3, -1.2]], dtype=torch.float64)
    there = integrate(_field, start, 4000, solver)
    back = integrate(lambda x, tau: -_field(x, 1 - tau), there, 4000, solver)
    assert torch.allclose(back, start, atol=2e-3 if solver == "euler" else 1e-6)


def test_constant_velocity_is_exact_in_one_step():
    x = integrate(lambda x, tau: torch.full_like(x, 2.5), torch.zeros(3), 1)
    assert torch.equal(x, torch.full((3,), 2.5))


def test_unknown_solver_lists_the_valid_ones():
    with pytest.raises(UserError, match=r"unknown solver 'eulr'.*'euler'.*valid: euler, heun"):
        integrate(_field, torch.ones(1), 2, "eulr")
