"""The contract of a transport: it learns from completed rows how the missing entries move in one round of the loop."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from mirimpute.types import Array


class Transport(ABC):
    """One way to approximate a draw from q(x_block | the rest), learnt from completed rows.

    ``x`` is float64 (chains, n_rows, n_columns), completed, standardised; ``missing`` is bool (n_rows, n_columns);
    ``block`` holds the numbers of the columns whose missing entries are moved together.
    """

    @abstractmethod
    def fit(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> None:
        """Learn the conditional distribution of ``block`` from the completed rows."""

    @abstractmethod
    def mean(self, x: Array, missing: Array, block: Array) -> Array:
        """Return E[x_block | the rest] (chains, n_rows, len(block)); only its missing entries are used."""

    def draw(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> Array:
        """Return one sample of x_block given the rest, of the same shape; by default the mean, a degenerate draw."""
        return self.mean(x, missing, block)

    def facts(self) -> dict[str, Any]:
        """Return numbers about the last round for the trace, ``loss`` among them: by default the mean of its fits."""
        lost = self.__dict__.pop("_lost", [])
        return {"loss": float(np.mean(lost))} if lost else {}

    def lose(self, value: float) -> None:
        """Note the loss of a fit, of the observed entries that it was fitted to, for :meth:`facts`."""
        self.__dict__.setdefault("_lost", []).append(float(value))

    def converged(self) -> bool:
        """Return whether further rounds cannot help; asked after each round when the schedule stops by transport."""
        return False

    def for_categories(self) -> Transport | None:
        """Return the transport of categorical columns in a sweep column by column, whose blocks are indicators.

        None: logistic regression.
        """
        return None
