"""Noise that belongs to a row: the same alone, in a batch or on another day, and another for every other row.

The generator is counter-based: a number is a function of a key and of its place, nothing is drawn in turn. The key of a
row is made of the seed, of the row's values and of its number among equal rows; the place is column, draw and purpose.

Philox4x32-10 (Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011) turns them into
bits, the transformation of Box & Muller (1958) into normal numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mirimpute.types import Array

_MULTIPLIERS = np.array([0xD2511F53, 0xCD9E8D57], dtype=np.uint64)
_WEYL = (0x9E3779B9, 0xBB67AE85)
_ROUNDS = 10
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
_WORDS_AT_ONCE = 8_192  # of each array: in the cache of a processor

_NORMAL, _UNIFORM = 0, 1


@dataclass(frozen=True)
class RowNoise:
    """The noise of some rows.

    Attributes:
        keys: uint64 (n,), of each row.
    """

    keys: Array

    @classmethod
    def of(cls, x: Array, seed: int) -> RowNoise:
        """Return the noise of the rows of ``x``, float64 (n, d); any NaN is one value, and so are 0 and -0.

        Of equal rows each has noise of its own, by its number among them.

        Args:
            x: the rows.
            seed: another one gives all rows other noise.
        """
        places = _mixed(_GOLDEN * np.arange(1, x.shape[1] + 1, dtype=np.uint64))
        content, at_once = np.empty(len(x), dtype=np.uint64), max(1, _WORDS_AT_ONCE // max(x.shape[1], 1))
        for start in range(0, len(x), at_once):
            part = x[start : start + at_once] + 0.0
            part[np.isnan(part)] = np.nan
            content[start : start + at_once] = _mixed(part.view(np.uint64) ^ places).sum(axis=1, dtype=np.uint64)
        seeded = _mixed(content ^ _mixed(np.full(1, seed % 2**64, dtype=np.uint64)))
        return cls(_mixed(seeded + _GOLDEN * _number_among_equals(content)))

    def __getitem__(self, rows: slice) -> RowNoise:
        """Return the noise of some of the rows."""
        return RowNoise(self.keys[rows])

    def normal(self, first: int, count: int, n_columns: int) -> Array:
        """Return standard normal numbers, float32 (count, n, n_columns): those of draw ``first`` and what follows."""
        result = np.empty((count, len(self.keys), n_columns), dtype=np.float32)
        for words, where in self._words(first, count, n_columns, _NORMAL):
            # of each pair, a radius and an angle; half a step keeps the logarithm finite
            u = (words.astype(np.float32) + np.float32(0.5)) * np.float32(2.0**-32)
            radius, angle = np.sqrt(np.float32(-2.0) * np.log(u[0::2])), np.float32(2 * np.pi) * u[1::2]
            pairs = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).reshape(words.shape)
            _put(result, where, pairs)
        return result

    def uniform(self, number: int, count: int) -> Array:
        """Return numbers between 0 and 1, float64 (count, n), of the choice with this number."""
        result = np.empty((1, len(self.keys), count))
        for words, where in self._words(number, 1, count, _UNIFORM):
            _put(result, where, (words + 0.5) * 2.0**-32)
        return np.ascontiguousarray(result[0].T)

    def _words(self, first: int, count: int, n_columns: int, purpose: int) -> Iterator[tuple[Array, slice]]:
        """Yield random words, uint64 (4, rows, blocks), each below 2^32, and for which of the (count x n) rows."""
        n, blocks = len(self.keys), -(-n_columns // 4)
        at_once = max(1, _WORDS_AT_ONCE // max(blocks, 1))
        for start in range(0, count * n, at_once):
            where = slice(start, min(start + at_once, count * n))
            draw, row = np.divmod(np.arange(where.start, where.stop, dtype=np.uint64), np.uint64(n))
            keys = self.keys[row.astype(np.intp), None]
            counters = np.empty((4, len(row), blocks), dtype=np.uint64)
            counters[0], counters[1] = np.arange(blocks, dtype=np.uint64), draw[:, None] + np.uint64(first)
            counters[2], counters[3] = purpose, 0
            yield philox(counters, keys & _LOW, keys >> _HALF), where


def philox(counter: Array, key0: Array, key1: Array) -> Array:
    """Return Philox4x32-10 of counters, uint64 (4, ...), and keys that broadcast to (...); all words below 2^32.

    >>> zero = np.zeros(1, dtype=np.uint64)
    >>> [f"{int(word[0]):08x}" for word in philox(np.zeros((4, 1), dtype=np.uint64), zero, zero)]
    ['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8']
    """
    x0, x1, x2, x3 = counter.copy()
    p0, p1 = np.empty_like(x0), np.empty_like(x0)
    for number in range(_ROUNDS):
        k0, k1 = ((key + np.uint64(number * step)) & _LOW for key, step in zip((key0, key1), _WEYL, strict=True))
        np.multiply(x0, _MULTIPLIERS[0], out=p0)
        np.multiply(x2, _MULTIPLIERS[1], out=p1)
        np.right_shift(p1, _HALF, out=x0)
        np.bitwise_xor(x0, x1, out=x0)
        np.bitwise_xor(x0, k0, out=x0)
        np.bitwise_and(p1, _LOW, out=x1)
        np.right_shift(p0, _HALF, out=x2)
        np.bitwise_xor(x2, x3, out=x2)
        np.bitwise_xor(x2, k1, out=x2)
        np.bitwise_and(p0, _LOW, out=x3)
    return np.stack([x0, x1, x2, x3])


def _put(result: Array, where: slice, words: Array) -> None:
    """Write words (4, rows, blocks) to these of the rows of ``result``, (..., rows, columns), four columns a block."""
    flat = result.reshape(-1, result.shape[-1])
    flat[where] = np.moveaxis(words, 0, -1).reshape(words.shape[1], -1)[:, : result.shape[-1]]


def _mixed(x: Array) -> Array:
    """Return the words, uint64, mixed so that every bit depends on every bit: the last step of SplitMix64.

    Steele, Lea & Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
    """
    for shift, factor in _MIX:
        x = (x ^ (x >> np.uint64(shift))) * np.uint64(factor)
    return x ^ (x >> np.uint64(31))


def _number_among_equals(x: Array) -> Array:
    """Return for each of ``x`` (n,) how many equal ones come before it, uint64 (n,).

    >>> _number_among_equals(np.array([5, 3, 5, 5, 3])).tolist()
    [0, 0, 1, 2, 1]
    """
    order = np.argsort(x, kind="stable")
    place = np.arange(len(x))
    new = np.concatenate([[True], x[order][1:] != x[order][:-1]])[: len(x)]
    result = np.empty(len(x), dtype=np.uint64)
    result[order] = place - np.maximum.accumulate(np.where(new, place, 0))
    return result
