"""Which observed cells are hidden from a method that is then judged on them; the truth plays no part."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mirimpute.types import Array


def choose_observed(observed: Array, categorical: Sequence[Array], fraction: float, rng: np.random.Generator) -> Array:
    """Return observed cells to hide, bool (n, d), each chosen with probability ``fraction``.

    A row keeps an observed cell and a column at least half of its own; else none of them is hidden. The indicators of
    a categorical column are hidden together, because one of them would give away the others.

    Args:
        observed: bool (n, d).
        categorical: for each categorical column the numbers of its indicators.
        fraction: in (0, 1).
        rng: the only source of randomness.

    >>> observed = np.array([[True, True, False], [True, True, True], [True, True, True], [True, False, True]])
    >>> choose_observed(observed, [], 0.4, np.random.default_rng(4)).astype(int)
    array([[0, 0, 0],
           [1, 0, 1],
           [0, 1, 0],
           [0, 0, 0]])
    """
    chance = rng.random(observed.shape)
    for block in categorical:
        chance[:, block] = chance[:, block[:1]]
    chosen = observed & (chance < fraction)
    chosen &= (observed & ~chosen).any(axis=1, keepdims=True)
    chosen &= 2 * chosen.sum(axis=0) <= observed.sum(axis=0)
    return chosen
