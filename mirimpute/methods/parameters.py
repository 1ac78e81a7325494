"""Checks of parameters that methods share; each refusal names the value and the fix."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from mirimpute.errors import UserError, unknown
from mirimpute.methods.base import Method

PREFIX = "method"


def unknown_parameter(kind: Any, parameter: str, value: Any, what: str) -> UserError:
    """Return the error for what is no field of the dataclass ``kind``; says where the parameter is now, if it is.

    Args:
        kind: the class.
        parameter, value: as given.
        what: the word for it, such as "parameter" or "key of method".
    """
    now = kind.elsewhere(parameter, value) if issubclass(kind, Method) else ""
    if now:
        return UserError(f"{parameter}={value}: {kind.__name__.lower()} has no {parameter} any more, give {now}")
    return unknown(what, parameter, [field.name for field in fields(kind)])


def at_least(settings: Any, least: float, *names: str, of: str = PREFIX) -> None:
    """Raise UserError when a parameter is below ``least``; one that may be null is no refusal where it is.

    Args:
        settings: the dataclass.
        least: the smallest that has a meaning.
        names: of the parameters.
        of: what the user types before their names.
    """
    for name in names:
        given = getattr(settings, name)
        if given is not None and not given >= least:  # also true of NaN
            raise UserError(f"{of}.{name}={given} is too small: give {least} or more")


def within(settings: Any, lowest: float, below: float, *names: str, of: str = PREFIX) -> None:
    """Raise UserError when a parameter is not in [lowest, below)."""
    for name in names:
        if not lowest <= getattr(settings, name) < below:
            raise UserError(f"{of}.{name}={getattr(settings, name)} is outside [{lowest}, {below}): give one inside")


def fraction(settings: Any, *names: str, of: str = PREFIX) -> None:
    """Raise UserError when a parameter is not in [0, 1]."""
    for name in names:
        if not 0 <= getattr(settings, name) <= 1:
            raise UserError(f"{of}.{name}={getattr(settings, name)} is outside [0, 1]: give a fraction")


def positive(settings: Any, *names: str, of: str = PREFIX) -> None:
    """Raise UserError when a parameter is not a finite number above 0."""
    for name in names:
        if not 0 < getattr(settings, name) < float("inf"):
            raise UserError(f"{of}.{name}={getattr(settings, name)} must be a finite number above 0")


def one_of(settings: Any, valid: tuple[str, ...], name: str, of: str = PREFIX) -> None:
    """Raise UserError when a parameter is not one of the valid words."""
    if getattr(settings, name) not in valid:
        raise unknown(f"{of}.{name}", getattr(settings, name), valid)
