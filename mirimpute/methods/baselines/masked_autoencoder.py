"""What remasker and cacti share: a masked autoencoder that learns to say entries which it was not shown.

KL(P_{X(g), M} || q x P_M) = KL(P_{X_obs, M} || q(x_obs) P_M) + E KL(P(x_miss | x_obs, M) || q(x_miss | x_obs)). No g
moves the first term. Of the second the mean is kept: the network predicts E[x | x_seen] in squared error, which is one
Euler step of the joint flow. No completion is learnt from, so that one round is all: of each row some of the observed
entries are hidden, and the methods differ in which. The completed table has no spread of its own and is no draw.

Columns are scaled to [0, 1] by their observed range, in which predictions stay. The loss is the mean of (x - x_hat)^2
over the seen entries plus that over the observed entries that were hidden.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mirimpute.errors import UserError
from mirimpute.flow.training import Optimisation, Trainer
from mirimpute.methods.base import Fitted, Method, Problem
from mirimpute.methods.baselines.neural import LIBRARIES, NeuralTransport, by_rows, run
from mirimpute.methods.loop import fill_means
from mirimpute.methods.parameters import Count, CountOrZero, Decay, Positive
from mirimpute.types import Progress, lazy, no_progress

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy("torch")

_SMALLEST_RANGE = 1e-8
_SQUARES = 0.95
"""Decay of AdamW's average of squared gradients, in the released code of both."""


@dataclass(frozen=True)
class Annealing(Optimisation):
    """An optimiser whose rate rises as a line, reaches its largest value, and falls from there to 0 as a cosine."""

    def rate(self, step: int) -> float:
        """Return the learning rate of step 0, 1, ..."""
        if self.decay is None or step < self.warm_up:
            return self.learning_rate * min(1.0, (step + 1) / self.warm_up)
        passed = (step - self.warm_up) / max(self.decay - self.warm_up, 1)
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * min(passed, 1.0)))


@dataclass
class MaskedAutoencoding(Method):
    """A method whose transport is a masked autoencoder.

    Attributes:
        epochs, batch: of the training.
        width, depth, decoder_depth, heads: of the transformer.
        learning_rate, weight_decay, clip: of AdamW.
        warm_up: epochs in which the rate rises; then it falls to 0 as a cosine.
    """

    libraries: ClassVar[tuple[str, ...]] = (*LIBRARIES, "mirimpute.methods.baselines.transformer")

    epochs: Count = 600
    batch: Count = 64
    width: Count = 32
    depth: Count = 6
    decoder_depth: Count = 4
    heads: Count = 4
    learning_rate: Positive = 1e-3
    weight_decay: Decay = 0.01
    clip: Positive = 5.0
    warm_up: CountOrZero = 40

    def check(self) -> None:
        """Refuse parameters without a meaning.

        Raises:
            UserError: one is out of its range, or the width is no even multiple of the heads.
        """
        super().check()
        if self.width % self.heads or self.width % 2:
            raise UserError(f"method.width={self.width} is no even multiple of method.heads={self.heads}: give one")

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Complete the table."""
        return run(problem, self._transport(problem, progress), "mean", fill_means, chains=1)

    @abstractmethod
    def _transport(self, problem: Problem, progress: Progress) -> MaskingTransport:
        """Return the transport."""


class MaskingTransport(NeuralTransport):
    """A masked autoencoder that learns from observed entries."""

    settings: Any

    def __init__(self, settings: MaskedAutoencoding, problem: Problem, progress: Progress) -> None:
        from mirimpute.methods.baselines.transformer import MaskedAutoencoder

        super().__init__(settings, problem, progress)
        self.rounds = 1
        n, d = problem.x_incomplete.shape
        low, high = np.nanmin(problem.x_incomplete, axis=0), np.nanmax(problem.x_incomplete, axis=0)
        self._low, self._range = (
            torch.as_tensor(each, dtype=torch.float32, device=self._device)
            for each in (low, np.maximum(high - low, _SMALLEST_RANGE))
        )
        steps = math.ceil(n / settings.batch)
        optimisation = Annealing(
            settings.learning_rate,
            settings.weight_decay,
            warm_up=max(1, min(settings.warm_up, settings.epochs // 2) * steps),
            decay=settings.epochs * steps,
            clip=settings.clip,
            average=0.0,
            squares=_SQUARES,
        )
        network = MaskedAutoencoder(
            d, settings.width, settings.depth, settings.decoder_depth, settings.heads, self._first
        )
        self._training = Trainer(network.to(self._device), optimisation)

    @abstractmethod
    def _seen(self, observed: Tensor, patterns: Tensor) -> Tensor:
        """Return which entries of rows are shown to the network, bool (n, d), among the observed.

        Args:
            observed: bool (n, d).
            patterns: bool (n_rows, d), what each row of the table observes.
        """

    def _learn(self, chains: Tensor, missing: Tensor) -> dict[str, Any]:
        observed, settings = ~missing, self.settings
        x = (chains[0] - self._low) / self._range
        losses: list[float] = []
        for epoch in range(settings.epochs):
            self._report(epoch, settings.epochs)
            order = torch.randperm(len(x), generator=self._generator, device=self._device)
            losses = [
                self._step(self._training, self._loss(x[rows], observed[rows], self._seen(observed[rows], observed)))
                for rows in order.split(settings.batch)
            ]
        return {"loss": sum(losses) / len(losses)}

    def _loss(self, x: Tensor, observed: Tensor, seen: Tensor) -> Tensor:
        error = torch.where(observed, self._training.network(x, seen) - x, 0.0).square()
        hidden = observed & ~seen
        return sum(  # type: ignore[return-value]  # of tensors
            (error * part).sum() / part.sum().clamp_min(1) for part in (seen, hidden)
        )

    def _means(self, chains: Tensor, missing: Tensor) -> Tensor:
        def mean(x: Tensor, hidden: Tensor) -> Tensor:
            predicted = self._training.averaged((x - self._low) / self._range, ~hidden)
            return self._low + self._range * predicted

        return by_rows(mean, chains, missing)


def random_part(candidates: Tensor, count: Tensor | int, noise: Tensor) -> Tensor:
    """Return a random choice of at most ``count`` of the true entries in each row of ``candidates``, bool (n, d).

    Args:
        candidates: bool (n, d).
        count: one number, or one for each row, (n, 1).
        noise: (n, d), uniform on [0, 1).
    """
    rank = torch.where(candidates, noise, 2.0).argsort(dim=1).argsort(dim=1)
    return candidates & (rank < count)
