"""What the methods share whose network removes noise, and the diffusion of missdiff and tabcsdi.

A diffusion, variance preserving, with a cosine schedule and prediction of the data:
x_t = a x + s e with a = cos(pi t / 2), s = sin(pi t / 2), e ~ N(0, I): data at t = 0, noise at t = 1. A network F
predicts the data as x_hat = a x_t + s F(x_t, t). For standardised independent normal data F is 0, and at t = 1 it is
x_hat itself, the conditional mean. F regresses on s x - a e, which has the same scale at all t (Salimans & Ho,
"Progressive Distillation", ICLR 2022, section 4: minus their v). The flow of MIRF is the same family of paths with
another clock (Lipman et al., "Flow Matching", ICLR 2023, section 4.1).

Reference: Ho, Jain, Abbeel, "Denoising Diffusion Probabilistic Models", NeurIPS 2020; the schedule is that of Nichol &
Dhariwal, ICML 2021, without its offset.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from mirimpute.methods.base import Method, Problem
from mirimpute.methods.baselines.neural import LIBRARIES, NeuralTransport
from mirimpute.methods.parameters import Count, Decay, Fraction, Positive
from mirimpute.types import Progress, lazy

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from mirimpute.flow.network import ResidualNetwork
else:
    torch = lazy("torch")

_LARGEST_INPUT = 8.0


@dataclass
class Denoising(Method):
    """A method whose network removes noise from rows.

    Attributes:
        rounds: of the outer loop; the network is kept from round to round.
        steps, batch: of the training in each round.
        width, blocks, dropout: of the residual network.
        learning_rate, weight_decay, average: of AdamW and of the moving average of the weights.
    """

    libraries: ClassVar[tuple[str, ...]] = LIBRARIES

    rounds: Count = 3
    steps: Count = 1000
    batch: Count = 256
    width: Count = 128
    blocks: Count = 2
    dropout: Fraction = 0.1
    learning_rate: Positive = 2e-3
    weight_decay: Decay = 0.1
    average: Fraction = 0.998


@dataclass
class Diffusion(Denoising):
    """A method whose transport is a diffusion.

    Attributes:
        solver_steps: of the reverse process.
        draws: completed tables, as chains of the loop and as the result.
    """

    solver_steps: Count = 20
    draws: Count = 20


def signal_and_noise(t: Tensor) -> tuple[Tensor, Tensor]:
    """Return a and s at times ``t`` in [0, 1].

    >>> a, s = signal_and_noise(torch.tensor([0.0, 0.5, 1.0]))
    >>> bool(torch.allclose(a**2 + s**2, torch.ones(3)))
    True
    """
    return torch.cos(math.pi / 2 * t), torch.sin(math.pi / 2 * t)


def ancestral_step(x: Tensor, prediction: Tensor, t: float, earlier: float, noise: Tensor) -> Tensor:
    """Return a sample of x at the time ``earlier`` < t given x_t and the predicted data.

    With r = a_t / a_earlier and b = 1 - (r s_earlier / s_t)^2, the share of the variance that is new at t (DDPM,
    equations 6 and 7): mean (1 - b) x_t / r + a_earlier b x_hat, variance s_earlier^2 b.
    """
    (a, s), (a_earlier, s_earlier) = (_pair(time) for time in (t, earlier))
    kept = (a / a_earlier) * s_earlier**2 / s**2  # (1 - b) / r, which stays finite where r = 0
    new = 1 - (a / a_earlier * s_earlier / s) ** 2
    return kept * x + a_earlier * new * prediction + s_earlier * math.sqrt(new) * noise


def renoise(x: Tensor, t: float, later: float, noise: Tensor) -> Tensor:
    """Return a sample of x at the time ``later`` > t given x_t: the forward process."""
    (a, _), (a_later, _) = (_pair(time) for time in (t, later))
    ratio = a_later / a
    return ratio * x + math.sqrt(1 - ratio**2) * noise


def _pair(t: float) -> tuple[float, float]:
    return math.cos(math.pi / 2 * t), math.sin(math.pi / 2 * t)


class DenoisingTransport(NeuralTransport):
    """A residual network that learns from noisy rows; kept from round to round.

    Args:
        settings, problem, progress: see :class:`NeuralTransport`.
        inputs_per_column: numbers that the network reads of each column.
    """

    settings: Denoising

    def __init__(self, settings: Denoising, problem: Problem, progress: Progress, inputs_per_column: int = 1) -> None:
        super().__init__(settings, problem, progress)
        self._sizes = inputs_per_column * problem.x_incomplete.shape[1], problem.x_incomplete.shape[1]
        self._training = self._trainer(self._network())

    def _network(self) -> ResidualNetwork:
        """Return a network that is not trained yet."""
        from mirimpute.flow.network import ResidualNetwork

        settings = self.settings
        return ResidualNetwork(*self._sizes, settings.width, settings.blocks, settings.dropout, self._first)

    @abstractmethod
    def _lesson(self, x: Tensor, missing: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return what the network reads of rows (n, d), what it should say (n, d), and which of that counts."""

    def _learn(self, chains: Tensor, missing: Tensor) -> dict[str, Any]:
        settings, network = self.settings, self._training.network
        n_chains, n, _ = chains.shape
        shape = (settings.blocks, settings.batch)

        def loss() -> Tensor:
            rows = self._choose(n, settings.batch)
            inputs, wanted, counts = self._lesson(chains[self._choose(n_chains, settings.batch), rows], missing[rows])
            output = network(inputs, network.dropped(shape, self._generator))
            return torch.where(counts, output - wanted, 0.0).square().sum() / counts.sum().clamp_min(1)

        return {"loss": self._train(self._training, loss)}


class DiffusionTransport(DenoisingTransport):
    """A diffusion whose targets are observed entries.

    Entries that a row misses are noised together with the others, from the completion of the round before, because
    when a row is drawn they carry noise too; they are never targets.
    """

    settings: Diffusion

    @abstractmethod
    def _hidden(self, missing: Tensor) -> Tensor:
        """Return which entries of the training rows are noised, from the pattern of each, (n, d)."""

    @abstractmethod
    def _features(self, expected: Tensor, x: Tensor, hidden: Tensor) -> Tensor:
        """Return what the network reads, (n, inputs), of rows whose hidden entries are noised.

        Args:
            expected: a x_t, what the noisy entries say by themselves; nothing at t = 1, so that pure noise is no input.
            x: the rows, (n, d).
            hidden: bool (n, d).
        """

    def _lesson(self, x: Tensor, missing: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        hidden = self._hidden(missing)
        t, noise = self._times(len(x)), self._randn(*x.shape)
        a, s = signal_and_noise(t)
        inputs = self._training.network.inputs(self._features(a * (a * x + s * noise), x, hidden), t)
        return inputs, s * x - a * noise, hidden & ~missing

    def _times(self, count: int) -> Tensor:
        """Return the times of a batch, (count, 1)."""
        return self._rand(count, 1)

    def _predict(self, noisy: Tensor, x: Tensor, hidden: Tensor, t: float) -> Tensor:
        """Return x_hat (n, d) inside the bounds of the columns."""
        network = self._training.averaged
        time = noisy.new_full((len(noisy), 1), t)
        a, s = _pair(t)
        output = network(network.inputs(self._features(a * noisy, x, hidden), time))
        return (a * noisy + s * output).clamp(self._lowest, self._highest)


def clipped(x: Tensor) -> Tensor:
    """Return ``x`` within eight standard deviations, as networks read it."""
    return x.clamp(-_LARGEST_INPUT, _LARGEST_INPUT)
