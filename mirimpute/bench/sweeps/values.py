"""One ``key=value`` checked against the schema and set in a composed configuration.

The schema is the dataclass under each part of the configuration, so that what is wrong is known without Hydra's words.
"""

from __future__ import annotations

import dataclasses
from typing import Any, get_args, get_origin, get_type_hints

from mirimpute.bench.config import CellConfig
from mirimpute.bench.sweeps.schema import GROUPS
from mirimpute.errors import UserError, unknown
from mirimpute.methods.parameters import unknown_parameter

_WORDS = {
    int: "is no whole number: give one, such as 3",
    float: "is no number: give one, such as 0.3",
    bool: "is neither true nor false: give one of them",
}

_CHOICES = (*GROUPS, "experiment", "hydra.searchpath")


def is_value(override: Any) -> bool:
    """Return whether a parsed option sets one value that is there, and neither chooses a part nor sweeps."""
    from hydra.core.override_parser.types import OverrideType

    key = override.key_or_group
    plain = override.type == OverrideType.CHANGE and override.package is None and not override.is_sweep_override()
    return plain and "/" not in key and key not in _CHOICES


def set_value(config: Any, key: str, value: Any) -> None:
    """Set ``key`` of the configuration, which has it already.

    Args:
        config: a composed configuration; it is changed.
        key: with dots between its parts.
        value: plain.

    Raises:
        UserError: the schema has no such key, or the value is of another type.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    parent, _, name = key.rpartition(".")
    holder = _part(config, parent)
    if not OmegaConf.is_dict(holder) or name not in set(holder.keys()):  # "in" a DictConfig leaves out "???"
        raise unknown_key(key, config, value)
    try:
        OmegaConf.update(config, key, value, merge=True)
    except OmegaConfBaseException as error:
        raise _refused(key, value, OmegaConf.get_type(holder), error) from error


def _part(config: Any, key: str) -> Any:
    """Return what the configuration has under ``key`` ("": all of it), None if nothing."""
    from omegaconf import OmegaConf
    from omegaconf.errors import ConfigKeyError, ConfigTypeError

    try:
        return OmegaConf.select(config, key) if key else config
    except (ConfigKeyError, ConfigTypeError):  # the value of another key is on the way: method.name.length
        return None


def unknown_key(key: str, config: Any = None, value: Any = None) -> UserError:
    """A key that the schema does not have, such as missing_rat=0.3, method.round=3 or method.solvr.steps=2."""
    from omegaconf import OmegaConf

    parent, holder = key.rpartition(".")[0], None
    while config is not None and parent and not OmegaConf.is_dict(holder := _part(config, parent)):
        parent = parent.rpartition(".")[0]
    name = key.removeprefix(f"{parent}.")
    if not parent:
        return unknown("key", key, {field.name for field in dataclasses.fields(CellConfig)} | {"experiment"})
    if parent == "dataset.kinds":
        return new_column()
    kind = OmegaConf.get_type(holder) if OmegaConf.is_dict(holder) else None
    if dataclasses.is_dataclass(kind):
        part = _part(config, f"{parent.partition('.')[0]}.name")
        return unknown_parameter(kind, name, value, f"key of {parent}", part if isinstance(part, str) else "")
    shown = "all" if key.startswith("hydra.") else "job"
    return UserError(f"unknown key {key!r}: see mirimpute-bench --cfg {shown} for the keys of {parent}")


def new_column() -> UserError:
    """The kind of a column, without the ``+`` of what is not in the configuration yet."""
    return UserError("dataset.kinds names columns of yours, which are new keys: give +dataset.kinds.<column>=<kind>")


def _refused(key: str, value: Any, schema: Any, error: Exception) -> UserError:
    """A value that is not of the key's type."""
    name = key.rpartition(".")[2]
    wanted = get_type_hints(schema)[name] if dataclasses.is_dataclass(schema) else None
    alternatives = (wanted,) if get_origin(wanted) is list else get_args(wanted) or (wanted,)
    options = [each for each in alternatives if each is not type(None)]
    if dataclasses.is_dataclass(options[0]):
        if not isinstance(value, dict):
            return UserError(f"{key}={value}: {key} has keys of its own, give {key}.<key>=<value>")
        fields = {field.name for field in dataclasses.fields(options[0])}
        for each in value:
            if each not in fields:
                return unknown(f"key of {key}", each, fields)
    text = "null" if value is None else str(value).lower() if isinstance(value, bool) else value
    if options[0] in _WORDS:
        return UserError(f"{key}={text}: {text!r} {_WORDS[options[0]]}")
    if options[0] is str:
        default = next(each.default for each in dataclasses.fields(schema) if each.name == name)
        or_none = f", or leave {key} out for its default" if default and default is not dataclasses.MISSING else ""
        return UserError(f"{key}={text} is no text: give one, as {key}=<text>{or_none}")
    if get_origin(options[0]) is list and value in (None, [None]):
        return UserError(f"{key}=null is no list: give one, as {key}=[<value>], or leave {key} out for its default")
    if get_origin(options[0]) is list:
        return UserError(f"{key}={text} is no list of what it should be: give one, such as {key}=[{text}]")
    return UserError(f"{key}={text}: {str(error).splitlines()[0]}")
