"""The schema of ``conf/``: every registered dataclass becomes ``base_<key>`` of its group."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import Any

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
    from omegaconf.errors import MissingMandatoryValue

    for group in _BASES:
        if not OmegaConf.is_missing(cfg, group) and OmegaConf.is_missing(cfg[group], "target"):
            raise UserError(f"{group}=custom stands for no class by itself: give {group}.target=<module>.<Class>")
    known = {field.name for field in fields(CellConfig)}
    try:
        parts = vars(OmegaConf.to_object(cfg)).copy()
    except MissingMandatoryValue as error:
        raise UserError(f"{error.full_key} has no value: give {error.full_key}=<value>") from error
    del parts["experiment"]
    for name, part in parts.items():
        if name not in known:
            raise unknown("key", name, known)
        _refuse_additions(name, part)
        parts[name] = _resolved(part, name)
    return CellConfig(**parts)


def part_config(cfg: Any, group: str) -> Any:
    """Return one part of a composed configuration: a method, a dataset, a mechanism.

    Raises:
        UserError: a part from outside the package cannot be used.
    """
    from omegaconf import OmegaConf

    return _resolved(OmegaConf.to_object(cfg[group]), group)


def _resolved(part: Any, group: str) -> Any:
    return resolve(part, group, _BASES[group]) if isinstance(part, Reference) else part


def _refuse_additions(name: str, part: Any) -> None:
    """Raise UserError where ``part``, or a dataclass within it, has an attribute that is no field."""
    if not is_dataclass(part):
        return
    known = {field.name for field in fields(part)}
    for extra in sorted(set(vars(part)) - known):
        raise unknown_parameter(type(part), extra, getattr(part, extra), f"key of {name}")
    for field in fields(part):
        _refuse_additions(f"{name}.{field.name}", getattr(part, field.name))
