"""What the neural methods share: tensors, seeds, bounds, training, and how they run the outer loop."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mirimpute.errors import ImputationError
from mirimpute.flow.training import Network, Optimisation, Trainer
from mirimpute.methods.base import Completed, Problem
from mirimpute.methods.column_limits import bounds, inside
from mirimpute.methods.device import threads_for, torch_device
from mirimpute.methods.loop import Fill, Schedule, reduce
from mirimpute.methods.transport import Transport
from mirimpute.seeding import generator, integer_seed
from mirimpute.types import Array, Progress, lazy, no_progress

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy("torch")

LIBRARIES = ("torch", "mirimpute.flow.network")
OPTIMISERS = ("torch._dynamo", *LIBRARIES)
"""With what torch's own optimisers import at their first step, two seconds that are not the method's."""

_STEPS_BETWEEN_REPORTS = 20
_ROWS_AT_ONCE = 16384
_CLIP = 1.0
_LARGE = 1_000_000


class NeuralTransport(Transport):
    """A transport that moves the missing entries of a row together, computed by torch.

    Subclasses see float32 tensors on the device and answer for all columns; what they return is kept inside the
    observed range of each column, widened by one standard deviation.

    Args:
        settings: the method, whose fields are the parameters of the transport.
        problem: seed, device and range of the columns.
        progress: called during the steps.

    Attributes:
        settings: the method.
        rounds: of the outer loop; one where the method has no such parameter.
    """

    def __init__(self, settings: Any, problem: Problem, progress: Progress) -> None:
        self.settings = settings
        self.rounds: int = getattr(settings, "rounds", 1)
        self._device = torch_device(problem.device)
        seed = integer_seed(problem.seed, type(self).__name__) % 2**63
        self._first = torch.Generator().manual_seed(seed)  # initial weights are the same on every device
        self._generator = torch.Generator(device=self._device).manual_seed(seed)
        self._lowest, self._highest = (
            torch.as_tensor(limit, dtype=torch.float32, device=self._device) for limit in bounds(problem.x_incomplete)
        )
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

    def fit(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> None:
        """Train on the completed rows.

        Raises:
            ImputationError: a loss is not finite: "diverged in round r".
        """
        self._round += 1
        self._facts = self._learn(*self._tensors(x, missing))

    def mean(self, x: Array, missing: Array, block: Array) -> Array:
        """Return the conditional mean."""
        with torch.no_grad():
            return self._bounded(self._means(*self._tensors(x, missing)), block)

    def draw(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> Array:
        """Return one sample for each chain."""
        with torch.no_grad():
            return self._bounded(self._draws(*self._tensors(x, missing)), block)

    def facts(self) -> dict[str, Any]:
        """Return the losses of the last round."""
        return self._facts

    def _tensors(self, x: Array, missing: Array) -> tuple[Tensor, Tensor]:
        chains = torch.as_tensor(x, dtype=torch.float32, device=self._device)
        return chains, torch.as_tensor(missing, device=self._device)

    def _bounded(self, x: Tensor, block: Array) -> Array:
        return x.clamp(self._lowest, self._highest)[:, :, block].double().cpu().numpy()

    def _rand(self, *shape: int) -> Tensor:
        return torch.rand(shape, generator=self._generator, device=self._device)

    def _randn(self, *shape: int) -> Tensor:
        return torch.randn(shape, generator=self._generator, device=self._device)

    def _choose(self, high: int, *shape: int) -> Tensor:
        return torch.randint(high, shape, generator=self._generator, device=self._device)

    def _trainer(self, network: Network, rounds: int | None = None) -> Trainer[Network]:
        """Return a trainer for the steps of so many rounds (None: all), whose rate warms up and then decays to 0."""
        settings = self.settings
        steps = (rounds or self.rounds) * settings.steps
        warm_up = max(1, min(100, steps // 10))
        optimisation = Optimisation(
            settings.learning_rate, settings.weight_decay, warm_up, steps, _CLIP, settings.average
        )
        return Trainer(network.to(self._device), optimisation)

    def _train(self, trainer: Trainer[Any], loss: Callable[[], Tensor]) -> float:
        """Take the steps of a round, each down a new value of ``loss``, and return the mean of the last tenth."""
        last, steps = [], self.settings.steps
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
            self._progress(f"round {self._round}/{self.rounds}", number, steps)


def by_rows(
    answer: Callable[[Tensor, Tensor], Tensor], chains: Tensor, missing: Tensor, rows: int = _ROWS_AT_ONCE
) -> Tensor:
    """Return ``answer`` of the rows of all chains (chains, n, d) and their pattern, so many at a time.

    Memory stays bounded. ``answer`` gets some rows (m, d) and which of their entries are missing, and returns (m, d).
    """
    flat, hidden = chains.reshape(-1, chains.shape[-1]), missing.repeat(len(chains), 1)
    parts = zip(flat.split(rows), hidden.split(rows), strict=True)
    return torch.cat([answer(*each) for each in parts]).reshape(chains.shape)


def run(
    problem: Problem,
    transport: NeuralTransport,
    step: str,
    fill: Fill,
    *,
    ask_mean: bool = False,
    chains: int | None = None,
    draws: int = 0,
) -> Completed:
    """Move all columns jointly by means or draws (``step``).

    With ``ask_mean`` the point is the transport's mean after the last round, not that of the chains. If ``chains`` is
    None, there are as many as the method has draws. For ``draws`` see :class:`mirimpute.methods.loop.Schedule`.

    Raises:
        ImputationError: a loss or an entry is not finite or left all bounds: "diverged in round r".
    """
    missing = problem.missing
    chains = transport.settings.draws if chains is None else chains
    schedule = Schedule(sweep="joint", step=step, rounds=transport.rounds, chains=chains, draws=draws)
    with threads_for(problem.x_incomplete.size > _LARGE):
        rng = generator(problem.seed, type(transport).__name__)
        imputation = reduce(problem, transport, schedule, fill, rng, no_progress)
        if ask_mean and missing.any():
            point = transport.mean(imputation.draws[:1], missing, np.arange(missing.shape[1]))[0]
            imputation = replace(imputation, point=np.where(missing, point, problem.x_incomplete), notes=())
            imputation = inside(problem, imputation)
    return Completed(imputation)


def fill_near_means(problem: Problem, chains: int, rng: np.random.Generator) -> Array:
    """Complete every chain with the column means of the observed cells and a little noise, a tenth of a deviation."""
    x_incomplete = problem.x_incomplete
    noisy = np.nanmean(x_incomplete, axis=0) + 0.1 * rng.standard_normal((chains, *x_incomplete.shape))
    return np.where(np.isnan(x_incomplete), noisy, x_incomplete)
