"""E[x1 | x_tau, x_obs]: a Gaussian base, corrected by a network; and what follows from it, mean and draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mirimpute.flow.network import ResidualNetwork
from mirimpute.flow.ode import integrate_by_clock
from mirimpute.flow.path import Preconditioner
from mirimpute.methods.column_limits import bounds
from mirimpute.methods.mirf.rows import Rows
from mirimpute.methods.mirf.settings import SOURCES

_LARGEST_INPUT = 8.0


@dataclass(frozen=True)
class Predictor:
    """Turns rows into features of the network, and the network's output into a prediction of the hidden block.

    Attributes:
        starts, widths: (d, bins), of the piecewise-linear features of each column.
        lowest, highest: (d,); the state stays near what was observed, whatever the network says.
        source: where the flow starts, "noise" or "imputation"; with the latter the network also reads what the source's
            row has where the row itself is observed, as in the paper's two blocks.
    """

    starts: Tensor
    widths: Tensor
    lowest: Tensor
    highest: Tensor
    source: str = "noise"

    @classmethod
    def of(cls, x_incomplete: np.ndarray, bins: int, source: str, device: torch.device) -> Predictor:
        """Return the predictor of a table, float64 (n_rows, n_columns), standardised, NaN where missing."""
        names = ("starts", "widths", "lowest", "highest")
        arrays = zip(names, (*_quantile_bins(x_incomplete, bins), *bounds(x_incomplete)), strict=True)
        tensors = {name: torch.as_tensor(array, dtype=torch.float32, device=device) for name, array in arrays}
        return cls(**tensors, source=source)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return everything as plain arrays."""
        tensors = {name: value.cpu().numpy() for name, value in vars(self).items() if isinstance(value, Tensor)}
        return {**tensors, "source": np.array([SOURCES.index(self.source)])}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Predictor:
        """Return what :meth:`arrays` wrote, on the CPU."""
        stored = dict(arrays)
        source = SOURCES[int(stored.pop("source")[0])]
        return cls(**{name: torch.as_tensor(array) for name, array in stored.items()}, source=source)

    @property
    def n_features(self) -> int:
        """Features of a row."""
        d, bins = self.starts.shape
        return d * (4 + bins + (self.source == "imputation"))

    def base(self, x: Tensor, rows: Rows, tau: Tensor) -> Tensor:
        """Return the base's prediction from the state ``x`` (..., n, d) at times ``tau`` (..., n, 1)."""
        return rows.mean + Preconditioner(rows.mean, rows.spread, tau).correction(x)

    def inputs(
        self, network: ResidualNetwork, x: Tensor, rows: Rows, tau: Tensor, source: Tensor | None = None
    ) -> Tensor:
        """Return what the network reads of the state ``x`` (..., n, d) at times ``tau`` (..., n, 1).

        ``source`` (..., n, d) is where the flow started; by default in the row itself, as when it is sampled.
        """
        correction = Preconditioner(rows.mean, rows.spread, tau).correction(x)
        moving = self._moving(correction / rows.spread, rows)
        return network.inputs(torch.cat([moving, self._standing(rows, source)], dim=-1), tau)

    def _moving(self, correction: Tensor, rows: Rows) -> Tensor:
        """Return the features that change with the state, (..., n, d), from the base's correction over its spread."""
        return torch.where(rows.hidden, correction, 0.0).clamp(-_LARGEST_INPUT, _LARGEST_INPUT)

    def _standing(self, rows: Rows, source: Tensor | None = None) -> Tensor:
        """Return the features that stay while a row is sampled."""
        seen = torch.where(rows.hidden, 0.0, rows.values)
        features = [
            seen.clamp(-_LARGEST_INPUT, _LARGEST_INPUT),
            rows.hidden.to(seen.dtype),
            torch.where(rows.hidden, rows.mean, 0.0),
        ]
        if self.source == "imputation":
            other = rows.values if source is None else source
            features.append(torch.where(rows.hidden, 0.0, other).clamp(-_LARGEST_INPUT, _LARGEST_INPUT))
        bins = self.starts.shape[1]
        if bins:
            passed = ((rows.values[..., None] - self.starts) / self.widths).clamp(0, 1)
            encoded = torch.where(rows.hidden[..., None], 0.0, passed).flatten(-2)
            features.append(encoded / bins**0.5)
        return torch.cat(features, dim=-1)

    def predict(
        self,
        network: ResidualNetwork,
        x: Tensor,
        rows: Rows,
        tau: Tensor,
        *,
        correction_weight: float = 1.0,
        source: Tensor | None = None,
    ) -> Tensor:
        """Return base + weight x correction, all (members, n, d)."""
        base = Preconditioner(rows.mean, rows.spread, tau)
        output = network(self.inputs(network, x, rows, tau, source))
        return rows.mean + base.correction(x) + correction_weight * base.error() * output

    def mean(self, network: ResidualNetwork, rows: Rows, correction_weight: float = 1.0) -> Tensor:
        """Return the prediction at tau = 0 (n, d), which does not depend on the state, averaged over the members."""

        def predicted(part: Rows, place: Tensor) -> Tensor:
            many = part.for_members(network.members)
            tau = many.values.new_zeros((*many.values.shape[:2], 1))
            return self.predict(
                network, torch.zeros_like(many.values), many, tau, correction_weight=correction_weight
            ).mean(dim=0)

        return rows.by_tiles(predicted).clamp(self.lowest, self.highest)

    def draw(
        self,
        network: ResidualNetwork,
        rows: Rows,
        source: Tensor,
        *,
        correction_weight: float,
        solver: str,
        steps: int,
    ) -> Tensor:
        """Return samples (chains, n, d) by integrating the flow; chain k by member k modulo their number.

        One step of any solver is the conditional mean.

        Args:
            network: corrects the base.
            rows: a table of n rows.
            source: (chains, n, d), where the flow starts: noise, or with the source "imputation" completions of the
                rows.
            correction_weight: in [0, 1], the part of the network's correction that is taken.
            solver, steps: of the integration.
        """
        chains, (n, d) = len(source), rows.values.shape
        turns = -(-chains // network.members)
        member = torch.arange(network.members, device=source.device)

        def moved(part: Rows, place: Tensor) -> Tensor:
            many = part.for_members(network.members)
            chain = ((place // n)[None] * network.members + member[:, None]) % chains
            start = source[chain, (place % n)[None]].to(many.values.dtype)
            x = self._moved(network, many, start, correction_weight, solver, steps).clamp(self.lowest, self.highest)
            return torch.where(many.hidden, x, many.values).movedim(0, 1)

        return rows.by_tiles(moved, turns).reshape(turns, n, network.members, d).movedim(2, 1).flatten(0, 1)[:chains]

    def _moved(
        self, network: ResidualNetwork, rows: Rows, source: Tensor, correction_weight: float, solver: str, steps: int
    ) -> Tensor:
        """Return where the flow ends that starts from ``source``, (members, n, d), see :class:`Preconditioner`."""

        def base(tau: float) -> Preconditioner:
            return Preconditioner(rows.mean, rows.spread, source.new_full((*source.shape[:2], 1), tau))

        if steps == 1:
            return self.predict(network, source, rows, base(0.0).tau, correction_weight=correction_weight)
        same = network.entered(self._standing(rows))

        def field(e: Tensor, tau: float) -> Tensor:
            now = base(tau)
            return correction_weight * network(
                network.inputs(self._moving(torch.sin(now.angle()) * e, rows), now.tau), entered=same
            )

        return rows.mean + rows.spread * integrate_by_clock(field, lambda tau: base(tau).angle(), source, steps, solver)


def _quantile_bins(x_incomplete: np.ndarray, bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Return starts and widths (n_columns, bins) of quantile bins of the observed values.

    Feature b of value x is how far x has passed through bin b, in [0, 1] (Gorishniy et al., "On Embeddings for
    Numerical Features", NeurIPS 2022). Bins that fall together, in columns of few values, never fill.
    """
    d = x_incomplete.shape[1]
    starts, widths = np.full((d, bins), 1e9), np.ones((d, bins))
    if bins:
        edges = np.nanquantile(x_incomplete, np.linspace(0, 1, bins + 1), axis=0).T
        for column in range(d):
            own = np.unique(edges[column])
            starts[column, : len(own) - 1] = own[:-1]
            widths[column, : len(own) - 1] = np.maximum(np.diff(own), 1e-6)
    return starts, widths


def importance(tau: Tensor, spread: Tensor) -> Tensor:
    """Return the weight of a squared error of the prediction: 1 at tau = 0, bounded.

    (v_hat - v)^2 = (x1_hat - x1)^2 / (1 - tau)^2, times the variance of x_tau: the units of the network's output.
    """
    return ((tau**2 * spread**2 + (1 - tau) ** 2) / (1 - tau).clamp_min(0.05) ** 2).clamp_max(5.0)
