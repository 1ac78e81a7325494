"""The named methods of ``conf/method``, without Hydra."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import ValidationError

from mirimpute.bench.conf_location import entry
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
    for parameter in parameters or {}:
        if parameter not in known:
            raise unknown("parameter", parameter, known)
    given, schema = {**values, **(parameters or {})}, OmegaConf.structured(kind)
    method = kind(**{field.name: _value(schema, field, given[field.name]) for field in fields if field.name in given})
    method.check()
    return method


def _value(schema: DictConfig, field: dataclasses.Field[Any], given: Any) -> Any:
    """Return ``given`` as the type of the field in ``schema``, by the rules of a config file.

    Where the field holds a dataclass, a dict such as ``{name: heun, steps: 8}`` becomes one.
    """
    inner = field.default_factory
    if not (isinstance(inner, type) and dataclasses.is_dataclass(inner)):
        try:
            schema[field.name] = given
        except (ValidationError, ValueError, TypeError) as error:
            raise UserError(f"parameter {field.name}={given!r} is of a wrong type: give {field.type}") from error
        return given if OmegaConf.is_config(schema[field.name]) else schema[field.name]
    if isinstance(given, inner):
        return given
    if not isinstance(given, Mapping):
        raise UserError(f"parameter {field.name}={given!r} is no dict: give one such as {dataclasses.asdict(inner())}")
    known = {each.name: each for each in dataclasses.fields(inner)}
    for name in given:
        if name not in known:
            raise unknown(f"key of {field.name}", name, known)
    return inner(**{name: _value(schema[field.name], known[name], value) for name, value in given.items()})
