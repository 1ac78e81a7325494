"""What values a parameter of a method may have, written into its type: ``rounds: Count = 5``."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_type_hints

from mirimpute.errors import UserError, unknown

MOST = 10_000_000
"""More of anything that is counted would not end, or fit into memory."""


@dataclass(frozen=True)
class Interval:
    """Numbers from ``low`` to ``high``, of which ``closed`` ("both", "left", "right", "neither") belong to it.

    >>> str(Interval(0, 1, "left"))
    '[0, 1)'
    """

    low: float
    high: float = float("inf")
    closed: str = "both"

    def __str__(self) -> str:
        left, right = self.closed in ("both", "left"), self.closed in ("both", "right")
        return f"{'[' if left else '('}{self.low}, {self.high}{']' if right else ')'}"

    def fault(self, value: Any) -> str:
        """Return what is wrong with ``value`` and what to give instead, "" if nothing is."""
        above = value >= self.low if self.closed in ("both", "left") else value > self.low
        if above and (value <= self.high if self.closed in ("both", "right") else value < self.high):
            return ""
        if above and value > self.high == MOST:
            return f"is too large: give {MOST} or fewer"
        if self.high < MOST:
            return f"is outside {self}: give one inside"
        reason = "is no finite number" if above or value != value else "is too small"
        return f"{reason}: give {f'{self.low} or more' if self.closed == 'both' else f'a number above {self.low}'}"


@dataclass(frozen=True)
class Options:
    """One of some values."""

    values: tuple[Any, ...]


Count = Annotated[int, Interval(1, MOST)]
CountOrZero = Annotated[int, Interval(0, MOST)]
Amount = Annotated[float, Interval(0)]
Positive = Annotated[float, Interval(0, closed="neither")]
Fraction = Annotated[float, Interval(0, 1, "left")]
Part = Annotated[float, Interval(0, 1)]
Share = Annotated[float, Interval(0, 1, "right")]
Decay = Annotated[float, Interval(0, 100, "left")]


def check_parameters(settings: Any, of: str = "method") -> None:
    """Refuse a field of the dataclass, or of a dataclass in it, whose value its type does not allow.

    A field that may be null has no limits where it is.

    Args:
        settings: the dataclass.
        of: what the user types before the names of its fields.

    Raises:
        UserError: the value, the reason and the fix.
    """
    types = get_type_hints(type(settings), include_extras=True)
    for field in dataclasses.fields(settings):
        name, value = f"{of}.{field.name}", getattr(settings, field.name)
        if dataclasses.is_dataclass(value):
            check_parameters(value, name)
            continue
        kinds = [types[field.name], *get_args(types[field.name])]
        for limit in (each for kind in kinds for each in getattr(kind, "__metadata__", ()) if value is not None):
            if isinstance(limit, Options):
                if value not in limit.values:
                    raise unknown(name, value, limit.values)
            elif isinstance(limit, Interval) and (fault := limit.fault(value)):
                raise UserError(f"{name}={value} {fault}")


def unknown_parameter(kind: Any, parameter: str, value: Any, what: str, of: str = "") -> UserError:
    """Return the error for what is no field of the dataclass ``kind``; says so if it once was one.

    Args:
        kind: the class.
        parameter, value: as given.
        what: the word for it, such as "parameter" or "key of method".
        of: name of the part that lacks it; "" says nothing.
    """
    gone = kind.elsewhere(parameter, value) if hasattr(kind, "elsewhere") else ""
    if gone:
        return UserError(f"{parameter}={value}: {kind.__name__.lower()} has no {parameter} {gone}")
    return unknown(what, parameter, [field.name for field in dataclasses.fields(kind)], of)
