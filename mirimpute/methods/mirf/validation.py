"""What the held-out cells say of the flow after each round: how good it is, and its correction weight."""

from __future__ import annotations

import torch
from torch import Tensor

from mirimpute.flow.network import ResidualNetwork
from mirimpute.flow.path import interpolate
from mirimpute.methods.gaussian import GaussianModel
from mirimpute.methods.mirf.prediction import Predictor, importance
from mirimpute.methods.mirf.rows import Rows

_MOST_ROWS = 20_000
_TIMES = (0.1, 0.3, 0.5, 0.7, 0.9)


class HeldOut:
    """The held-out cells of a table, which are never targets.

    Args:
        table: all rows, with what the base says of their missing entries.
        cells: bool (n, d), the held-out cells.
        base: the Gaussian base that has not seen them.
        predictor: of the flow.
    """

    def __init__(self, table: Rows, cells: Tensor, base: GaussianModel, predictor: Predictor) -> None:
        self._which = torch.nonzero(cells.any(dim=1))[:, 0][:_MOST_ROWS]
        self._cells, truth = cells[self._which], table.values[self._which]
        hidden = (table.hidden | cells)[self._which]
        self._rows = Rows(truth, hidden, *base.condition(truth, ~hidden))
        self._predictor, self._base = predictor, base
        self._noise: Tensor | None = None

    @torch.no_grad()
    def judge(self, network: ResidualNetwork, chains: Tensor) -> tuple[Fit, Fit]:
        """Return how the network predicts the held-out cells, for the point and for the draws.

        The point is judged at tau = 0, the flow on noisy rows at five other times, each with the same noise in every
        round.

        Args:
            network: of the flow.
            chains: (chains, n, d), the completed rows.
        """
        rows, cells, truth = self._rows, self._cells, self._rows.values
        point, flow = Fit(), Fit()
        point.add((self._predictor.mean(network, rows) - rows.mean)[cells], (truth - rows.mean)[cells])
        noise = torch.Generator(device=truth.device).manual_seed(0)
        chain = torch.randint(len(chains), (len(truth),), generator=noise, device=truth.device)
        target = chains[:, self._which][chain, torch.arange(len(truth), device=truth.device)]
        if self._noise is None:
            independent = torch.randn((len(_TIMES), *truth.shape), generator=noise, device=truth.device)
            self._noise = self._base.correlated(~rows.hidden, independent)
        for number, time in enumerate(_TIMES):
            tau = torch.full((len(truth), 1), time, device=truth.device)
            x = interpolate(self._noise[number], target, tau)
            base = self._predictor.base(x, rows, tau)
            root = importance(tau, rows.spread).sqrt()
            prediction = self._predictor.predict(network, x, rows, tau)
            flow.add((root * (prediction - base))[cells], (root * (target - base))[cells])
        return point, flow


class Fit:
    """How much of a correction to take: least squares of a residual on it, with the weight kept in [0, 1].

    A weight of 0 is the Gaussian base alone.
    """

    def __init__(self) -> None:
        self._power = self._cross = self._total = 0.0
        self._count = 0

    def add(self, correction: Tensor, residual: Tensor) -> None:
        """Add values, all of one shape."""
        self._power += float((correction**2).sum())
        self._cross += float((correction * residual).sum())
        self._total += float((residual**2).sum())
        self._count += residual.numel()

    @property
    def correction_weight(self) -> float:
        """The weight."""
        return min(max(self._cross / self._power, 0.0), 1.0) if self._power > 0 else 0.0

    @property
    def error(self) -> float:
        """Root mean square of what the weighted correction leaves."""
        left = self._total - 2 * self.correction_weight * self._cross + self.correction_weight**2 * self._power
        return float((max(left, 0.0) / self._count) ** 0.5)

    @property
    def explained(self) -> float:
        """The share of the residual's mean square that the weighted correction takes away, in [0, 1]."""
        return 1 - self.error**2 * self._count / self._total if self._total > 0 else 0.0
