"""The Sinkhorn divergence between two sets of rows, differentiable in torch, for many pairs of sets at once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mirimpute.types import lazy

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy("torch")

_STEPS = 100
_TOLERANCE = 1e-3
_FAR = 10.0
"""How far scalings may move in logarithms before the kernel is made anew."""


def sinkhorn_divergence(
    x: Tensor, y: Tensor, regularisation: float | Tensor, *, steps: int = _STEPS, tolerance: float = _TOLERANCE
) -> Tensor:
    """Return S(x, y) = OT(x, y) - OT(x, x) / 2 - OT(y, y) / 2 for each pair of sets, (...).

    OT(x, y) = min over plans P with uniform marginals of sum P |x_i - y_j|^2 + e KL(P || uniform), with e the
    ``regularisation``. S is 0 for equal sets and not negative (Feydy et al., AISTATS 2019, theorem 1), which OT is
    not. By the envelope theorem the gradient is that of sum P |x_i - y_j|^2 with P held fixed, so nothing is
    differentiated through the iterations.

    Args:
        x: (..., n, d).
        y: (..., m, d).
        regularisation: above 0, a number or (...).
        steps: the most iterations.
        tolerance: stop once no potential moves by more than this times the regularisation.
    """
    xx, yy = (_regularised(own, own, regularisation, steps, tolerance, symmetric=True) for own in (x, y))
    return _regularised(x, y, regularisation, steps, tolerance) - xx / 2 - yy / 2


def transport_plan(
    cost: Tensor,
    regularisation: float | Tensor,
    *,
    steps: int = _STEPS,
    tolerance: float = _TOLERANCE,
    symmetric: bool = False,
) -> tuple[Tensor, Tensor]:
    """Return the plan (..., n, m) of least regularised cost between uniform weights, and that cost (...).

    Sinkhorn's iterations; each takes the mean of the old potentials and the new, which converges in few steps also when
    the two sets are the same (Feydy et al., section 3.1). They begin in logarithms; once potentials move by little,
    they go on as products with the kernel, without its exponentials, and what they have moved is taken up into the
    kernel before it can leave the range of the numbers (Peyre & Cuturi, "Computational Optimal Transport",
    2019, sections 4.2 and 4.4; Schmitzer, SIAM J. Sci. Comput. 2019). The rows of the plan are then made exact.

    Args:
        cost: (..., n, m).
        regularisation, steps, tolerance: see :func:`sinkhorn_divergence`.
        symmetric: the two sets are the same, and so are the potentials.
    """
    n, m = cost.shape[-2:]
    e = torch.as_tensor(regularisation, dtype=cost.dtype, device=cost.device)[..., None, None]
    scaled = cost / e
    f, g = torch.zeros_like(scaled[..., :1]), torch.zeros_like(scaled[..., :1, :])
    a, b = f, g  # what the potentials have moved since the kernel was made
    kernel: Tensor | None = None
    for _ in range(steps):
        if kernel is None:
            new_a = -torch.logsumexp(g - scaled - math.log(m), dim=-1, keepdim=True) - f
            new_b = new_a.mT if symmetric else -torch.logsumexp(f - scaled - math.log(n), dim=-2, keepdim=True) - g
        else:
            new_a = -torch.log(kernel @ b.exp().mT / m)
            new_b = new_a.mT if symmetric else -torch.log(a.exp().mT @ kernel / n)
        moved = torch.maximum((new_a - a).abs().max(), (new_b - b).abs().max())
        a, b = (a + new_a) / 2, (b + new_b) / 2
        far = float(torch.maximum(a.abs().max(), b.abs().max()))
        if kernel is None or not far < _FAR:
            f, g, a, b = f + a, g + b, torch.zeros_like(a), torch.zeros_like(b)
            kernel = torch.exp(f + g - scaled) if far < _FAR else None
        if moved < tolerance:
            break
    g = g + b
    f = -torch.logsumexp(g - scaled - math.log(m), dim=-1, keepdim=True)
    plan = torch.exp(f + g - scaled) / (n * m)
    value = e[..., 0, 0] * (f.mean(dim=(-2, -1)) + g.mean(dim=(-2, -1)))
    return plan, value


def _regularised(
    x: Tensor, y: Tensor, regularisation: float | Tensor, steps: int, tolerance: float, symmetric: bool = False
) -> Tensor:
    """Return OT(x, y) with the value of the dual and the gradient of the plan's cost."""
    cost = squared_distances(x, y)
    with torch.no_grad():
        plan, value = transport_plan(cost, regularisation, steps=steps, tolerance=tolerance, symmetric=symmetric)
    linear = (plan * cost).sum(dim=(-2, -1))
    return value + linear - linear.detach()


def squared_distances(x: Tensor, y: Tensor) -> Tensor:
    """Return |x_i - y_j|^2, (..., n, m)."""
    products = x @ y.mT
    squares = x.square().sum(dim=-1)[..., :, None] + y.square().sum(dim=-1)[..., None, :]
    return (squares - 2 * products).clamp_min(0)
