"""The named methods of ``conf/method``, without Hydra."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from mirimpute.conf_location import entry
from mirimpute.errors import unknown
from mirimpute.methods.base import Method
from mirimpute.methods.registry import METHODS


def named_method(name: str, parameters: Mapping[str, Any] | None = None) -> Method:
    """Return the method that ``method=<name>`` would run with, some parameters changed, and checked.

    >>> named_method("ice", {"rounds": 3})
    Ice(name='ice', rounds=3, tolerance=0.001)

    Raises:
        UserError: unknown name or parameter, or a value without a meaning.
    """
    key, values = entry("method", name)
    kind = METHODS[key]
    known = {field.name for field in dataclasses.fields(kind)}
    for parameter in parameters or {}:
        if parameter not in known:
            raise unknown("parameter", parameter, known)
    method = kind(**{**values, **(parameters or {})})
    method.check()
    return method
