"""The named methods of ``conf/method``, without Hydra."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from mirimpute.conf_location import entry
from mirimpute.errors import UserError, unknown
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
    fields = dataclasses.fields(kind)
    known = {field.name for field in fields}
    given = {**values, **(parameters or {})}
    for parameter in parameters or {}:
        if parameter not in known:
            raise unknown("parameter", parameter, known)
    method = kind(**{field.name: _value(field, given[field.name]) for field in fields if field.name in given})
    method.check()
    return method


def _value(field: dataclasses.Field[Any], given: Any) -> Any:
    """Return ``given``, as a dataclass where the field holds one, such as ``solver: {name: heun, steps: 8}``."""
    kind = field.default_factory
    if not (isinstance(kind, type) and dataclasses.is_dataclass(kind)) or isinstance(given, kind):
        return given
    if not isinstance(given, Mapping):
        raise UserError(f"parameter {field.name}={given!r} is no dict: give one such as {dataclasses.asdict(kind())}")
    known = {each.name for each in dataclasses.fields(kind)}
    for name in given:
        if name not in known:
            raise unknown(f"key of {field.name}", name, known)
    return kind(**given)
