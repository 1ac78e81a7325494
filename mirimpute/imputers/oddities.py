"""Observed cells that keep to nothing: sentences whose counts can be added where a table comes in parts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from mirimpute.errors import counted


@dataclass(frozen=True)
class Oddity:
    """How many cells or rows of one kind there are.

    >>> str(Oddity("sum_to ('a', 'b') is not 1 in ", 3, "whole row", ": they stay"))
    "sum_to ('a', 'b') is not 1 in 3 whole rows: they stay"

    Attributes:
        before: the sentence up to the count: what kind they are of.
        count: how many.
        what: their name, whose plural ends in s.
        after: the rest, of the first of them.
    """

    before: str
    count: int
    what: str
    after: str

    def __str__(self) -> str:
        return f"{self.before}{counted(self.count, self.what)}{self.after}"


def added(parts: Iterable[Iterable[Oddity]]) -> list[Oddity]:
    """Return those of all parts of a table, one of each kind: with the count of all, and the rest of the first."""
    found: dict[str, Oddity] = {}
    for each in (each for part in parts for each in part):
        first = found.get(each.before)
        found[each.before] = each if first is None else replace(first, count=first.count + each.count)
    return list(found.values())
