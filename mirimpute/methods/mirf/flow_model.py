"""A trained flow over its base, apart from the table that it was trained on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

from mirimpute.flow.network import ResidualNetwork
from mirimpute.methods.factor_model import FactorModel
from mirimpute.methods.gaussian import GaussianModel
from mirimpute.methods.mirf.learnt_parts import checked, of_prefix, prefixed
from mirimpute.methods.mirf.prediction import Predictor
from mirimpute.methods.mirf.rows import Rows
from mirimpute.types import Array


@dataclass(frozen=True)
class FlowModel:
    """It completes any rows of the same columns.

    Attributes:
        base: the Gaussian base.
        predictor: features, and bounds of the state.
        network: corrects the base.
        point_weight, draw_weight: in [0, 1], the correction weights of mean and draws.
    """

    version: ClassVar[int] = 3

    base: GaussianModel
    predictor: Predictor
    network: ResidualNetwork
    point_weight: float
    draw_weight: float

    def rows(self, x: Array, hidden: Array) -> Rows:
        """Return rows (n, d) and what the base says of their hidden entries (which are not read)."""
        values = torch.as_tensor(np.where(hidden, 0.0, x), dtype=torch.float32, device=self.base.mean.device)
        unseen = torch.as_tensor(hidden, device=values.device)
        return Rows(values, unseen, *self.base.condition(values, ~unseen))

    def mean(self, rows: Rows) -> Array:
        """Return the conditional mean of hidden entries, float64 (n, d): the prediction at tau = 0."""
        return self.predictor.mean(self.network, rows, self.point_weight).double().cpu().numpy()

    def told(self, blocks: Sequence[Array]) -> Array:
        """Return the standard deviation that the base gives each column where all others are known, (d,).

        Args:
            blocks: the columns of each category, which are not told by each other.
        """
        d = len(self.base.mean)
        known = ~torch.eye(d, dtype=torch.bool, device=self.base.mean.device)
        for block in blocks:
            known[np.ix_(block, block)] = False
        spread = self.base.condition(torch.zeros_like(known, dtype=self.base.mean.dtype), known)[1]
        return spread.diagonal().double().cpu().numpy()

    def possible(
        self, rows: Rows, answers: Array, turns: int = 1, ranged: Callable[[Array], Array] = lambda answers: answers
    ) -> Array:
        """Return answers (count, n, d) of hidden entries that keep the identities of the base's columns.

        Args:
            rows: whose entries they are.
            answers: float64.
            turns: how often what keeps the identities goes through ``ranged``.
            ranged: of some rows, (count, m, d), which works row by row.
        """
        if not self.base.has_identities:
            return answers
        mean, result = rows.mean.double(), np.empty_like(answers)
        for where, project in self.base.projections(~rows.hidden):
            some, here = where.cpu().numpy(), mean[where]
            found = answers.take(some, axis=1)  # in rows one after the other: how they lie decides about last bits
            for _ in range(turns):
                deviation = torch.as_tensor(found, device=mean.device) - here
                found = ranged((here + project(deviation)).cpu().numpy())
            result[:, some] = found
        return result

    def draw(self, rows: Rows, count: int, generator: torch.Generator) -> Array:
        """Return ``count`` samples, float64 (count, n, d), with noise of a generator."""
        shape = (count, *rows.values.shape)
        return self.drawn(rows, torch.randn(shape, generator=generator, device=rows.values.device))

    def drawn(self, rows: Rows, noise: torch.Tensor) -> Array:
        """Return a sample for each of ``noise`` (count, n, d), float64, by integration from tau = 0 to 1.

        The flow starts from noise with the correlation that the base gives the hidden entries of the row.
        """
        source = self.base.correlated(~rows.hidden, noise.to(rows.values))
        drawn = self.predictor.draw(self.network, rows, source, correction_weight=self.draw_weight)
        return drawn.double().cpu().numpy()

    def arrays(self) -> dict[str, Array]:
        """Return base, predictor and network as plain arrays."""
        network = self.network
        return {
            **prefixed("base", self.base.arrays()),
            **prefixed("predictor", self.predictor.arrays()),
            **prefixed("network", {name: each.cpu().numpy() for name, each in network.state_dict().items()}),
            "sizes": np.array([network.width, len(network.blocks)]),
            "dropout": np.array([network.dropout]),
            "correction_weights": np.array([self.point_weight, self.draw_weight]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> FlowModel:
        """Return what :meth:`arrays` wrote, on the CPU.

        Raises:
            KeyError, RuntimeError, ValueError: the arrays are not those of a flow.
        """
        d = len(arrays["base.mean"])
        checked(arrays["base.mean"], (d,))
        few = arrays["base.covariance"].ndim == 1
        checked(arrays["base.covariance"], (d,) if few else (d, d))
        for weight in of_prefix("network", arrays).values():
            checked(weight, weight.shape)
        base = (FactorModel if few else GaussianModel).from_arrays(of_prefix("base", arrays))
        predictor = Predictor.from_arrays(of_prefix("predictor", arrays))
        weights = of_prefix("network", arrays)
        width, blocks = map(int, arrays["sizes"])
        # Made before its weights are looked at, so no number may ask for more than there are weights.
        if not 1 <= max(width, blocks) <= sum(each.size for each in weights.values()):
            raise ValueError(f"a network of {width} x {blocks} without the weights for it")
        dropout, new = float(arrays["dropout"][0]), torch.Generator().manual_seed(0)
        with torch.device("meta"):
            network = ResidualNetwork(predictor.n_features, len(base.mean), width, blocks, dropout, new)
        network.load_state_dict({name: torch.as_tensor(each) for name, each in weights.items()}, assign=True)
        network.eval().requires_grad_(False)
        of_point, of_draw = map(float, arrays["correction_weights"])
        return cls(base, predictor, network, of_point, of_draw)
