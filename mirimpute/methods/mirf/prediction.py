"""E[x1 | x_tau, x_obs]: a Gaussian base, corrected by a network; and what follows from it, mean and draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mirimpute.flow.network import ResidualNetwork
from mirimpute.flow.path import Preconditioner
from mirimpute.flow.solver import integrate_by_clock
from mirimpute.methods.column_limits import bounds
from mirimpute.methods.mirf.rows import Rows

_LARGEST_INPUT = 8.0
_SOLVER, _STEPS = "heun", 4


@dataclass(frozen=True)
class Predictor:
    """Turns rows into features of the network, and the network's output into a prediction of the hidden block.

    Attributes:
        lowest, highest: (d,); the state stays near what was observed, whatever the network says.
    """

    lowest: Tensor
    highest: Tensor

    @classmethod
    def of(cls, x_incomplete: np.ndarray, device: torch.device) -> Predictor:
        """Return the predictor of a table, float64 (n_rows, n_columns), standardised, NaN where missing."""
        return cls(*(torch.as_tensor(each, dtype=torch.float32, device=device) for each in bounds(x_incomplete)))

    def arrays(self) -> dict[str, np.ndarray]:
        """Return everything as plain arrays."""
        return {name: value.cpu().numpy() for name, value in vars(self).items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Predictor:
        """Return what :meth:`arrays` wrote, on the CPU."""
        return cls(**{name: torch.as_tensor(array) for name, array in arrays.items()})

    @property
    def n_features(self) -> int:
        """Features of a row."""
        return 4 * len(self.lowest)

    def base(self, x: Tensor, rows: Rows, tau: Tensor) -> Tensor:
        """Return the base's prediction from the state ``x`` (..., n, d) at times ``tau`` (..., n, 1)."""
        return rows.mean + Preconditioner(rows.mean, rows.spread, tau).correction(x)

    def inputs(self, network: ResidualNetwork, x: Tensor, rows: Rows, tau: Tensor) -> Tensor:
        """Return what the network reads of the state ``x`` (..., n, d) at times ``tau`` (..., n, 1)."""
        correction = Preconditioner(rows.mean, rows.spread, tau).correction(x)
        moving = self._moving(correction / rows.spread, rows)
        return network.inputs(torch.cat([moving, self._standing(rows)], dim=-1), tau)

    def _moving(self, correction: Tensor, rows: Rows) -> Tensor:
        """Return the features that change with the state, (..., n, d), from the base's correction over its spread."""
        return torch.where(rows.hidden, correction, 0.0).clamp(-_LARGEST_INPUT, _LARGEST_INPUT)

    def _standing(self, rows: Rows) -> Tensor:
        """Return the features that stay while a row is sampled."""
        seen = torch.where(rows.hidden, 0.0, rows.values).clamp(-_LARGEST_INPUT, _LARGEST_INPUT)
        return torch.cat([seen, rows.hidden.to(seen.dtype), torch.where(rows.hidden, rows.mean, 0.0)], dim=-1)

    def predict(
        self,
        network: ResidualNetwork,
        x: Tensor,
        rows: Rows,
        tau: Tensor,
        *,
        correction_weight: float = 1.0,
    ) -> Tensor:
        """Return base + weight x correction, all (n, d)."""
        base = Preconditioner(rows.mean, rows.spread, tau)
        output = network(self.inputs(network, x, rows, tau))
        return rows.mean + base.correction(x) + correction_weight * base.error() * output

    def mean(self, network: ResidualNetwork, rows: Rows, correction_weight: float = 1.0) -> Tensor:
        """Return the prediction at tau = 0 (n, d), which does not depend on the state."""

        def predicted(part: Rows, place: Tensor) -> Tensor:
            tau = part.values.new_zeros((len(part.values), 1))
            return self.predict(network, torch.zeros_like(part.values), part, tau, correction_weight=correction_weight)

        return rows.by_tiles(predicted).clamp(self.lowest, self.highest)

    def draw(
        self,
        network: ResidualNetwork,
        rows: Rows,
        source: Tensor,
        *,
        correction_weight: float,
    ) -> Tensor:
        """Return samples (chains, n, d) by integrating the flow.

        Args:
            network: corrects the base.
            rows: a table of n rows.
            source: (chains, n, d), noise.
            correction_weight: in [0, 1], the part of the network's correction that is taken.
        """
        chains, (n, d) = len(source), rows.values.shape

        def moved(part: Rows, place: Tensor) -> Tensor:
            start = source[place // n, place % n].to(part.values.dtype)
            x = self._moved(network, part, start, correction_weight).clamp(self.lowest, self.highest)
            return torch.where(part.hidden, x, part.values)

        return rows.by_tiles(moved, chains).reshape(chains, n, d)

    def _moved(self, network: ResidualNetwork, rows: Rows, source: Tensor, correction_weight: float) -> Tensor:
        """Return where the flow ends that starts from ``source``, (n, d), see :class:`Preconditioner`."""

        def base(tau: float) -> Preconditioner:
            return Preconditioner(rows.mean, rows.spread, source.new_full((len(source), 1), tau))

        same = network.entered(self._standing(rows))

        def field(e: Tensor, tau: float) -> Tensor:
            now = base(tau)
            return correction_weight * network(
                network.inputs(self._moving(torch.sin(now.angle()) * e, rows), now.tau), entered=same
            )

        return rows.mean + rows.spread * integrate_by_clock(
            field, lambda tau: base(tau).angle(), source, _STEPS, _SOLVER
        )


def importance(tau: Tensor, spread: Tensor) -> Tensor:
    """Return the weight of a squared error of the prediction: 1 at tau = 0, bounded.

    (v_hat - v)^2 = (x1_hat - x1)^2 / (1 - tau)^2, times the variance of x_tau: the units of the network's output.
    """
    return ((tau**2 * spread**2 + (1 - tau) ** 2) / (1 - tau).clamp_min(0.05) ** 2).clamp_max(5.0)
