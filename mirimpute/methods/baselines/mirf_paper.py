"""The imputer of the MIRF paper: a rectified flow from one completion of the missing entries to the next.

Round t of the outer loop minimises KL(P_{X(g), M} || q_{t-1} x P_M) over the maps g of the missing entries. By the
chain rule this divergence has two terms,

    KL(P_{X_obs, M} || q_{t-1}(x_obs) P_M)  +  E KL(P(x_miss | x_obs, M) || q_{t-1}(x_miss | x_obs)).

g does not move observed entries, so the first term is the same for all g (0 when values are missing completely at
random and q_{t-1} is the law of the rows). This transport keeps the second, whose minimum is 0: x_miss must be
distributed as q_{t-1}(x_miss | x_obs).

The flow that brings it there goes from (x0, m), a completed row with its own pattern, to x1, another row and so
independent of both. On the missing block of m, x_tau = tau x1 + (1 - tau) x0, and v minimises

    E || (1 - m) * (x1 - x0 - v(x_tau, x0_obs, x1_obs, m, tau)) ||^2,    tau ~ U(0, 1),

where m is 1 on observed entries. Conditioned on both observed parts, v carries P(x0_miss | x0_obs, m) to
q_{t-1}(x1_miss | x1_obs). A row is imputed with both set to its own x_obs, from its current completion, by integrating
dx/dtau = v from 0 to 1. Training never shows two equal observed parts, because the rows of a pair differ: the network
has to generalise to what it is used for. All missing entries of m are targets with weight 1, whether x1 observes them
or they are completions themselves.

Reference: Yu, Ying, Wang, Jiang, Liu, "Missing Data Imputation by Reducing Mutual Information with Rectified Flows",
NeurIPS 2025 (arXiv 2505.11749).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mirimpute.errors import ImputationError
from mirimpute.flow.path import interpolate
from mirimpute.flow.solver import integrate
from mirimpute.methods.base import Completed, Fitted, Imputation, Method, Problem
from mirimpute.methods.baselines.neural import OPTIMISERS
from mirimpute.methods.device import torch_device
from mirimpute.methods.loop import Schedule, reduce
from mirimpute.methods.parameters import Count, Positive
from mirimpute.methods.transport import Transport
from mirimpute.seeding import generator, integer_seed
from mirimpute.types import Array, Progress, lazy, no_progress

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from mirimpute.flow.network import Perceptron
else:
    torch = lazy("torch")


@dataclass
class MirfPaper(Method):
    """Move a noisy completion by a rectified flow to what the other rows say, ten times over.

    The method of Yu, Ying, Wang, Jiang, Liu, "Missing Data Imputation by Reducing Mutual Information with Rectified
    Flows", NeurIPS 2025, as published. The paper scores the one completed table that comes out, so the point is that
    table and has the error of a draw, not of a mean. On some tables the flow diverges, which is an ImputationError
    that names the round.

    Attributes:
        hidden_width, hidden_layers: of the perceptron, trained anew in every round.
        learning_rate: of Adam, constant.
        batch: pairs per step.
        epochs: passes over the pairs of a round.
        rounds: of the outer loop.
        solver_steps: Euler steps from tau = 0 to 1.
        draws: runs, each of which gives one completion; the point is that of the first. Other noise through the
            networks of one run is no draw as good: they have learnt from the completions that they move (on uci/energy
            its energy distance was .029, that of the run's own completion .011).
    """

    version: ClassVar[int] = 3
    libraries: ClassVar[tuple[str, ...]] = OPTIMISERS

    name: str = "mirf_paper"
    hidden_width: Count = 1001
    hidden_layers: Count = 3
    learning_rate: Positive = 0.01
    batch: Count = 100
    epochs: Count = 100
    rounds: Count = 10
    solver_steps: Count = 100
    draws: Count = 5

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Complete the table.

        Raises:
            ImputationError: loss or values left all bounds: "diverged in round r".
        """
        others = [integer_seed(problem.seed, f"mirf_paper draw {number}") for number in range(1, self.draws)]
        runs = [self._run(replace(problem, seed=seed), progress) for seed in (problem.seed, *others)]
        return Completed(replace(runs[0], draws=np.concatenate([run.draws for run in runs])))

    def _run(self, problem: Problem, progress: Progress) -> Imputation:
        schedule = Schedule(sweep="joint", step="draw", rounds=self.rounds)
        rng = generator(problem.seed, "mirf_paper")
        transport = PaperFlowTransport(self, problem, progress)
        return reduce(problem, transport, schedule, fill_noise, rng, no_progress)


def fill_noise(problem: Problem, chains: int, rng: np.random.Generator) -> Array:
    """Complete every chain with N(0, 1) in each missing cell."""
    noise = rng.standard_normal((chains, *problem.x_incomplete.shape))
    return np.where(problem.missing, noise, problem.x_incomplete)


@dataclass(frozen=True)
class Pairs:
    """Ends of the flow, all (n, d).

    Attributes:
        source: x0, completed rows.
        target: x1, each another completed row.
        observed: m, the pattern of the source row; 1 = observed.
    """

    source: Tensor
    target: Tensor
    observed: Tensor

    def at(self, rows: Tensor) -> Pairs:
        """Return some of the pairs."""
        return Pairs(self.source[rows], self.target[rows], self.observed[rows])

    def inputs(self, tau: Tensor) -> Tensor:
        """Return what the network sees, (n, 3 d + 1), at times ``tau`` (n, 1).

        Two blocks have x_tau where m is missing; where it is observed, one has the source, the other the target.
        """
        x = interpolate(self.source, self.target, tau)
        kept = self.observed.bool()
        return _inputs(torch.where(kept, self.source, x), torch.where(kept, self.target, x), self.observed, tau)

    def loss(self, velocity: Tensor) -> Tensor:
        """Return the mean over the pairs of || (1 - m) (x1 - x0 - v) ||^2."""
        error = (1 - self.observed) * (self.target - self.source - velocity)
        return error.square().sum(dim=1).mean()


def draw_pairs(x: Tensor, missing: Tensor, generator: torch.Generator) -> Pairs:
    """Return each row of ``x`` (n, d) as a source, under its own pattern, with another row as its target.

    The rows are laid on a random circle and each gets its successor, so that every row is a target once and never its
    own (unless there is one row only).
    """
    circle = torch.randperm(len(x), generator=generator, device=generator.device)
    return Pairs(x[circle], x[circle.roll(-1)], (~missing[circle]).to(x.dtype))


def paper_network(n_columns: int, settings: MirfPaper, generator: torch.Generator) -> Perceptron:
    """Return a plain perceptron, 3 d + 1 inputs to d velocities, with ReLU between layers of equal width."""
    from mirimpute.flow.network import Perceptron

    hidden = [settings.hidden_width] * settings.hidden_layers
    return Perceptron([3 * n_columns + 1, *hidden, n_columns], generator)


class PaperFlowTransport(Transport):
    """Rectified flow over the missing block of all rows at once, from their current completion.

    Every round trains a new network on pairs that are drawn once per round; times are drawn anew for every batch.

    Args:
        settings: the method.
        problem: its seed is that of initial weights, pairs, order of batches and times.
        progress: called in training and in integration.
    """

    def __init__(self, settings: MirfPaper, problem: Problem, progress: Progress) -> None:
        self.settings = settings
        self._device = device = torch_device(problem.device)
        seed = integer_seed(problem.seed, "paper flow") % 2**63
        self._progress = progress
        self._first = torch.Generator().manual_seed(seed)  # initial weights are the same on every device
        self._generator = torch.Generator(device=device).manual_seed(seed)
        self._network: Perceptron | None = None
        self._round = 0
        self._loss = math.nan

    def fit(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> None:
        """Train a new network on the completed rows.

        Raises:
            ImputationError: the loss is not finite: "diverged in round r".
        """
        self._round += 1
        settings, generator = self.settings, self._generator
        rows, patterns = self._flat(x, missing)
        pairs = draw_pairs(rows, patterns, generator)
        n, d = rows.shape
        network = paper_network(d, settings, self._first).to(self._device)
        optimiser = torch.optim.Adam(network.parameters(), lr=settings.learning_rate, fused=True)
        for epoch in range(settings.epochs):
            self._progress(f"round {self._round}/{settings.rounds}", epoch, settings.epochs)
            total = 0.0
            for chosen in torch.randperm(n, generator=generator, device=self._device).split(settings.batch):
                batch = pairs.at(chosen)
                tau = torch.rand((len(chosen), 1), generator=generator, device=self._device)
                loss = batch.loss(network(batch.inputs(tau)))
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                total += float(loss.detach()) * len(chosen)
            self._loss = total / n
            if not math.isfinite(self._loss):
                raise ImputationError(
                    f"diverged in round {self._round}: the training loss is {self._loss} in epoch {epoch + 1}"
                )
        self._network = network.requires_grad_(False)

    def mean(self, x: Array, missing: Array, block: Array) -> Array:
        """Return E[x_miss | x_obs] by one Euler step, x0 + v(x0, 0): x1 is independent of x0 given x_obs."""
        return self._integrate(x, missing, 1)[:, :, block]

    def draw(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> Array:
        """Return one sample: the current completion, carried from tau = 0 to 1."""
        return self._integrate(x, missing, self.settings.solver_steps)[:, :, block]

    def facts(self) -> dict[str, Any]:
        """Return the mean loss of the last epoch."""
        return {"loss": self._loss}

    def _integrate(self, x: Array, missing: Array, steps: int) -> Array:
        rows, patterns = self._flat(x, missing)
        which = patterns.any(dim=1)
        moving = patterns[which]
        observed = (~moving).to(rows.dtype)
        assert self._network is not None, "fit comes first"
        network = self._network
        stage = f"round {self._round}/{self.settings.rounds}, integration"

        def velocity(state: Tensor, tau: float) -> Tensor:
            self._progress(stage, round(tau * steps), steps)
            inputs = _inputs(state, state, observed, state.new_full((len(state), 1), tau))
            return torch.where(moving, network(inputs), 0.0)  # source and target observe the same entries

        rows[which] = integrate(velocity, rows[which], steps)
        return rows.double().cpu().numpy().reshape(x.shape)

    def _flat(self, x: Array, missing: Array) -> tuple[Tensor, Tensor]:
        """Return the rows of all chains and their patterns, (chains * n, d)."""
        rows = torch.as_tensor(x, dtype=torch.float32, device=self._device).reshape(-1, x.shape[-1])
        return rows, torch.as_tensor(missing, device=self._device).repeat(len(x), 1)


def _inputs(with_source: Tensor, with_target: Tensor, observed: Tensor, tau: Tensor) -> Tensor:
    return torch.cat([with_source, with_target, observed, tau], dim=1)
