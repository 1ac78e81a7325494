"""Randomness from named components: the same names give the same stream, whatever else ran before."""

from __future__ import annotations

import hashlib

import numpy as np


def integer_seed(seed: int, *names: str) -> int:
    """Return a 63-bit seed that depends on ``seed`` and on every name, and on nothing else.

    Two streams with different names are independent, so the mask of a cell never changes with the method and the
    method's noise never changes with the metric.

    >>> integer_seed(0, "mask") == integer_seed(0, "mask"), integer_seed(0, "mask") == integer_seed(0, "method")
    (True, False)
    """
    text = "\x1f".join([str(int(seed)), *names])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def generator(seed: int, *names: str) -> np.random.Generator:
    """Return the NumPy generator of the stream ``(seed, *names)``; see :func:`integer_seed`."""
    return np.random.default_rng(integer_seed(seed, *names))
