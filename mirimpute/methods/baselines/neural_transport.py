"""What the neural transports share: tensors, seeds, bounds, and a training that ends when it is not finite."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mirimpute.errors import ImputationError
from mirimpute.flow.training import Network, Optimisation, Trainer
from mirimpute.methods.base import Problem
from mirimpute.methods.bounds import bounds
from mirimpute.methods.device import torch_device
from mirimpute.methods.loop import Transport
from mirimpute.seeding import integer_seed
from mirimpute.types import Progress

_STEPS_BETWEEN_REPORTS = 20
_ROWS_AT_ONCE = 16384
_CLIP = 1.0


class NeuralTransport(Transport):
    """A transport that moves the missing entries of a row together, computed by torch.

    Subclasses see float32 tensors on the device and answer for all columns; what they return is kept inside the
    observed range of each column, widened by one standard deviation.

    Args:
        problem: seed, device and range of the columns.
        rounds: of the outer loop, for reports of progress.
        progress: called during the steps.
    """

    def __init__(self, problem: Problem, rounds: int, progress: Progress) -> None:
        self._device = torch_device(problem.device)
        seed = integer_seed(problem.seed, type(self).__name__) % 2**63
        self._first = torch.Generator().manual_seed(seed)  # initial weights are the same on every device
        self._generator = torch.Generator(device=self._device).manual_seed(seed)
        self._lowest, self._highest = (
            torch.as_tensor(limit, dtype=torch.float32, device=self._device) for limit in bounds(problem.x_incomplete)
        )
        self._rounds = rounds
        self._round = 0
        self._progress = progress
        self._facts: dict[str, Any] = {}

    @abstractmethod
    def _learn(self, chains: Tensor, missing: Tensor) -> dict[str, Any]:
        """Learn from completed rows (chains, n, d) with the pattern (n, d), and return facts for the trace."""

    @abstractmethod
    def _means(self, chains: Tensor, missing: Tensor) -> Tensor:
        """Return the conditional mean of missing entries, (chains, n, d)."""

    def _draws(self, chains: Tensor, missing: Tensor) -> Tensor:
        """Return a sample of missing entries, (chains, n, d); by default the mean."""
        return self._means(chains, missing)

    def fit(self, x: np.ndarray, missing: np.ndarray, block: np.ndarray, rng: np.random.Generator) -> None:
        """Train on the completed rows.

        Raises:
            ImputationError: a loss is not finite: "diverged in round r".
        """
        self._round += 1
        self._facts = self._learn(*self._tensors(x, missing))

    def mean(self, x: np.ndarray, missing: np.ndarray, block: np.ndarray) -> np.ndarray:
        """Return the conditional mean."""
        with torch.no_grad():
            return self._bounded(self._means(*self._tensors(x, missing)), block)

    def draw(self, x: np.ndarray, missing: np.ndarray, block: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return one sample for each chain."""
        with torch.no_grad():
            return self._bounded(self._draws(*self._tensors(x, missing)), block)

    def facts(self) -> dict[str, Any]:
        """Return the losses of the last round."""
        return self._facts

    def _tensors(self, x: np.ndarray, missing: np.ndarray) -> tuple[Tensor, Tensor]:
        chains = torch.as_tensor(x, dtype=torch.float32, device=self._device)
        return chains, torch.as_tensor(missing, device=self._device)

    def _bounded(self, x: Tensor, block: np.ndarray) -> np.ndarray:
        return x.clamp(self._lowest, self._highest)[:, :, block].double().cpu().numpy()

    def _rand(self, *shape: int) -> Tensor:
        return torch.rand(shape, generator=self._generator, device=self._device)

    def _randn(self, *shape: int) -> Tensor:
        return torch.randn(shape, generator=self._generator, device=self._device)

    def _choose(self, high: int, *shape: int) -> Tensor:
        return torch.randint(high, shape, generator=self._generator, device=self._device)

    def _trainer(
        self, network: Network, steps: int, learning_rate: float, weight_decay: float, average: float
    ) -> Trainer[Network]:
        """Return a trainer for ``steps`` steps in all, whose rate warms up and then decays to 0."""
        warm_up = max(1, min(100, steps // 10))
        settings = Optimisation(learning_rate, weight_decay, warm_up, steps, _CLIP, average)
        return Trainer(network.to(self._device), settings)

    def _train(self, trainer: Trainer[Any], steps: int, loss: Callable[[], Tensor]) -> float:
        """Take ``steps`` steps, each down a new value of ``loss``, and return the mean of the last tenth."""
        last = []
        for number in range(steps):
            self._report(number, steps)
            last.append(self._step(trainer, loss()))
        last = last[-max(1, steps // 10) :]
        return sum(last) / len(last)

    def _step(self, trainer: Trainer[Any], loss: Tensor) -> float:
        value = trainer.step(loss)
        if not math.isfinite(value):
            raise ImputationError(f"diverged in round {self._round}: the training loss is {value}")
        return value

    def _report(self, number: int, steps: int) -> None:
        if number % _STEPS_BETWEEN_REPORTS == 0:
            self._progress(f"round {self._round}/{self._rounds}", number, steps)


def by_rows(answer: Callable[..., Tensor], *tensors: Tensor, rows: int = _ROWS_AT_ONCE) -> Tensor:
    """Return ``answer`` of tensors (n, ...) computed for so many rows at a time, so that memory stays bounded."""
    return torch.cat([answer(*parts) for parts in zip(*(tensor.split(rows) for tensor in tensors), strict=True)])
