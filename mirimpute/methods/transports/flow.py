"""The transport of MIRF: a rectified flow from noise to the missing entries, given the observed ones.

Pairs are drawn from q_{t-1} x P_M, as in the objective of the outer loop: a completed row of a random chain, and the
pattern of another row, hidden on top. The flow learns to return the hidden entries; integrated from tau = 0 to 1 it
draws from q_{t-1}(x_miss | x_obs), and its prediction at tau = 0 is the conditional mean.

What differs from the paper, and why (measured; see benchmarks/):
- the source is noise, not another row's completion: the same fixed point, and no mismatch between the pairs of training
  and those of sampling;
- only entries that the table observes are targets (``imputed_weight`` 0): a network that is also shown its own
  completions as targets learns them by heart, and the error rises round after round;
- in a part of the pairs the row's own missing entries stay hidden, so that the network also learns from data alone;
- the prediction corrects a Gaussian base (EM), scaled by a weight that held-out observed cells choose.
"""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mirimpute.errors import ImputationError
from mirimpute.flow.network import ResidualNetwork
from mirimpute.flow.ode import integrate
from mirimpute.flow.path import Preconditioner, interpolate, velocity
from mirimpute.flow.training import Optimisation, Trainer
from mirimpute.methods.reducer import Transport
from mirimpute.methods.transports.gaussian import GaussianModel
from mirimpute.problem import Progress

_ROWS_AT_ONCE = 16384
_STEPS_AT_ONCE = 16
_LARGEST_INPUT = 8.0
_PATTERN_BYTES = 256 * 2**20


@dataclass(frozen=True)
class FlowSettings:
    """Parameters of the transport; :class:`mirimpute.methods.mirf.Mirf` documents them and holds the defaults."""

    members: int
    batch: int
    steps: int
    rounds: int
    final_steps: int
    width: int
    blocks: int
    dropout: float
    bins: int
    learning_rate: float
    weight_decay: float
    average: float
    start_fraction: float
    own_hidden_fraction: float
    imputed_weight: float
    solver: str
    solver_steps: int
    patience: int


@dataclass(frozen=True)
class _Patterns:
    """Patterns to hide, with the regressions of the Gaussian base; the first ``n_shared`` suit every row.

    Attributes:
        hidden: bool (p, d).
        weights, spread: (p, d, d) and (p, d), see ``GaussianModel.regression``.
        row: (p,), the row whose own missing entries the pattern contains.
        n_shared: number of the patterns that suit every row.
        partial: whether they are a random part of all.
    """

    hidden: Tensor
    weights: Tensor
    spread: Tensor
    row: Tensor
    n_shared: int
    partial: bool


