"""The transport of MIRF: a rectified flow from noise to the missing entries, given the observed ones.

Pairs are drawn from q_{t-1} x P_M, as in the objective of the outer loop: a completed row of a random chain, and the
pattern of another row, hidden on top. The flow learns to return the hidden entries; integrated from tau = 0 to 1 it
draws from q_{t-1}(x_miss | x_obs), and its prediction at tau = 0 is the conditional mean.

What differs from the paper, and why:
- the source is noise, not another row's completion: the same fixed point, and no mismatch between the pairs of
  training and those of sampling. It has the correlation that the base gives the missing entries of the row: from
  independent noise, a column and its copy that are missing together must be brought together by the network, and in few
  steps they lost a quarter of their spread;
- only entries that the table observes are targets: a network that is also shown its own
  completions as targets learns them by heart, and the error rises round after round;
- in a part of the pairs the row's own missing entries stay hidden, so that the network also learns from data alone;
- the prediction corrects a Gaussian base (EM), scaled by a weight that held-out observed cells choose.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mirimpute.errors import ImputationError
from mirimpute.flow.network import ResidualNetwork
from mirimpute.flow.path import Preconditioner, interpolate
from mirimpute.flow.training import Optimisation, Trainer
from mirimpute.methods.gaussian import GaussianModel
from mirimpute.methods.mirf.flow_model import FlowModel
from mirimpute.methods.mirf.prediction import Predictor, importance
from mirimpute.methods.mirf.rows import Rows
from mirimpute.methods.mirf.settings import Settings
from mirimpute.methods.mirf.training_pairs import Patterns, draw_pairs, draw_patterns
from mirimpute.methods.mirf.validation import HeldOut
from mirimpute.methods.transport import Transport
from mirimpute.types import Progress

_STEPS_AT_ONCE = 16
_WEIGHT_DECAY, _AVERAGE, _CLIP = 0.1, 0.998, 5.0
_START_FRACTION, _OWN_HIDDEN_FRACTION = 0.3, 0.3
"""Fractions of the pairs at tau = 0, which teach the conditional mean, and of those whose row's own missing entries
stay hidden."""


class FlowTransport(Transport):
    """Rectified flow over the missing block of all rows at once, kept warm from round to round.

    Args:
        settings: sizes and rates.
        x_incomplete: float64 (n_rows, n_columns), standardised, NaN where missing.
        base: the Gaussian base that predicts, fitted to every observed cell.
        base_without: the Gaussian base fitted without the held-out cells, which training and validation use.
        held_out: bool (n_rows, n_columns), observed cells that are never targets and decide the weight of the network's
            correction; without any, the base alone is used.
        device: torch device.
        seed: of initial weights, pairs and noise.
        progress: called during the steps.
    """

    def __init__(
        self,
        settings: Settings,
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
        self._predictor = Predictor.of(x_incomplete, device)
        self._base = base.to(device)
        self._base_of_training = base_without.to(device)
        self._missing = torch.as_tensor(np.isnan(x_incomplete), device=device)
        self._held_out = torch.as_tensor(held_out, device=device)
        values = torch.as_tensor(np.nan_to_num(x_incomplete), dtype=torch.float32, device=device)
        self._table = Rows(values, self._missing, *self._base.condition(values, ~self._missing))
        n_columns = x_incomplete.shape[1]
        first = torch.Generator().manual_seed(seed)  # initial weights are the same on every device
        network = ResidualNetwork(
            self._predictor.n_features,
            n_columns,
            settings.width,
            settings.blocks,
            settings.dropout,
            first,
        ).to(device)
        self._trainer = Trainer(
            network,
            Optimisation(
                learning_rate=settings.learning_rate,
                weight_decay=_WEIGHT_DECAY,
                warm_up=100,
                decay=None,
                clip=_CLIP,
                average=_AVERAGE,
            ),
        )
        self._patterns: Patterns | None = None
        self._judge: HeldOut | None = None
        self._round = 0
        self.correction_weights = 0.0, 0.0
        """How much of the network's correction is taken, in the point and in draws."""
        self.explained = 0.0
        """The share of what the base leaves that the network takes away, on the held-out cells."""
        self._facts: dict[str, Any] = {}

    def fit(self, x: np.ndarray, missing: np.ndarray, block: np.ndarray, rng: np.random.Generator) -> None:
        """Train for ``steps`` steps on pairs from the completed rows, then ask the held-out cells."""
        chains = torch.as_tensor(x, dtype=torch.float32, device=self._device)
        self._round += 1
        stage = f"round {self._round}/{self.settings.rounds}"
        loss = self._train(chains, self.settings.steps, stage, ~self._missing & ~self._held_out)
        self._facts = {"loss": loss, **self._judged(chains)}

    def finish(self, x: np.ndarray, *, use_held_out: bool) -> None:
        """Go on from the last round, and let the rate decay.

        Args:
            x: the completed rows, (chains, n, d).
            use_held_out: the held-out cells are targets now, so what they said stays; else they are asked again.
        """
        if self._round == 0:
            return
        chains = torch.as_tensor(x, dtype=torch.float32, device=self._device)
        self.before = self.model()
        if use_held_out:
            self._base_of_training, self._patterns = self._base, None
        self._last_phase(chains, ~self._missing if use_held_out else ~self._missing & ~self._held_out)
        if not use_held_out:
            self._judged(chains)

    def fit_again(self, x: np.ndarray, weights: tuple[float, float]) -> None:
        """Train with correction weights that were chosen before; where both are 0 there is nothing to train.

        Args:
            x: the rows as the base completes them, (chains, n, d).
            weights: of the correction, in the point and in draws.
        """
        self.correction_weights = weights
        if not any(weights):
            return
        chains = torch.as_tensor(x, dtype=torch.float32, device=self._device)
        self._round = 1
        self._train(chains, self.settings.rounds * self.settings.steps, "round 1/1", ~self._missing)
        everything = np.arange(x.shape[-1])
        drawn = self.draw(x, self._missing.cpu().numpy(), everything, np.random.default_rng(0))
        self._last_phase(torch.as_tensor(drawn, dtype=torch.float32, device=self._device), ~self._missing)

    def _last_phase(self, chains: Tensor, targets: Tensor) -> None:
        """Go on with a rate that decays."""
        settings = replace(self._trainer.settings, warm_up=20, decay=self.settings.final_steps)
        self._trainer = Trainer(self._trainer.averaged.requires_grad_(True), settings)
        self._train(chains, self.settings.final_steps, "last phase", targets)

    def model(self) -> FlowModel:
        """Return the flow as it is, with the base that it was trained on."""
        of_point, of_draws = self.correction_weights
        return FlowModel(self._base_of_training, self._predictor, self._trainer.averaged, of_point, of_draws)

    def mean(self, x: np.ndarray, missing: np.ndarray, block: np.ndarray) -> np.ndarray:
        """Return the conditional mean: the prediction at tau = 0."""
        point = self._predictor.mean(self._trainer.averaged, self._table, self.correction_weights[0])
        return np.repeat(point[:, block].double().cpu().numpy()[None], len(x), axis=0)

    def draw(self, x: np.ndarray, missing: np.ndarray, block: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return one sample for each chain."""
        noise = torch.randn((len(x), *self._table.values.shape), generator=self._generator, device=self._device)
        source = self._base.correlated(~self._missing, noise)
        drawn = self._predictor.draw(self._trainer.averaged, self._table, source, correction_weight=1.0)
        return drawn[:, :, block].double().cpu().numpy()

    def notes(self) -> tuple[str, ...]:
        """Return what the row should say when the network had no part in the answer."""
        if self._round == 0:
            return ("Gaussian base only: too few observed cells to hold 30 of them out",)
        if self.correction_weights[0] == 0.0:
            return ("Gaussian base only: the network does not help on the held-out cells",)
        return ()

    def facts(self) -> dict[str, Any]:
        """Return the number of the last round, its loss, held-out errors and weights."""
        return self._facts

    def _judged(self, chains: Tensor) -> dict[str, float]:
        """Choose the correction weights by the held-out cells, and return what they say."""
        if self._judge is None:
            self._judge = HeldOut(self._table, self._held_out, self._base_of_training, self._predictor)
        point, flow = self._judge.judge(self._trainer.averaged, chains)
        self.correction_weights = point.correction_weight, flow.correction_weight
        self.explained = max(point.explained, flow.explained)
        return {
            "heldout_rmse": point.error,
            "network_weight": point.correction_weight,
            "heldout_flow": flow.error,
            "flow_weight": flow.correction_weight,
        }

    def _train(self, chains: Tensor, steps: int, stage: str, is_target: Tensor) -> float:
        """Take ``steps`` steps on pairs from the completed rows and return the mean loss."""
        if self._patterns is None or self._patterns.partial:
            self._patterns = draw_patterns(self._missing, self._base_of_training, self._generator)
        total = 0.0
        for first in range(0, steps, _STEPS_AT_ONCE):
            count = min(_STEPS_AT_ONCE, steps - first)
            for loss in self._losses(chains, is_target, count):
                total += self._trainer.step(loss)
            self._progress(stage, first + count, steps)
        if self._trainer.skipped > self._trainer.steps // 10:
            raise ImputationError(f"diverged in round {self._round}: {self._trainer.skipped} steps were not finite")
        return total / steps

    def _losses(self, chains: Tensor, is_target: Tensor, count: int) -> Iterator[Tensor]:
        """Yield the loss of ``count`` batches: the weighted squared error of predicted hidden entries, per entry.

        All that does not depend on the network is computed for all batches at once. With the weights' square roots
        taken into the target and into what multiplies the network's output, a step is little more than the network.
        """
        settings, generator, network = self.settings, self._generator, self._trainer.network
        shape = (count, settings.batch)
        assert self._patterns is not None
        rows, targets, source = draw_pairs(
            chains,
            self._patterns,
            self._base_of_training,
            is_target,
            own_hidden_fraction=_OWN_HIDDEN_FRACTION,
            shape=shape,
            generator=generator,
        )
        tau = torch.rand((*shape, 1), generator=generator, device=self._device)
        start = torch.rand(tau.shape, generator=generator, device=self._device) < _START_FRACTION
        tau = torch.where(start, 0.0, tau)
        x = interpolate(source, rows.values, tau)
        inputs = self._predictor.inputs(network, x, rows, tau)
        kept = network.dropped((count, settings.blocks, settings.batch), generator)
        total = targets.sum(dim=(1, 2), keepdim=True).clamp_min(1.0)
        root = torch.sqrt(importance(tau, rows.spread) * targets / total)
        scale = root * Preconditioner(rows.mean, rows.spread, tau).error()
        wanted = root * (rows.values - self._predictor.base(x, rows, tau))
        for number in range(count):
            output = network(inputs[number], None if kept is None else kept[number])
            yield (scale[number] * output - wanted[number]).square().sum()
