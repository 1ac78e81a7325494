"""Expectation-maximisation: the normal distribution of highest likelihood for a table with holes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mirimpute.methods.gaussian import SMALLEST_VARIANCE, GaussianModel, rows_at_once
from mirimpute.types import lazy

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy("torch")


def fit_em(
    x: Tensor,
    known: Tensor,
    shrinkage: float,
    *,
    start: GaussianModel | None = None,
    rounds: int = 50,
    tolerance: float = 1e-3,
) -> GaussianModel:
    """Return the normal distribution of highest likelihood for an incomplete table, shrunk towards independence.

    Expectation-maximisation (Dempster, Laird & Rubin 1977; Little & Rubin 2019, section 11.2); after each step the
    correlations are multiplied by 1 - shrinkage, which keeps the covariance positive definite when columns repeat or
    rows are few.

    Args:
        x: float64 (n, d), standardised; entries that are not known may hold anything finite.
        known: bool (n, d).
        shrinkage: in [0, 1].
        start: where to start (default: independent columns).
        rounds: the most steps.
        tolerance: stop once no entry of the covariance moves by more, or than ``shrinkage``: where columns follow from
            each other, what they leave is as small.
    """
    model, tolerance = start or independent(x), min(tolerance, max(shrinkage, SMALLEST_VARIANCE))
    for _ in range(rounds):
        before, model = model, em_step(model, x, known, shrinkage)
        if float((model.covariance - before.covariance).abs().max()) < tolerance:
            break
    return model


def independent(x: Tensor) -> GaussianModel:
    """Return N(0, I) over the columns of ``x`` (n, d), where EM starts."""
    d = x.shape[1]
    identity = torch.eye(d, dtype=x.dtype, device=x.device)
    return GaussianModel(torch.zeros(d, dtype=x.dtype, device=x.device), identity)


def em_step(model: GaussianModel, x: Tensor, known: Tensor, shrinkage: float) -> GaussianModel:
    """Return the model after one step of :func:`fit_em`, whose arguments these are.

    E: the moments of each row given its known entries, under ``model``. M: mean and covariance of these rows, with
    the conditional covariances added, then shrunk.
    """
    rows = rows_at_once(model.covariance)
    completed, spread = [], torch.zeros_like(model.covariance)
    for part, part_known in zip(x.split(rows), known.split(rows), strict=True):
        means, covariances = model.moments(part, part_known)
        completed.append(means)
        spread += covariances.sum(dim=0)
    filled = torch.cat(completed)
    mean = filled.mean(dim=0)
    centred = filled - mean
    covariance = (centred.T @ centred + spread) / len(x)
    variance = covariance.diagonal().clamp_min(SMALLEST_VARIANCE)
    covariance = (1 - shrinkage) * covariance
    covariance = covariance - torch.diag(covariance.diagonal()) + torch.diag(variance * (1 + SMALLEST_VARIANCE))
    return GaussianModel(mean, covariance)