class FlowTransport(Transport):
    """Rectified flow over the missing block of all rows at once, kept warm from round to round.

    Args:
        settings: sizes and rates.
        x_incomplete: float64 (n_rows, n_columns), standardised, NaN where missing.
        base: the Gaussian base that predicts, fitted to every observed cell.
        base_without: the Gaussian base fitted without the held-out cells, which training and validation use.
        held_out: bool (n_rows, n_columns), observed cells that are never targets and decide how much to trust the
            network; without any, the base alone is used.
        device: torch device.
        seed: of initial weights, pairs and noise.
        progress: called during the steps.
    """

    def __init__(
        self,
        settings: FlowSettings,
        x_incomplete: np.ndarray,
        base: GaussianModel,
        base_without: GaussianModel,
        held_out: np.ndarray,
        device: torch.device,
        seed: int,
        progress: Progress,
    ) -> None:
        self.settings = settings
        self._device = device
        self._progress = progress
        self._generator = torch.Generator(device=device).manual_seed(seed)
        missing = np.isnan(x_incomplete)
        self._missing = torch.as_tensor(missing, device=device)
        self._observed_rows = torch.as_tensor(np.where(missing, 0.0, x_incomplete), dtype=torch.float32, device=device)
        self._held_out = torch.as_tensor(held_out, device=device)
        self._is_target = ~self._missing & ~self._held_out
        self._base = base.to(device, torch.float32)
        self._base_without = base_without.to(device, torch.float32)
        self._known_base = self._base.condition(self._observed_rows, ~self._missing)
        self._lowest = torch.as_tensor(np.nanmin(x_incomplete, axis=0) - 1, dtype=torch.float32, device=device)
        self._highest = torch.as_tensor(np.nanmax(x_incomplete, axis=0) + 1, dtype=torch.float32, device=device)
        self._bin_starts, self._bin_widths = _quantile_bins(x_incomplete, settings.bins, device)
        d = x_incomplete.shape[1]
        first = torch.Generator().manual_seed(seed)
        network = ResidualNetwork(
            settings.members,
            d * (4 + settings.bins),
            d,
            settings.width,
            settings.blocks,
            settings.dropout,
            first,
        ).to(device)
        self._trainer = Trainer(
            network,
            Optimisation(
                learning_rate=settings.learning_rate,
                weight_decay=settings.weight_decay,
                warm_up=100,
                decay=None,
                clip=5.0,
                average=settings.average,
            ),
        )
        self._patterns: _Patterns | None = None
        self._round = 0
        self._best_round = 0
        self._best = copy.deepcopy(network)
        self._trust = 0.0
        self._best_flow = copy.deepcopy(network)
        self._flow_trust = 0.0
        self._best_flow_round = 0
        self._facts: dict[str, Any] = {}
        self.heldout_rmse_of_base = None

    # --- the contract of a transport ---------------------------------------------------------------------------------

    def fit(self, x: np.ndarray, missing: np.ndarray, block: np.ndarray, rng: np.random.Generator) -> None:
        """Train for ``steps`` steps on pairs from the completed rows, then ask the held-out cells."""
        chains = torch.as_tensor(x, dtype=torch.float32, device=self._device)
        self._round += 1
        self._facts = {"loss": self._train(chains, self.settings.steps, f"round {self._round}/{self.settings.rounds}")}
        self._validate(chains)

    def finish(self, x: np.ndarray) -> None:
        """Go back to the best round and let the rate decay, with every observed cell as a target."""
        if not self._held_out.any():
            return
        self._is_target = ~self._missing
        self._base_without = self._base
        self._patterns = None
        settings = dataclasses.replace(self._trainer.settings, warm_up=20, decay=self.settings.final_steps)
        self._trainer = Trainer(copy.deepcopy(self._best).requires_grad_(True), settings)
        chains = torch.as_tensor(x, dtype=torch.float32, device=self._device)
        self._train(chains, self.settings.final_steps, "all observed cells")
        self._best = self._trainer.averaged

    def mean(self, x: np.ndarray, missing: np.ndarray, block: np.ndarray) -> np.ndarray:
        """Return the conditional mean: the prediction of the best round at tau = 0, averaged over the members."""
        mean, spread = self._known_base
        point = self._predict_start(self._best, self._observed_rows, self._missing, mean, spread)
        point = mean + self._trust * (point - mean)
        point = point.clamp(self._lowest, self._highest)
        return point[:, block].double().cpu().numpy()[None].repeat(len(x), axis=0)

    def draw(self, x: np.ndarray, missing: np.ndarray, block: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return one sample for each chain, by integrating the flow of the current round."""
        drawn = self._sample(self._trainer.averaged, 1.0, len(x))
        return drawn[:, :, block].double().cpu().numpy()

    def final_draw(self, x: np.ndarray, block: np.ndarray) -> np.ndarray:
        """Return one sample for each chain from the best round, its network trusted as the held-out cells say."""
        drawn = self._sample(self._best_flow, self._flow_trust, len(x))
        return drawn[:, :, block].double().cpu().numpy()

    def facts(self) -> dict[str, Any]:
        """Return loss, held-out error and trust of the last round."""
        return self._facts

    def converged(self) -> bool:
        """Return whether neither held-out error, of the point or of the flow, has improved for ``patience`` rounds."""
        return self._round - max(self._best_round, self._best_flow_round) >= self.settings.patience

    # --- training ----------------------------------------------------------------------------------------------------

    def _train(self, chains: Tensor, steps: int, stage: str) -> float:
        """Take ``steps`` steps on pairs from the completed rows and return the mean loss."""
        if self._patterns is None or self._patterns.partial:
            self._patterns = self._draw_patterns()
        total = 0.0
        for first in range(0, steps, _STEPS_AT_ONCE):
            count = min(_STEPS_AT_ONCE, steps - first)
            for pairs in self._pairs(chains, count):
                total += self._trainer.step(self._loss(*pairs))
            self._progress(stage, first + count, steps)
        if self._trainer.skipped > self._trainer.steps // 10:
            raise ImputationError(f"diverged in round {self._round}: {self._trainer.skipped} steps were not finite")
        return total / steps

    def _pairs(self, chains: Tensor, count: int) -> list[tuple[Tensor, ...]]:
        """Return ``count`` batches of (target, hidden, weight, base mean, base spread), each (members, batch, d)."""
        settings, generator = self.settings, self._generator
        n_chains, n, d = chains.shape
        size = count * settings.members * settings.batch

        def integers(high: int) -> Tensor:
            return torch.randint(high, (size,), generator=generator, device=self._device)

        patterns = self._patterns
        assert patterns is not None
        alone = torch.rand((size,), generator=generator, device=self._device) < settings.own_hidden_fraction
        union = patterns.n_shared + integers(len(patterns.hidden) - patterns.n_shared)
        pattern = torch.where(alone, union, integers(patterns.n_shared))
        rows = torch.where(alone, patterns.row[union], integers(n))
        target = chains[integers(n_chains), rows]
        hidden = patterns.hidden[pattern]
        weight = torch.where(self._is_target[rows], 1.0, settings.imputed_weight * self._missing[rows]) * hidden
        centred = target - self._base_without.mean
        mean = self._base_without.mean + (centred[:, None, :] @ patterns.weights[pattern])[:, 0]
        spread = patterns.spread[pattern]
        shape = (count, settings.members, settings.batch, d)
        parts = [part.reshape(shape) for part in (target, hidden, weight, mean, spread)]
        return list(zip(*(part.unbind(0) for part in parts), strict=True))

    def _draw_patterns(self) -> _Patterns:
        """Return what may be hidden: patterns of the table, and unions of a row's own with another's.

        All of them where their regressions fit into 256 MiB, else a random part, drawn anew each round.
        """
        n, d = self._missing.shape
        generator = self._generator

        def some(count: int) -> Tensor:
            return torch.randint(n, (count,), generator=generator, device=self._device)

        room = max(_PATTERN_BYTES // (4 * d * d) // 4, 32)
        partial = n > room
        shared = self._missing[some(room)] if partial else self._missing
        row = some(min(3 * room, 3 * n))
        hidden = torch.cat([shared, self._missing[row] | self._missing[some(len(row))]])
        weights, spread = self._base_without.regression(~hidden)
        first = torch.zeros(len(shared), dtype=row.dtype, device=self._device)
        return _Patterns(hidden, weights, spread, torch.cat([first, row]), len(shared), partial)

    def _loss(self, target: Tensor, hidden: Tensor, weight: Tensor, mean: Tensor, spread: Tensor) -> Tensor:
        """Return the mean squared error of the predicted target over the hidden entries, weighted towards tau = 1."""
        generator = self._generator
        tau = torch.rand((*target.shape[:2], 1), generator=generator, device=self._device)
        start = torch.rand(tau.shape, generator=generator, device=self._device) < self.settings.start_fraction
        tau = torch.where(start, 0.0, tau)
        source = torch.randn(target.shape, generator=generator, device=self._device)
        x = interpolate(source, target, tau)
        prediction = self._predict(self._trainer.network, x, target, hidden, mean, spread, tau, generator)
        error = (_importance(tau, spread) * weight * (prediction - target) ** 2).sum()
        return error * self.settings.members / weight.sum().clamp_min(1.0)

    # --- prediction --------------------------------------------------------------------------------------------------

    def _predict(
        self,
        network: ResidualNetwork,
        x: Tensor,
        rows: Tensor,
        hidden: Tensor,
        mean: Tensor,
        spread: Tensor,
        tau: Tensor,
        generator: torch.Generator | None = None,
        trust: float = 1.0,
    ) -> Tensor:
        """Return E[x1 | x_tau, x_obs] (members, batch, d): the base, plus the network's correction."""
        base = Preconditioner(mean, spread, tau)
        correction = base.correction(x)
        seen = torch.where(hidden, 0.0, rows)
        encoded = ((rows[..., None] - self._bin_starts) / self._bin_widths).clamp(0, 1)
        encoded = torch.where(hidden[..., None], 0.0, encoded).flatten(-2)
        features = [
            torch.where(hidden, correction / spread, 0.0).clamp(-_LARGEST_INPUT, _LARGEST_INPUT),
            seen.clamp(-_LARGEST_INPUT, _LARGEST_INPUT),
            hidden.to(x.dtype),
            torch.where(hidden, mean, 0.0),
            encoded,
        ]
        output = network(torch.cat(features, dim=-1), tau, generator)
        return mean + correction + trust * base.error() * output

    @torch.no_grad()
    def _predict_start(
        self, network: ResidualNetwork, rows: Tensor, hidden: Tensor, mean: Tensor, spread: Tensor
    ) -> Tensor:
        """Return the prediction at tau = 0 (n, d), averaged over the members."""
        members = self.settings.members
        parts = []
        for part in zip(*(t.split(_ROWS_AT_ONCE) for t in (rows, hidden, mean, spread)), strict=True):
            rows_, hidden_, mean_, spread_ = (t.expand(members, *t.shape) for t in part)
            tau = rows_.new_zeros((*rows_.shape[:2], 1))
            prediction = self._predict(network, torch.zeros_like(rows_), rows_, hidden_, mean_, spread_, tau)
            parts.append(prediction.mean(dim=0))
        return torch.cat(parts)

    @torch.no_grad()
    def _sample(self, network: ResidualNetwork, trust: float, chains: int) -> Tensor:
        """Return (chains, n_rows, n_columns); chain k is drawn by member k modulo their number."""
        members = self.settings.members
        mean, spread = self._known_base
        drawn = []
        for _ in range(-(-chains // members)):
            parts = []
            tables = (self._observed_rows, self._missing, mean, spread)
            for part in zip(*(t.split(_ROWS_AT_ONCE) for t in tables), strict=True):
                rows, hidden, mean_, spread_ = (t.expand(members, *t.shape) for t in part)

                def speed(x: Tensor, tau: float, rows=rows, hidden=hidden, mean_=mean_, spread_=spread_) -> Tensor:  # type: ignore[no-untyped-def]
                    time = x.new_full((*x.shape[:2], 1), tau)
                    prediction = self._predict(network, x, rows, hidden, mean_, spread_, time, trust=trust)
                    return velocity(prediction, x, time)

                source = torch.randn(rows.shape, generator=self._generator, device=self._device)
                x = integrate(speed, source, self.settings.solver_steps, self.settings.solver)
                parts.append(torch.where(hidden, x.clamp(self._lowest, self._highest), rows))
            drawn.append(torch.cat(parts, dim=1))
        return torch.cat(drawn)[:chains]

    # --- held-out observed cells -------------------------------------------------------------------------------------

    @torch.no_grad()
    def _validate(self, chains: Tensor) -> None:
        """Predict the held-out cells; keep the network if it is the best so far, for the point and for the draws.

        The trust is the least-squares weight of the network's correction, in [0, 1]: 0 is the Gaussian base alone. For
        the point it is chosen at tau = 0, for the draws on noisy rows at five other times.
        """
        if not self._held_out.any():
            return
        rows = self._held_out.any(dim=1)
        hidden = self._missing[rows] | self._held_out[rows]
        cells = self._held_out[rows]
        truth = self._observed_rows[rows]
        mean, spread = self._base_without.condition(truth, ~hidden)
        network = self._trainer.averaged
        start = self._predict_start(network, truth, hidden, mean, spread)
        point = _Fit()
        point.add((start - mean)[cells], (truth - mean)[cells])
        noise = torch.Generator(device=self._device).manual_seed(0)  # the same noise in every round
        flow = _Fit()
        members = self.settings.members
        chain = torch.randint(len(chains), (len(truth),), generator=noise, device=self._device)
        target = chains[:, rows][chain, torch.arange(len(truth), device=self._device)]
        for value in (0.1, 0.3, 0.5, 0.7, 0.9):
            tau = torch.full((members, len(truth), 1), value, device=self._device)
            source = torch.randn((members, *truth.shape), generator=noise, device=self._device)
            x = interpolate(source, target, tau)
            parts = [t.expand(members, *t.shape) for t in (truth, hidden, mean, spread)]
            base = parts[2] + Preconditioner(parts[2], parts[3], tau).correction(x)
            prediction = self._predict(network, x, *parts, tau)
            where = cells.expand(members, *cells.shape)
            root = _importance(tau, parts[3]).sqrt()
            flow.add((root * (prediction - base))[where], (root * (target - base))[where])
        self._facts.update(heldout_rmse=point.error, network_weight=point.trust, heldout_flow=flow.error, flow_weight=flow.trust)
        if self._round == 1 or point.error < self._lowest_error:
            self._lowest_error = point.error
            self._best_round = self._round
            self._trust = point.trust
            self._best.load_state_dict(network.state_dict())
        if self._round == 1 or flow.error < self._lowest_flow_error:
            self._lowest_flow_error = flow.error
            self._best_flow_round = self._round
            self._flow_trust = flow.trust
            self._best_flow.load_state_dict(network.state_dict())


class _Fit:
    """How much of a correction to take: least squares of a residual on it, with the weight kept in [0, 1]."""

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
    def trust(self) -> float:
        """The weight."""
        return min(max(self._cross / self._power, 0.0), 1.0) if self._power > 0 else 0.0

    @property
    def error(self) -> float:
        """Root mean square of what the weighted correction leaves."""
        left = self._total - 2 * self.trust * self._cross + self.trust**2 * self._power
        return (max(left, 0.0) / self._count) ** 0.5


def _importance(tau: Tensor, spread: Tensor) -> Tensor:
    """Return the weight of a squared error of the prediction: 1 at tau = 0, bounded.

    (v_hat - v)^2 = (x1_hat - x1)^2 / (1 - tau)^2, times the variance of x_tau, which keeps small spreads from dominating.
    """
    return ((tau**2 * spread**2 + (1 - tau) ** 2) / (1 - tau).clamp_min(0.05) ** 2).clamp_max(5.0)


def _quantile_bins(x_incomplete: np.ndarray, bins: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return starts and widths (n_columns, bins) of quantile bins of the observed values, for piecewise-linear features.

    Feature b of value x is how far x has passed through bin b, in [0, 1] (Gorishniy et al., "On Embeddings for Numerical
    Features", NeurIPS 2022). Bins that fall together, in columns of few values, never fill.
    """
    d = x_incomplete.shape[1]
    starts, widths = np.full((d, bins), 1e9), np.ones((d, bins))
    if bins:
        edges = np.nanquantile(x_incomplete, np.linspace(0, 1, bins + 1), axis=0).T
        for column in range(d):
            own = np.unique(edges[column])
            starts[column, : len(own) - 1] = own[:-1]
            widths[column, : len(own) - 1] = np.maximum(np.diff(own), 1e-6)
    as_tensor = {"dtype": torch.float32, "device": device}
    return torch.as_tensor(starts, **as_tensor), torch.as_tensor(widths, **as_tensor)
