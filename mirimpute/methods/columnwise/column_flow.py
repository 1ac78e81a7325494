"""A rectified flow for one column at a time, with a small network for each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from mirimpute.flow.network import ResidualNetwork
from mirimpute.flow.path import Preconditioner, interpolate, velocity
from mirimpute.flow.solver import integrate
from mirimpute.flow.training import Optimisation, Trainer
from mirimpute.methods.columnwise.regressor import placed
from mirimpute.methods.flow_parameters import Network
from mirimpute.methods.transport import Transport
from mirimpute.types import Array


class ColumnFlowTransport(Transport):
    """Draws of x_j | x_{-j} by a flow from N(0, 1) whose velocity a network of the column learns.

    One column at a time keeps KL(g(x_j | x_{-j}) || q(x_j | x_{-j})) of the objective, see
    :class:`~mirimpute.methods.columnwise.regressor.RegressorTransport`; the flow makes it zero as in
    :class:`~mirimpute.methods.columnwise.regression_flow.VelocityTransport`, with one network for all times. The
    network predicts ((1 - tau) x1 - tau x0) / sqrt(tau^2 + (1 - tau)^2), from which E[x1 | x_tau, x_{-j}] follows, and
    which at tau = 0 is x1: the conditional mean. Networks stay warm from round to round; only observed entries are
    targets.

    Args:
        settings: sizes and rates.
        solver, solver_steps: of the draws.
        device: torch device.
        seed: of initial weights, pairs and noise.
    """

    def __init__(self, settings: Network, solver: str, solver_steps: int, device: torch.device, seed: int) -> None:
        self._settings = settings
        self._solver = solver
        self._solver_steps = solver_steps
        self._device = device
        self._generator = torch.Generator(device=device).manual_seed(seed)
        self._first = torch.Generator().manual_seed(seed)  # initial weights are the same on every device
        self._trainers: dict[int, Trainer] = {}

    def fit(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> None:
        """Train the network of column ``block[0]`` for ``steps`` steps on the rows that observe it."""
        (column,) = block
        settings, observed = self._settings, ~missing[:, column]
        rest = self._tensor(np.delete(x[:, observed], column, axis=2)).flatten(0, 1)
        target = self._tensor(x[:, observed, column]).reshape(-1, 1)
        self._range = float(target.min()) - 1.0, float(target.max()) + 1.0
        if np.ptp(x[0, observed, column]) == 0:
            self._range = float(target[0]), float(target[0])
        trainer = self._trainer(int(column), x.shape[2])
        for _ in range(settings.steps):
            rows = torch.randint(len(target), (settings.batch,), generator=self._generator, device=self._device)
            tau = torch.rand((settings.batch, 1), generator=self._generator, device=self._device)
            start = torch.rand(tau.shape, generator=self._generator, device=self._device) < settings.start_fraction
            tau = torch.where(start, 0.0, tau)
            source = torch.randn(tau.shape, generator=self._generator, device=self._device)
            state, wanted = interpolate(source, target[rows], tau), (1 - tau) * target[rows] - tau * source
            dropped = trainer.network.dropped((settings.blocks, settings.batch), self._generator)
            output = trainer.network(_inputs(trainer.network, state, rest[rows], tau), dropped)
            loss = (output - wanted / torch.sqrt(tau**2 + (1 - tau) ** 2)).square().mean()
            trainer.step(loss)
        self.lose(float(loss.detach()))
        self._network = trainer.averaged

    @torch.no_grad()
    def mean(self, x: Array, missing: Array, block: Array) -> Array:
        """Return the prediction at tau = 0 for the rows that miss the column."""

        def predicted(rest: Tensor) -> Tensor:
            zero = rest.new_zeros((len(rest), 1))
            return _predict(self._network, zero, rest, zero)

        return self._placed(predicted, x, missing, block)

    @torch.no_grad()
    def draw(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> Array:
        """Return the flow's end for one source per chain."""

        def drawn(rest: Tensor) -> Tensor:
            def speed(state: Tensor, tau: float) -> Tensor:
                time = state.new_full(state.shape, tau)
                return velocity(_predict(self._network, state, rest, time), state, time)

            source = torch.randn((len(rest), 1), generator=self._generator, device=self._device)
            return integrate(speed, source, self._solver_steps, self._solver)

        return self._placed(drawn, x, missing, block)

    def _placed(self, move: Callable[[Tensor], Tensor], x: Array, missing: Array, block: Array) -> Array:
        """Return the column (chains, n_rows, 1) with what ``move`` makes of the other columns where it is missing."""
        (column,) = block
        rows = missing[:, column]
        rest = self._tensor(np.delete(x[:, rows], column, axis=2)).flatten(0, 1)
        moved = move(rest).clamp(*self._range).double().cpu().numpy()
        return placed(moved.reshape(len(x), -1), x, missing, column)

    def _trainer(self, column: int, n_columns: int) -> Trainer:
        if column not in self._trainers:
            s = self._settings
            network = ResidualNetwork(n_columns, 1, s.width, s.blocks, s.dropout, self._first).to(self._device)
            rates = Optimisation(s.learning_rate, s.weight_decay, warm_up=100, decay=None, clip=5.0, average=s.average)
            self._trainers[column] = Trainer(network, rates)
        return self._trainers[column]

    def _tensor(self, array: Array) -> Tensor:
        return torch.as_tensor(array, dtype=torch.float32, device=self._device)


def _base(tau: Tensor) -> Preconditioner:
    return Preconditioner(torch.zeros_like(tau), torch.ones_like(tau), tau)


def _inputs(network: ResidualNetwork, state: Tensor, rest: Tensor, tau: Tensor) -> Tensor:
    """Return what the network reads, (rows, features): the state, without the noise at tau = 0, and the rest."""
    return network.inputs(torch.cat([_base(tau).correction(state), rest], dim=1), tau)


def _predict(network: ResidualNetwork, state: Tensor, rest: Tensor, tau: Tensor) -> Tensor:
    """Return E[x1 | x_tau, rest], (rows, 1)."""
    base = _base(tau)
    return base.correction(state) + base.error() * network(_inputs(network, state, rest, tau))
