"""A learnt part of MIRF: what it is saved as. Each part is one file, which also holds how it learns and applies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

import numpy as np

from mirimpute.types import Array


class Part(Protocol):
    """What has learnt something. Raise ``version`` when the arrays begin to mean something else."""

    version: ClassVar[int]

    def arrays(self) -> dict[str, Array]:
        """Return everything as plain arrays of numbers, for files without pickle."""

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Any:
        """Return the part that :meth:`arrays` wrote.

        Raises:
            KeyError, ValueError: the arrays are not those of such a part.
        """


def prefixed(prefix: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Return the arrays under the names ``prefix.name``.

    >>> list(prefixed("base", {"mean": np.zeros(1)}))
    ['base.mean']
    """
    return {f"{prefix}.{name}": array for name, array in arrays.items()}


def of_prefix(prefix: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Return the arrays whose names :func:`prefixed` began with ``prefix``, under their own names."""
    return {name[len(prefix) + 1 :]: array for name, array in arrays.items() if name.startswith(f"{prefix}.")}


def checked(array: Array, shape: tuple[int, ...]) -> Array:
    """Return ``array`` if it has the shape and finite numbers.

    Raises:
        ValueError: it has not.
    """
    if array.shape != shape or array.dtype.kind not in "iuf" or not np.isfinite(array).all():
        raise ValueError(f"an array of shape {array.shape} and type {array.dtype} where finite {shape} belong")
    return array
