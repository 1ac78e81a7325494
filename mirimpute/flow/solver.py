"""Integration in equal steps from tau = 0 to tau = 1: of dx/dtau = v(x, tau), or with a clock for each coordinate."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mirimpute.errors import unknown

if TYPE_CHECKING:
    from torch import Tensor

Velocity = Callable[["Tensor", float], "Tensor"]


def euler(velocity: Velocity, x: Tensor, tau: float, step: float) -> Tensor:
    """Return x + step v(x, tau): order 1."""
    return x + step * velocity(x, tau)


def heun(velocity: Velocity, x: Tensor, tau: float, step: float) -> Tensor:
    """Return the trapezoidal step: order 2. The last step is Euler's, because v is not defined at tau = 1."""
    first = velocity(x, tau)
    ahead = x + step * first
    if tau + step >= 1 - 1e-9:
        return ahead
    return x + step / 2 * (first + velocity(ahead, tau + step))


SOLVERS: dict[str, Callable[[Velocity, Tensor, float, float], Tensor]] = {"euler": euler, "heun": heun}


def integrate(velocity: Velocity, x: Tensor, steps: int, solver: str = "euler") -> Tensor:
    """Return x at tau = 1, started from ``x`` at tau = 0, in equal steps.

    >>> import torch
    >>> round(integrate(lambda x, tau: -x, torch.ones(1), 1000).item(), 3)  # exp(-1)
    0.368

    Raises:
        UserError: unknown solver.
    """
    if solver not in SOLVERS:
        raise unknown("solver", solver, SOLVERS)
    advance = SOLVERS[solver]
    for number in range(steps):
        x = advance(velocity, x, number / steps, 1 / steps)
    return x


def integrate_by_clock(
    field: Velocity, clock: Callable[[float], Tensor], x: Tensor, steps: int, solver: str = "euler"
) -> Tensor:
    """Return x at tau = 1 for dx_j / dclock_j = field_j(x, tau), started from ``x`` at tau = 0, in equal steps of tau.

    A step is exact where the field is constant, whatever the clock does. Heun's last step is not replaced by Euler's:
    the field must be defined at tau = 1.

    >>> import torch
    >>> x = integrate_by_clock(lambda x, tau: torch.ones(2), lambda tau: torch.tensor([tau, tau**9]), torch.zeros(2), 3)
    >>> x.tolist()
    [1.0, 1.0]

    Args:
        field: of state and tau.
        clock: the time of each coordinate at tau, of the shape of ``x``.
        x: the start.
        steps: how many.
        solver: euler or heun.

    Raises:
        UserError: unknown solver.
    """
    if solver not in SOLVERS:
        raise unknown("solver", solver, SOLVERS)
    time = clock(0.0)
    for number in range(steps):
        tau, ahead = number / steps, (number + 1) / steps
        later = clock(ahead)
        first = field(x, tau)
        moved = x + (later - time) * first
        if solver == "heun":
            moved = x + (later - time) / 2 * (first + field(moved, ahead))
        x, time = moved, later
    return x
