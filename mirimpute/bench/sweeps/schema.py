"""The schema of ``conf/``: every registered dataclass becomes ``base_<key>`` of its group."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from mirimpute.amputation.base import Mechanism
from mirimpute.amputation.registry import MECHANISMS
from mirimpute.bench.config import CellConfig, Protocol
from mirimpute.bench.sweeps.custom import Reference, resolve
from mirimpute.datasets.base import Dataset
from mirimpute.datasets.registry import DATASETS
from mirimpute.errors import UserError, unknown
from mirimpute.methods.base import Method
from mirimpute.methods.parameters import unknown_parameter
from mirimpute.methods.registry import METHODS


@dataclass
class _CellSchema(CellConfig):
    """`CellConfig` whose parts are still to be chosen, plus the experiment group, which only overrides others."""

    dataset: Any = "???"
    mechanism: Any = "???"
    method: Any = "???"
    protocol: Any = "???"
    experiment: Any = None


GROUPS: dict[str, dict[str, type]] = {
    "dataset": {**DATASETS, "custom": Reference},
    "mechanism": {**MECHANISMS, "custom": Reference},
    "method": {**METHODS, "custom": Reference},
    "protocol": {"default": Protocol},
}


_BASES: dict[str, type] = {"dataset": Dataset, "mechanism": Mechanism, "method": Method}


def register_schema() -> None:
    """Put the schema into Hydra's store."""
    from hydra.core.config_store import ConfigStore

    store = ConfigStore.instance()
    store.store(name="base_cell", node=_CellSchema)
    for group, classes in GROUPS.items():
        for key, node in classes.items():
            store.store(group=group, name=f"base_{key}", node=node)


def cell_config(cfg: Any) -> CellConfig:
    """Return the composed configuration as plain dataclasses.

    Raises:
        UserError: a key was added (``+key=value``) that the schema does not have, or a part from outside the package
            cannot be used, or an option that has to be given is not.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

    for group in _BASES:
        if not OmegaConf.is_missing(cfg, group) and OmegaConf.is_missing(cfg[group], "target"):
            raise UserError(f"{group}=custom stands for no class by itself: give {group}.target=<module>.<Class>")
    known = {field.name for field in fields(CellConfig)}
    try:
        parts = vars(OmegaConf.to_object(cfg)).copy()
    except MissingMandatoryValue as error:
        raise UserError(f"{error.full_key} has no value: give {error.full_key}=<value>") from error
    except OmegaConfBaseException as error:  # a reference to itself, or to a key that is not there
        said = str(error).partition("\n")[0]
        raise UserError(f"{error.full_key} cannot be read ({said}): give a plain value") from error
    del parts["experiment"]
    for name, part in parts.items():
        if name not in known:
            raise unknown("key", name, known)
        _refuse_additions(name, part, getattr(part, "name", ""))
        _refuse_other_types(name, part)
        parts[name] = _resolved(part, name)
    found = CellConfig(**parts)
    _refuse_other_types("", found)
    return found


_EXAMPLES = {"list[str]": "a list of names, such as [rmse]", "list[float]": "a list of numbers, such as [0.2, 0.4]"}


def _refuse_other_types(name: str, part: Any) -> None:
    """Raise UserError where a field holds what its type does not say: a reference to another key, lists in a list."""
    if not is_dataclass(part):
        return
    hints = get_type_hints(type(part))
    for each in fields(part):
        value, hint = getattr(part, each.name), hints[each.name]
        key = f"{name}.{each.name}".lstrip(".")
        if not _is_of(value, hint):
            wanted = _EXAMPLES.get(str(hint), f"a value of type {getattr(hint, '__name__', hint)}")
            raise UserError(f"{key}={str(value)[:60]} is of another type: give {wanted}")
        if name:
            _refuse_other_types(key, value)


def _is_of(value: Any, hint: Any) -> bool:
    if get_origin(hint) is list:
        return isinstance(value, list) and all(_is_of(each, get_args(hint)[0]) for each in value)
    if get_origin(hint) is dict:
        return isinstance(value, dict)
    if get_origin(hint) in (Union, UnionType):
        return any(_is_of(value, each) for each in get_args(hint))
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return hint is Any or not isinstance(hint, type) or isinstance(value, hint)


def part_config(cfg: Any, group: str) -> Any:
    """Return one part of a composed configuration: a method, a dataset, a mechanism.

    Raises:
        UserError: a part from outside the package cannot be used.
    """
    from omegaconf import OmegaConf

    return _resolved(OmegaConf.to_object(cfg[group]), group)


def _resolved(part: Any, group: str) -> Any:
    return resolve(part, group, _BASES[group]) if isinstance(part, Reference) else part


def _refuse_additions(name: str, part: Any, of: str) -> None:
    """Raise UserError where ``part``, or a dataclass within it, has an attribute that is no field."""
    if not is_dataclass(part):
        return
    known = {field.name for field in fields(part)}
    for extra in sorted(set(vars(part)) - known):
        raise unknown_parameter(type(part), extra, getattr(part, extra), f"key of {name}", of)
    for field in fields(part):
        _refuse_additions(f"{name}.{field.name}", getattr(part, field.name), of)
