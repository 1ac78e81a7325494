"""Gradient steps that stay stable: AdamW, warm-up and decay, clipping, and an average of the weights."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mirimpute.flow.network import ResidualNetwork


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
    """

    learning_rate: float
    weight_decay: float
    warm_up: int
    decay: int | None
    clip: float
    average: float

    def rate(self, step: int) -> float:
        """Return the learning rate of step 0, 1, ..."""
        warm = min(1.0, (step + 1) / self.warm_up)
        if self.decay is None:
            return self.learning_rate * warm
        return self.learning_rate * warm * 0.5 * (1 + math.cos(math.pi * min(step / self.decay, 1.0)))


class Trainer:
    """Trains a network and keeps the average of its weights, ``averaged``, which is what predictions use.

    Steps whose loss or gradient is not finite are left out; ``skipped`` counts them.
    """

    def __init__(self, network: ResidualNetwork, settings: Optimisation) -> None:
        self.network = network
        self.averaged = copy.deepcopy(network).eval().requires_grad_(False)
        self.settings = settings
        self.steps = 0
        self.skipped = 0
        self._weights: list[Tensor] = list(network.parameters())
        self._averages: list[Tensor] = list(self.averaged.parameters())
        self._optimiser = torch.optim.AdamW(
            self._weights, lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
        )

    def step(self, loss: Tensor) -> float:
        """Take one step down ``loss`` and return its value."""
        for group in self._optimiser.param_groups:
            group["lr"] = self.settings.rate(self.steps)
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self._weights, self.settings.clip)
        value = float(loss.detach())
        self.steps += 1
        if not (math.isfinite(value) and math.isfinite(float(norm))):
            self.skipped += 1
            return value
        self._optimiser.step()
        decay = min(self.settings.average, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            torch._foreach_lerp_(self._averages, self._weights, 1 - decay)
        return value
