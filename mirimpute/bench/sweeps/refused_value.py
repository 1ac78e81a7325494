"""A value that is not of the type of its key, as one sentence."""

from __future__ import annotations

import dataclasses
from typing import Any, get_args, get_origin, get_type_hints

from mirimpute.errors import UserError, unknown

_WORDS = {
    int: "is no whole number: give one, such as 3",
    float: "is no number: give one, such as 0.3",
    bool: "is neither true nor false: give one of them",
}


def refused_value(key: str, value: Any, schema: Any, error: Exception) -> UserError:
    """A value that is not of the key's type.

    Args:
        key: with dots between its parts.
        value: as given.
        schema: the dataclass that has the key's last part.
        error: what OmegaConf says of it.
    """
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
