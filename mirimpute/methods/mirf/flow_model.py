"""A trained flow over its base, apart from the table that it was trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from mirimpute.flow.network import ResidualNetwork
from mirimpute.methods.gaussian import GaussianModel
from mirimpute.methods.mirf.prediction import Predictor
from mirimpute.methods.mirf.rows import Rows


@dataclass(frozen=True)
class FlowModel:
    """It completes any rows of the same columns.

    Attributes:
        base: the Gaussian base.
        predictor: features, and bounds of the state.
        network: corrects the base.
        trust_point, trust_draw: in [0, 1], the part of the correction that mean and draws take.
        solver, solver_steps: of the draws.
    """

    base: GaussianModel
    predictor: Predictor
    network: ResidualNetwork
    trust_point: float
    trust_draw: float
    solver: str
    solver_steps: int

    def rows(self, x: np.ndarray, hidden: np.ndarray) -> Rows:
        """Return rows (n, d) and what the base says of their hidden entries (which are not read)."""
        values = torch.as_tensor(np.where(hidden, 0.0, x), dtype=torch.float32, device=self.base.mean.device)
        unseen = torch.as_tensor(hidden, device=values.device)
        return Rows(values, unseen, *self.base.condition(values, ~unseen))

    def mean(self, rows: Rows) -> np.ndarray:
        """Return the conditional mean of hidden entries, float64 (n, d): the prediction at tau = 0."""
        return self.predictor.mean(self.network, rows, self.trust_point).double().cpu().numpy()

    def means(self, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
        """Return the conditional means of base and flow, float64 (n, d) each."""
        return rows.mean.double().cpu().numpy(), self.mean(rows)

    def possible(self, rows: Rows, answers: np.ndarray) -> np.ndarray:
        """Return answers (count, n, d) of hidden entries that keep the identities of the base's columns."""
        mean = rows.mean.double()
        deviation = torch.as_tensor(answers, device=mean.device) - mean
        return (mean + self.base.possible(~rows.hidden, deviation)).cpu().numpy()

    def draw(self, rows: Rows, count: int, generator: torch.Generator) -> np.ndarray:
        """Return ``count`` samples, float64 (count, n, d), with noise of a generator."""
        shape = (count, *rows.values.shape)
        return self.drawn(rows, torch.randn(shape, generator=generator, device=rows.values.device))

    def drawn(self, rows: Rows, noise: torch.Tensor) -> np.ndarray:
        """Return a sample for each of ``noise`` (count, n, d), float64, by integration from tau = 0 to 1.

        The flow starts from noise with the correlation that the base gives the hidden entries of the row; with the
        source "imputation", from draws of the base.
        """
        source = noise.to(rows.values)
        if self.predictor.source == "imputation":
            source = self.base.drawn(rows.values, ~rows.hidden, source)
            source = source.clamp(self.predictor.lowest, self.predictor.highest)
        else:
            source = self.base.correlated(~rows.hidden, source)
        drawn = self.predictor.draw(
            self.network, rows, source, trust=self.trust_draw, solver=self.solver, steps=self.solver_steps
        )
        return drawn.double().cpu().numpy()
