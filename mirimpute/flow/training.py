"""Training of a network: AdamW with warm-up and decay, clipped gradients, and an average of the weights."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from mirimpute.types import lazy

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn
else:
    torch, nn = lazy("torch"), lazy("torch.nn")

Network = TypeVar("Network", bound="nn.Module")


@dataclass(frozen=True)
class Optimisation:
    """Settings of the optimiser.

    Attributes:
        learning_rate: the largest.
        weight_decay: of AdamW.
        warm_up: steps of linear warm-up.
        decay: steps over which the rate then falls to 0 as a cosine (None: it stays, until a later run decays).
        clip: largest norm of the gradient.
        average: decay of the exponential moving average of the weights (it starts as a plain mean).
        squares: decay of AdamW's average of squared gradients.
    """

    learning_rate: float
    weight_decay: float
    warm_up: int
    decay: int | None
    clip: float
    average: float
    squares: float = 0.999

    def rate(self, step: int) -> float:
        """Return the learning rate of step 0, 1, ..."""
        warm = min(1.0, (step + 1) / self.warm_up)
        if self.decay is None:
            return self.learning_rate * warm
        return self.learning_rate * warm * 0.5 * (1 + math.cos(math.pi * min(step / self.decay, 1.0)))


class Trainer(Generic[Network]):
    """Trains a network and keeps the average of its weights, ``averaged``, which is what predictions use.

    All weights lie in one vector, and so do their gradients and averages. With a tensor for each weight and torch's
    ``AveragedModel``, a step has the same bits and takes 1.7 times as long at width 32 and batch 64. No scheduler of
    torch has these rates: warm-up times decay. Steps whose loss or gradient is not finite are left out; ``skipped``
    counts them.
    """

    def __init__(self, network: Network, settings: Optimisation) -> None:
        self.network = network
        self.averaged = copy.deepcopy(network).eval().requires_grad_(False)
        self.settings = settings
        self.steps = 0
        self.skipped = 0
        self._weights = nn.Parameter(_as_one(list(network.parameters())))
        self._weights.grad = torch.zeros_like(self._weights)
        _lend(list(network.parameters()), self._weights.grad)
        self._averages = _as_one(list(self.averaged.parameters()))
        self._gradients, self._squares = torch.zeros_like(self._weights), torch.zeros_like(self._weights)
        self._taken = torch.zeros((), device=self._weights.device)

    def step(self, loss: Tensor) -> float:
        """Take one step down ``loss`` and return its value."""
        gradient = self._weights.grad
        assert gradient is not None
        rate = self.settings.rate(self.steps)
        gradient.zero_()
        loss.backward()
        norm, value = float(torch.linalg.vector_norm(gradient)), float(loss.detach())
        self.steps += 1
        if not (math.isfinite(value) and math.isfinite(norm)):
            self.skipped += 1
            return value
        if norm > self.settings.clip:
            gradient.mul_(self.settings.clip / norm)
        decay = min(self.settings.average, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            self._move(gradient, rate)
            self._averages.lerp_(self._weights, 1 - decay)
        return value

    def _move(self, gradient: Tensor, rate: float) -> None:
        """Take a step of AdamW by the kernel that ``torch.optim.AdamW(fused=True)`` calls.

        The class itself imports torch's compiler, which takes longer than filling a small table.
        """
        self._taken += 1
        torch._fused_adamw_(
            [self._weights],
            [gradient],
            [self._gradients],
            [self._squares],
            [],
            [self._taken],
            lr=rate,
            beta1=0.9,
            beta2=self.settings.squares,
            weight_decay=self.settings.weight_decay,
            eps=1e-8,
            amsgrad=False,
            maximize=False,
        )


def _as_one(parameters: list[nn.Parameter]) -> Tensor:
    """Return one vector that holds all parameters, which become views of it."""
    joined = torch.cat([parameter.detach().reshape(-1) for parameter in parameters])
    for parameter, part in zip(parameters, _parts(parameters, joined), strict=True):
        parameter.data = part
    return joined


def _lend(parameters: list[nn.Parameter], gradient: Tensor) -> None:
    """Make the gradients of the parameters views of one vector, to which backward adds."""
    for parameter, part in zip(parameters, _parts(parameters, gradient), strict=True):
        parameter.grad = part


def _parts(parameters: list[nn.Parameter], joined: Tensor) -> list[Tensor]:
    sizes = [parameter.numel() for parameter in parameters]
    return [part.view(parameter.shape) for parameter, part in zip(parameters, joined.split(sizes), strict=True)]
