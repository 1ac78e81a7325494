"""The straight path from source to target, and how the velocity follows from a prediction of the target.

x_tau = tau x1 + (1 - tau) x0, with x0 ~ N(0, I). The network predicts the target, x1_hat(x_tau, tau), because at
tau = 0 that is the conditional mean itself; the velocity follows, v = (x1_hat - x_tau) / (1 - tau).
Reference: Liu, Gong, Liu, "Flow Straight and Fast", ICLR 2023, equation 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mirimpute.types import lazy

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy("torch")


def interpolate(source: Tensor, target: Tensor, tau: Tensor) -> Tensor:
    """Return x_tau = tau target + (1 - tau) source; ``tau`` (..., 1) in [0, 1], the others (..., d)."""
    return tau * target + (1 - tau) * source


def velocity(prediction: Tensor, x: Tensor, tau: Tensor) -> Tensor:
    """Return (prediction - x) / (1 - tau), for tau < 1."""
    return (prediction - x) / (1 - tau)


@dataclass(frozen=True)
class Preconditioner:
    """The prediction of a Gaussian base, and how the network corrects it.

    If the target were N(mean, spread^2) in each coordinate, E[x1 | x_tau] would be mean + gain (x_tau - tau mean) with
    gain = tau spread^2 / (tau^2 spread^2 + (1 - tau)^2), and its error would have standard deviation ``error``.
    The network sees the base's correction in units of the spread, which is 0 at tau = 0 whatever the noise, so the
    conditional mean at tau = 0 does not depend on x0; what it returns is multiplied by ``error``, which vanishes as
    tau goes to 1. The construction follows Karras et al., "Elucidating the Design Space", NeurIPS 2022, table 1.

    If the base were right, x_tau would be tau mean + deviation e with one e ~ N(0, 1) for all times. In the
    coordinate e, with ``angle`` as its time, the flow is the output of the network: de / dangle = output. Steps
    are then exact for the base. In x itself they are not where the spread is small, because nearly all change is close
    to tau = 1: eight steps of Heun lose two fifths of a spread of 0.1.

    Attributes:
        mean, spread: (..., d), of the base; spread above 0.
        tau: (..., 1), in [0, 1].
    """

    mean: Tensor
    spread: Tensor
    tau: Tensor

    def correction(self, x: Tensor) -> Tensor:
        """Return gain (x - tau mean), how far x moves the base's prediction from its mean."""
        variance = self.tau**2 * self.spread**2 + (1 - self.tau) ** 2
        return self.tau * self.spread**2 / variance * (x - self.tau * self.mean)

    def angle(self) -> Tensor:
        """Return arctan(tau spread / (1 - tau)), (..., d): the time of each coordinate, from 0 to pi / 2."""
        return torch.atan2(self.tau * self.spread, 1 - self.tau)

    def error(self) -> Tensor:
        """Return the standard deviation of the base's own prediction error: spread at tau = 0, 0 at tau = 1."""
        variance = self.tau**2 * self.spread**2 + (1 - self.tau) ** 2
        return self.spread * (1 - self.tau) / torch.sqrt(variance)
