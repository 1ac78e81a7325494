"""What values a parameter of a method may have, written into its type: ``rounds: Count = 5``."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Annotated, Any, get_type_hints

from mirimpute.errors import UserError


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
        if self.high < float("inf"):
            return f"is outside {self}: give one inside"
        reason = "is no finite number" if above or value != value else "is too small"
        return f"{reason}: give {f'{self.low} or more' if self.closed == 'both' else f'a number above {self.low}'}"


@dataclass(frozen=True)
class Options:
    """One of some values."""

    values: tuple[Any, ...]

    def fault(self, value: Any) -> str:
        """Return what is wrong with ``value`` and what to give instead, "" if nothing is."""
        return "" if value in self.values else f"is unknown: give {' or '.join(map(str, self.values))}"


Count = Annotated[int, Interval(1)]
CountOrZero = Annotated[int, Interval(0)]
Amount = Annotated[float, Interval(0)]
Positive = Annotated[float, Interval(0, closed="neither")]
Fraction = Annotated[float, Interval(0, 1, "left")]
Share = Annotated[float, Interval(0, 1, "right")]
Decay = Annotated[float, Interval(0, 100, "left")]


def check_parameters(settings: Any) -> None:
    """Refuse a field of the dataclass whose value its type does not allow.

    Raises:
        UserError: the value, the reason and the fix.
    """
    types = get_type_hints(type(settings), include_extras=True)
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        for limit in getattr(types[field.name], "__metadata__", ()):
            fault = limit.fault(value) if isinstance(limit, Interval | Options) else ""
            if fault:
                shown = repr(value) if isinstance(value, str) else value
                raise UserError(f"method.{field.name}={shown} {fault}")
