"""Sinkhorn divergence and the imputation by it, against POT and cases whose answer is known."""

import numpy as np
import ot
import pytest
import torch

from mirimpute.errors import UserError
from mirimpute.methods.baselines.sinkhorn import Sinkhorn
from mirimpute.methods.baselines.sinkhorn_divergence import sinkhorn_divergence, squared_distances, transport_plan
from tests.methods.conftest import problem_of

EXACT = {"steps": 5000, "tolerance": 1e-9}


def _sets(n=12, m=9, d=3):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn((n, d), generator=generator, dtype=torch.float64)
    return x, 0.5 + torch.randn((m, d), generator=generator, dtype=torch.float64)


def _pot_plan(x, y, regularisation):
    """Return POT's plan between uniform weights."""
    weights = np.full(len(x), 1 / len(x)), np.full(len(y), 1 / len(y))
    distances = ot.dist(x.numpy(), y.numpy())
    plan = ot.sinkhorn(
        *weights, distances, regularisation, method="sinkhorn_log", numItermax=100_000, stopThr=1e-14, warn=True
    )
    return torch.as_tensor(plan)


def test_plan_and_value_agree_with_pot():
    x, y = _sets()
    plan, value = transport_plan(squared_distances(x, y), 0.7, **EXACT)
    expected = _pot_plan(x, y, 0.7)
    assert torch.allclose(plan, expected, atol=1e-8)
    uniform = 1 / expected.numel()
    entropy = (expected * (expected / uniform).clamp_min(1e-300).log()).sum()
    assert torch.allclose(value, (expected * squared_distances(x, y)).sum() + 0.7 * entropy, atol=1e-8)


def test_gradient_is_that_of_the_plans_of_pot():
    """d/dx_i of OT(x, y) is 2 sum_j P_ij (x_i - y_j); in OT(x, x) / 2 both arguments move."""
    x, y = _sets()
    x.requires_grad_(True)
    sinkhorn_divergence(x, y, 0.7, **EXACT).backward()
    with torch.no_grad():
        towards_y = 2 * (_pot_plan(x, y, 0.7)[:, :, None] * (x[:, None] - y[None])).sum(dim=1)
        towards_x = 2 * (_pot_plan(x, x, 0.7)[:, :, None] * (x[:, None] - x[None])).sum(dim=1)
    assert torch.allclose(x.grad, towards_y - towards_x, atol=1e-6)


def test_divergence_of_a_set_with_itself_is_zero_and_otherwise_positive():
    x, y = _sets()
    assert abs(float(sinkhorn_divergence(x, x, 0.7))) < 1e-12
    assert float(sinkhorn_divergence(x, y, 0.7, **EXACT)) > 0.1
    shuffled = x[torch.randperm(len(x), generator=torch.Generator().manual_seed(1))]
    assert abs(float(sinkhorn_divergence(x, shuffled, 0.7, **EXACT))) < 1e-7


def test_divergence_of_a_shifted_set_is_the_squared_shift():
    """For quadratic costs S(x, x + c) = |c|^2 whatever the regularisation."""
    x, _ = _sets()
    shift = torch.tensor([0.3, -0.4, 1.2], dtype=torch.float64)
    for regularisation in (1.0, 3.0):
        value = sinkhorn_divergence(x, x + shift, regularisation, **EXACT)
        assert float(value) == pytest.approx(float(shift.square().sum()), abs=1e-4)


def test_many_pairs_at_once_are_the_pairs_one_by_one():
    x, y = _sets(n=8, m=8)
    many = sinkhorn_divergence(torch.stack([x, y]), torch.stack([y, y]), torch.tensor([0.7, 0.7]), **EXACT)
    assert torch.allclose(many, torch.stack([sinkhorn_divergence(x, y, 0.7, **EXACT), torch.tensor(0.0)]), atol=1e-7)


def test_entries_go_where_the_other_rows_are():
    """Rows lie on two points; the observed column tells which, so the missing one is known."""
    side = np.where(np.random.default_rng(0).random(100) < 0.5, -1.0, 1.0)
    x = np.stack([side, side], axis=1)
    x[:30, 1] = np.nan
    imputed = Sinkhorn(rounds=5, steps=40, batch=24, learning_rate=0.05, draws=1).fit(problem_of(x)).impute()
    assert np.abs(imputed.point[:30, 1] - side[:30]).mean() < 0.15
    assert imputed.trace[-1]["loss"] < imputed.trace[0]["loss"]


@pytest.mark.parametrize(("field", "value"), [("rounds", 0), ("batch", 0), ("regularisation", 0.0), ("draws", 0)])
def test_refuses_parameters_without_a_meaning(field, value):
    with pytest.raises(UserError, match=f"method.{field}="):
        Sinkhorn(**{field: value}).check()
