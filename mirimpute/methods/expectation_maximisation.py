"""Expectation-maximisation: the normal distribution of highest likelihood for a table with holes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mirimpute.methods.gaussian import SMALLEST_VARIANCE, GaussianModel
from mirimpute.types import lazy

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy("torch")

_GROUPS = 4


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
    groups = groups_of(known)
    for _ in range(rounds):
        before, model = model, em_step(model, x, known, shrinkage, groups)
        if float((model.covariance - before.covariance).abs().max()) < tolerance:
            break
    return model


def independent(x: Tensor) -> GaussianModel:
    """Return N(0, I) over the columns of ``x`` (n, d), where EM starts."""
    d = x.shape[1]
    identity = torch.eye(d, dtype=x.dtype, device=x.device)
    return GaussianModel(torch.zeros(d, dtype=x.dtype, device=x.device), identity)


def em_step(
    model: GaussianModel, x: Tensor, known: Tensor, shrinkage: float, groups: Sequence[Group] | None = None
) -> GaussianModel:
    """Return the model after one step of :func:`fit_em`, whose arguments these are.

    E: the moments of each row given its known entries, under ``model``. M: mean and covariance of these rows, with
    the conditional covariances added, then shrunk. ``groups`` of the rows need not be found again.
    """
    filled, spread = expected(model, x, known, groups_of(known) if groups is None else groups)
    mean = filled.mean(dim=0)
    centred = filled - mean
    covariance = (centred.T @ centred + spread) / len(x)
    variance = covariance.diagonal().clamp_min(SMALLEST_VARIANCE)
    covariance = (1 - shrinkage) * covariance
    covariance = covariance - torch.diag(covariance.diagonal()) + torch.diag(variance * (1 + SMALLEST_VARIANCE))
    return GaussianModel(mean, covariance)


@dataclass(frozen=True)
class Group:
    """Rows with about as many unknown entries, whose patterns are solved together by matrices no larger than these.

    Attributes:
        place: int (p, u), the unknown columns of each pattern; where it has fewer than u, known ones behind them.
        unknown: (p, u), 1 or 0, which of them are unknown.
        count: (p,), rows of each pattern.
        rows: int (m,).
        pattern: int (m,), of each row.
    """

    place: Tensor
    unknown: Tensor
    count: Tensor
    rows: Tensor
    pattern: Tensor


def groups_of(known: Tensor) -> list[Group]:
    """Return the rows of ``known``, bool (n, d), with an unknown entry, in groups."""
    patterns, pattern = torch.unique(~known, dim=0, return_inverse=True)
    size = patterns.sum(dim=1)
    found = []
    for part in torch.argsort(size, stable=True).tensor_split(_GROUPS):
        most = int(size[part[-1]]) if len(part) else 0
        if not most:
            continue
        place = torch.argsort(patterns[part].to(torch.uint8), dim=1, stable=True, descending=True)[:, :most]
        number = torch.full((len(patterns),), -1, device=known.device)
        number[part] = torch.arange(len(part), device=known.device)
        rows = torch.nonzero(number[pattern] >= 0)[:, 0]
        own = number[pattern[rows]]
        count = torch.bincount(own, minlength=len(part)).to(torch.float64)
        found.append(Group(place, torch.gather(patterns[part], 1, place).to(torch.float64), count, rows, own))
    return found


def expected(model: GaussianModel, x: Tensor, known: Tensor, groups: Sequence[Group]) -> tuple[Tensor, Tensor]:
    """Return the rows with their conditional means, (n, d), and the sum over rows of Cov[x | x_known], (d, d).

    By the precision P = S^-1: given the known entries, the covariance of the unknown ones is (P_uu)^-1 and their
    mean mu_u - (P_uu)^-1 P_uk (x_k - mu_k) (Lauritzen, "Graphical models", 1996, proposition C.5). With 30 % of 60
    columns unknown it takes a sixth of the time of :meth:`GaussianModel.moments`, which gives each covariance.

    Args:
        model: with a precision.
        x: (n, d); entries that are not known may hold anything finite.
        known: bool (n, d).
        groups: see :func:`groups_of`.
    """
    d, x = x.shape[1], x.to(model.covariance.dtype)
    precision = torch.cholesky_inverse(torch.linalg.cholesky(model.covariance))
    pull = torch.where(known, x - model.mean, 0.0) @ precision
    filled = torch.where(known, x, model.mean)
    spread = x.new_zeros(d * d)
    for group in groups:
        both = group.unknown[:, :, None] * group.unknown[:, None, :]
        inner = precision[group.place[:, :, None], group.place[:, None, :]] * both + torch.diag_embed(1 - group.unknown)
        covariance = torch.cholesky_inverse(torch.linalg.cholesky(inner)) * both
        place = group.place[group.pattern]
        moved = (covariance[group.pattern] @ torch.gather(pull[group.rows], 1, place)[:, :, None])[:, :, 0]
        filled[group.rows] = filled[group.rows].scatter_add(1, place, -moved)
        where = (group.place[:, :, None] * d + group.place[:, None, :]).reshape(-1)
        spread.index_add_(0, where, (covariance * group.count[:, None, None]).reshape(-1))
    return filled, spread.view(d, d)
