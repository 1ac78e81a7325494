"""Batch Sinkhorn imputation: the missing entries themselves go down a Sinkhorn divergence.

The minimum of min_g KL(P_{X(g), M} || q x P_M) is where X(g) has the law q and nothing to do with M: rows of any
two patterns, and so any two batches of rows, have one law. Both terms, I(X(g); M) and KL(Q_X || q), are replaced by

    S_e(X_K, X_L),   K and L random sets of rows,

the Sinkhorn divergence (:mod:`mirimpute.methods.baselines.sinkhorn_divergence`), which is 0 iff the two empirical laws
are equal. Unlike KL it needs no densities; what it gives up is the link between x_miss and x_obs of the same row: only
the geometry, that a row is sent to near rows, keeps it. There is no model of g either: the entries are the parameters,
and a round takes ``steps`` gradient steps on them (algorithm 1; the round-robin of algorithm 3 is not here). The other
batch holds completions too, but no network is taught by them: nothing is learnt that could repeat them.

Each chain is a start of its own, near the column means. The completion of a chain is neither a conditional mean nor a
draw: it is scored as both, and the point is the mean of the chains.

Reference: Muzellec, Josse, Boyer, Cuturi, "Missing Data Imputation using Optimal Transport", ICML 2020.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from mirimpute.errors import ImputationError
from mirimpute.methods.base import Fitted, Method, Problem
from mirimpute.methods.baselines.neural import OPTIMISERS, NeuralTransport, fill_near_means, run
from mirimpute.methods.baselines.sinkhorn_divergence import sinkhorn_divergence, squared_distances
from mirimpute.methods.parameters import Count, Positive
from mirimpute.types import Progress, lazy, no_progress

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy("torch")

_ROWS_FOR_MEDIAN = 1000
_ITERATIONS = 50
_TOLERANCE = 0.1
"""Of the potentials: batches are noisier than that."""


@dataclass
class Sinkhorn(Method):
    """Move the missing entries until any two batches of completed rows look alike.

    Attributes:
        rounds: of the outer loop.
        steps: gradient steps on the entries in each round.
        batch: rows in each of the two sets that are compared.
        regularisation: of the transport, as a fraction of the median squared distance.
        learning_rate: of RMSprop.
        draws: starts, each a completed table; the point is their mean.
    """

    libraries: ClassVar[tuple[str, ...]] = OPTIMISERS
    version: ClassVar[int] = 4

    name: str = "sinkhorn"
    rounds: Count = 20
    steps: Count = 40
    batch: Count = 256
    regularisation: Positive = 0.02
    learning_rate: Positive = 0.01
    draws: Count = 20

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Complete the table."""
        return run(problem, SinkhornTransport(self, problem, progress), "mean", fill_near_means)


class SinkhornTransport(NeuralTransport):
    """Gradient steps on the entries, kept from round to round.

    The steps are those of RMSprop, so that none moves an entry by more than ten times the learning rate, and entries of
    rows that are in no batch stay where they are.
    """

    settings: Sinkhorn

    def __init__(self, settings: Sinkhorn, problem: Problem, progress: Progress) -> None:
        super().__init__(settings, problem, progress)
        self._entries = torch.empty(0)
        self._optimiser: torch.optim.Optimizer | None = None
        self._regularisation = 0.0

    def _embed(self, rows: Tensor) -> Tensor:
        """Return the rows (..., n, d) in the space in which they are compared."""
        return rows

    def _learn(self, chains: Tensor, missing: Tensor) -> dict[str, Any]:
        if self._optimiser is None:
            self._start(chains)
        assert self._optimiser is not None
        with torch.no_grad():
            self._entries.copy_(chains)
        n_chains, n, _ = chains.shape
        batch = min(self.settings.batch, max(1, n // 2))
        total = 0.0
        which = torch.arange(n_chains, device=self._device)[:, None]
        for number in range(self.settings.steps):
            self._report(number, self.settings.steps)
            first, second = (self._choose(n, n_chains, batch) for _ in range(2))
            x, y = (
                self._embed(torch.where(missing[rows], self._entries[which, rows], chains[which, rows]))
                for rows in (first, second)
            )
            loss = sinkhorn_divergence(x, y, self._regularisation, steps=_ITERATIONS, tolerance=_TOLERANCE).mean()
            self._optimiser.zero_grad()
            (n_chains * loss).backward()
            self._descend()
            total += float(loss.detach())
        if not math.isfinite(total):
            raise ImputationError(f"diverged in round {self._round}: the training loss is {total}")
        return {"loss": total / self.settings.steps}

    def _start(self, chains: Tensor) -> None:
        """Make the entries parameters, and take the regularisation from the first completion, as the paper does."""
        self._entries = chains.clone().requires_grad_(True)
        self._optimiser = torch.optim.RMSprop([self._entries], lr=self.settings.learning_rate)
        some = self._embed(chains[0, self._choose(len(chains[0]), min(len(chains[0]), _ROWS_FOR_MEDIAN))])
        distances = squared_distances(some, some).detach()
        self._regularisation = max(self.settings.regularisation * float(distances.median()), 1e-4)

    def _descend(self) -> None:
        """Take a step down the gradients."""
        assert self._optimiser is not None
        self._optimiser.step()

    def _means(self, chains: Tensor, missing: Tensor) -> Tensor:
        return self._entries.detach()
