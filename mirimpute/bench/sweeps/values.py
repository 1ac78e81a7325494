"""One ``key=value`` checked against the schema and set in a composed configuration.

The schema is the dataclass under each part of the configuration, so that what is wrong is known without Hydra's words.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from mirimpute.bench.config import CellConfig
from mirimpute.bench.sweeps.custom import Reference
from mirimpute.bench.sweeps.refused_value import refused_value
from mirimpute.bench.sweeps.schema import GROUPS
from mirimpute.errors import UserError, unknown
from mirimpute.methods.parameters import unknown_parameter

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
        raise refused_value(key, value, OmegaConf.get_type(holder), error) from error


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
    if parent == "hydra.launcher" and OmegaConf.is_dict(holder):
        return _unknown_of_launcher(name, [f"{each}" for each in holder if each != "_target_"])  # type: ignore[union-attr]
    group, _, rest = parent.partition(".")
    if rest == "parameters":
        return UserError(f"{parent} names fields of a class of yours, which are new keys: give +{key}={value}")
    kind = OmegaConf.get_type(holder) if OmegaConf.is_dict(holder) else None
    if dataclasses.is_dataclass(kind):
        part = _part(config, f"{group}.name")
        found = unknown_parameter(kind, name, value, f"key of {parent}", part if isinstance(part, str) else "")
        if kind is Reference:
            return UserError(f"{found}; a field of your class is given as +{group}.parameters.{name}={value}")
        return found
    shown = "all" if key.startswith("hydra.") else "job"
    return UserError(f"unknown key {key!r}: see mirimpute-bench --cfg {shown} for the keys of {parent}")


def _unknown_of_launcher(name: str, valid: Sequence[str]) -> UserError:
    if not valid:  # the launcher that computes one cell after the other
        return UserError(
            f"hydra.launcher.{name} is of another launcher: give hydra/launcher=local, or another, as well"
        )
    return unknown("key of hydra.launcher", name, valid)


def new_column() -> UserError:
    """The kind of a column, without the ``+`` of what is not in the configuration yet."""
    return UserError("dataset.kinds names columns of yours, which are new keys: give +dataset.kinds.<column>=<kind>")
