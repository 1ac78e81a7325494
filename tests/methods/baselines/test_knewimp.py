"""The kernel velocity where it is known, the flow with the exact score, and what the score network is taught."""

import numpy as np
import pytest
import torch

from mirimpute.errors import UserError
from mirimpute.methods.baselines.knewimp import KnewImp, KnewImpTransport, kernel_velocity
from mirimpute.types import no_progress
from tests.methods.conftest import problem_of
from tests.methods.gaussians import conditional_means, gaussian_table

COVARIANCE = 0.8 ** np.abs(np.subtract.outer(np.arange(3), np.arange(3)))


@pytest.mark.parametrize("entropy_weight", [0.0, 0.5, -1.0])
@pytest.mark.parametrize("squared_width", [0.3, 2.0])
def test_velocity_in_a_normal_field_with_its_true_score(entropy_weight, squared_width):
    """For x' ~ N(0, 1) and s(x') = -x' both parts are -x / (1 + w).

    With the weight -1, the entropy of the KL divergence itself, they cancel: particles that are distributed as q stay
    (Stein's identity).
    """
    others = torch.as_tensor(np.random.default_rng(0).standard_normal((40_000, 1)))
    x = torch.tensor([[-1.0], [0.0], [0.5], [1.5]], dtype=torch.float64)
    velocity = kernel_velocity(x, others, -others, squared_width, entropy_weight)
    expected = -(1 + entropy_weight) * x / (1 + squared_width)
    assert torch.allclose(velocity, expected, atol=0.05)


def test_flow_up_the_exact_score_ends_at_the_conditional_mean():
    """With a narrow kernel and no entropy each row follows its own score, which vanishes at the conditional mode."""
    x, missing = gaussian_table(100, COVARIANCE, 0.4)
    settings = KnewImp(flow_steps=400, step_size=0.5, noise_level=0.5, kernel_width=1e-7, entropy_weight=0.0)
    transport = KnewImpTransport(settings, problem_of(np.where(missing, np.nan, x)), no_progress)
    precision = torch.as_tensor(np.linalg.inv(COVARIANCE), dtype=torch.float32)
    start = torch.as_tensor(np.where(missing, 0.0, x), dtype=torch.float32)
    moved = transport._flow(start, torch.as_tensor(missing), lambda rows: -rows @ precision).numpy()
    exact = conditional_means(x, missing, COVARIANCE)
    inside = np.abs(exact) < 2  # the state is bounded, the exact answer is not
    assert np.abs(moved - exact)[missing & inside].max() < 0.02
    assert np.array_equal(moved[~missing], x[~missing].astype(np.float32))


def test_score_of_noisy_gaussian_rows_is_learnt():
    x, missing = gaussian_table(1500, COVARIANCE, 0.2)
    settings = KnewImp(steps=500, rounds=1, width=32, blocks=1, dropout=0.0, noise_level=0.5, average=0.99)
    transport = KnewImpTransport(settings, problem_of(np.where(missing, np.nan, x)), no_progress)
    rows = torch.as_tensor(x, dtype=torch.float32)
    transport._learn(rows[None], torch.as_tensor(missing))
    with torch.no_grad():
        found = transport.score(rows).numpy()
    exact = -x @ np.linalg.inv(COVARIANCE + 0.25 * np.eye(3))
    assert np.sqrt(np.mean((found - exact) ** 2)) < 0.25 * np.sqrt(np.mean(exact**2))


def test_imputation_comes_near_the_conditional_mean():
    x, missing = gaussian_table(600, COVARIANCE, 0.3)
    quick = KnewImp(rounds=3, steps=200, width=32, blocks=1, dropout=0.0, average=0.99, draws=2)
    point = quick.fit(problem_of(np.where(missing, np.nan, x))).impute().point
    exact = conditional_means(x, missing, COVARIANCE)
    assert np.sqrt(np.mean((point - exact)[missing] ** 2)) < 0.5 * np.sqrt(np.mean(exact[missing] ** 2))


@pytest.mark.parametrize(
    ("field", "value"), [("rounds", 0), ("noise_level", 0.0), ("entropy_weight", -0.5), ("kernel_width", 0.0)]
)
def test_refuses_parameters_without_a_meaning(field, value):
    with pytest.raises(UserError, match=f"method.{field}="):
        KnewImp(**{field: value}).check()
