"""MIWAE: its parts in closed form, and its mean and draws on Gaussian data."""

import numpy as np
import pytest
import torch

from mirimpute.errors import UserError
from mirimpute.methods.baselines.miwae import Miwae, MiwaeTransport, bound
from mirimpute.methods.baselines.networks import LatentVariableModel
from mirimpute.types import no_progress
from tests.methods.conftest import problem_of
from tests.methods.gaussians import conditional_means, conditional_variances, gaussian_table

LOADINGS = torch.tensor([[1.0, -0.5, 0.8], [0.3, 0.9, -0.4]], dtype=torch.float64)
SPREAD = 0.5


class _Factors(LatentVariableModel):
    """x = z W + noise, close to normal, with the prior as proposal: every quantity is known."""

    def __init__(self):
        super().__init__(3, 2, 4, torch.Generator().manual_seed(0))
        self.double()

    def encode(self, x, observed):
        return x.new_zeros((len(x), 2)), x.new_ones((len(x), 2))

    def decode(self, z):
        location = z @ LOADINGS
        return location, torch.full_like(location, SPREAD)

    def degrees(self):
        return torch.full((3,), 1e6, dtype=torch.float64)


COVARIANCE = (LOADINGS.T @ LOADINGS).numpy() + SPREAD**2 * np.eye(3)


def _rows():
    x, missing = gaussian_table(6, COVARIANCE, 0.4, seed=3)
    return x, missing


def test_density_is_student():
    model = LatentVariableModel(3, 2, 4, torch.Generator().manual_seed(0)).double()
    generator = torch.Generator().manual_seed(1)
    x, location = (torch.randn((7, 3), generator=generator, dtype=torch.float64) for _ in range(2))
    scale = 0.1 + torch.rand((7, 3), generator=generator, dtype=torch.float64)
    expected = torch.distributions.StudentT(model.degrees(), location, scale).log_prob(x)
    assert torch.allclose(model.log_density(x, location, scale), expected, atol=1e-10)


def test_bound_tends_to_the_log_likelihood_of_the_observed_entries():
    x, missing = _rows()
    weights, _, _ = _Factors().log_weights(
        torch.as_tensor(x), torch.as_tensor(~missing), 200_000, torch.Generator().manual_seed(0)
    )
    for row, hidden, found in zip(x, missing, bound(weights), strict=True):
        seen = ~hidden
        normal = torch.distributions.MultivariateNormal(
            torch.zeros(int(seen.sum()), dtype=torch.float64), torch.as_tensor(COVARIANCE[np.ix_(seen, seen)])
        )
        assert float(found) == pytest.approx(float(normal.log_prob(torch.as_tensor(row[seen]))), abs=0.05)


def test_weighted_mean_and_resampled_draws_have_the_exact_conditional():
    x, missing = _rows()
    transport = MiwaeTransport(Miwae(importance=50_000), problem_of(np.where(missing, np.nan, x)), no_progress)
    transport._model = _Factors()
    tables, pattern = torch.as_tensor(x)[None], torch.as_tensor(missing)
    exact = conditional_means(x, missing, COVARIANCE)
    assert np.allclose(transport._means(tables, pattern)[0].numpy()[missing], exact[missing], atol=0.05)
    transport.settings.importance = 2000
    draws = transport._draws(tables.expand(800, -1, -1), pattern).numpy()
    assert np.allclose(draws.mean(axis=0)[missing], exact[missing], atol=0.12)
    variances = conditional_variances(missing, COVARIANCE)[missing]
    assert np.allclose(draws.var(axis=0)[missing], variances, rtol=0.25)


def test_mean_comes_near_the_closed_form_after_training():
    covariance = 0.8 ** np.abs(np.subtract.outer(np.arange(3), np.arange(3)))
    x, missing = gaussian_table(1000, covariance, 0.3)
    imputed = Miwae(steps=500, width=32, latent=3, learning_rate=3e-3, draws=2).fit(
        problem_of(np.where(missing, np.nan, x))
    )
    exact = conditional_means(x, missing, covariance)
    apart = np.sqrt(np.mean((imputed.impute().point - exact)[missing] ** 2))
    assert apart < 0.2 * np.sqrt(np.mean(exact[missing] ** 2))  # of what the column mean is apart
    left = np.mean((imputed.impute().draws[0] - exact)[missing] ** 2)
    assert left == pytest.approx(conditional_variances(missing, covariance)[missing].mean(), rel=0.3)


@pytest.mark.parametrize(("field", "value"), [("latent", 0), ("samples", 0), ("learning_rate", -1.0), ("average", 1.0)])
def test_refuses_parameters_without_a_meaning(field, value):
    with pytest.raises(UserError, match=f"method.{field}="):
        Miwae(**{field: value}).check()
