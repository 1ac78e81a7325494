"""Methods, datasets and mechanisms from outside the package: ``method=custom method.target=my_file.MyMethod``."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from mirimpute.bench.sweeps.refused_value import refused_value
from mirimpute.errors import UserError, unknown
from mirimpute.types import import_object


@dataclass
class Reference:
    """A method, dataset or mechanism of somebody else's, by the place of its class.

    Attributes:
        target: "module.Class"; the module is looked for where Python looks, then in the working directory. Its code is
            run.
        name: the label in rows (null: the class's own, or its name).
        parameters: its fields.
    """

    target: str
    name: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)


def resolve(reference: Reference, group: str, base: type) -> Any:
    """Return the instance of ``base`` that ``reference`` describes.

    Raises:
        UserError: no such class, not one of ``base``, or parameters that it does not have.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    found = import_object(reference.target, f"{group}.target")
    if not (isinstance(found, type) and issubclass(found, base) and is_dataclass(found)):
        raise UserError(
            f"{group}.target={reference.target} is no {base.__name__}: give a dataclass derived from "
            f"{base.__module__}.{base.__name__}"
        )
    given = dict(reference.parameters)
    own = {each.name: each.default for each in fields(found)}
    if reference.name is not None or not isinstance(own.get("name"), str):
        given["name"] = reference.name or found.__name__
    for each in given:
        if each not in own:
            raise unknown(f"key of {group}.parameters", each, own, reference.target)
    try:
        return OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(found), given))
    except OmegaConfBaseException as error:
        if error.full_key in given:
            key = f"{group}.parameters.{error.full_key}"
            raise refused_value(key, given[error.full_key], found, error) from error
        lines = str(error).splitlines() or [type(error).__name__]
        raise UserError(f"{group}.parameters={given} do not fit {reference.target}: {lines[0]}") from error
