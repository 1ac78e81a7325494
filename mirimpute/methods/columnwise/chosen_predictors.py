"""A columnwise transport that predicts each column from some of the others alone: R's mice has a matrix for it."""

from __future__ import annotations

from typing import Any

import numpy as np

from mirimpute.methods.transport import Transport
from mirimpute.types import Array


class ChosenPredictors(Transport):
    """Hands to another transport only the columns that may predict the one that is moved.

    A column with no predictor is predicted from a constant, as with mice's row of zeros: by its mean, or drawn from
    its observed values.

    Args:
        transport: any that moves one column of the source at a time.
        predictors: bool (n_columns, n_columns), of encoded columns: may column k predict column j, ``[j, k]``?
    """

    def __init__(self, transport: Transport, predictors: Array) -> None:
        self._transport, self._predictors = transport, predictors

    def fit(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> None:
        """Learn the conditional distribution of the block given its predictors."""
        self._transport.fit(*self._seen(x, missing, block), rng)

    def mean(self, x: Array, missing: Array, block: Array) -> Array:
        """Return the conditional mean of the block."""
        return self._transport.mean(*self._seen(x, missing, block))

    def draw(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> Array:
        """Return a draw of the block."""
        return self._transport.draw(*self._seen(x, missing, block), rng)

    def facts(self) -> dict[str, Any]:
        """Return the facts of the transport."""
        return self._transport.facts()

    def converged(self) -> bool:
        """Return whether the transport says so."""
        return self._transport.converged()

    def _seen(self, x: Array, missing: Array, block: Array) -> tuple[Array, Array, Array]:
        """Return block and predictors of ``x`` and ``missing``, and the place of the block among them."""
        others = np.setdiff1d(np.flatnonzero(self._predictors[block[0]]), block)
        kept = np.concatenate([block, others])
        x, missing = x[:, :, kept], missing[:, kept]
        if not others.size:
            x = np.concatenate([x, np.zeros((*x.shape[:2], 1))], axis=2)
            missing = np.concatenate([missing, np.zeros((len(missing), 1), dtype=bool)], axis=1)
        return x, missing, np.arange(len(block))
