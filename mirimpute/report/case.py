"""A case is what methods are compared on: a dataset with a mechanism, a rate and a protocol. A run is a row on one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

Row = Mapping[str, Any]

_MECHANISM_ORDER = ("mcar", "mar", "mnar")


@dataclass(frozen=True)
class Case:
    """What a method is tried on: its seeds are averaged, its value is one column of a table."""

    dataset: str
    mechanism: str
    missing_rate: float
    protocol: str

    def __post_init__(self) -> None:
        fields = self.dataset, self.mechanism, self.missing_rate, self.protocol
        object.__setattr__(self, "_hash", hash(fields))  # asked for once per row and more

    def __hash__(self) -> int:
        return self._hash  # type: ignore[attr-defined]

    @property
    def setting(self) -> str:
        """Mechanism and rate in words, e.g. ``MNAR self 0.3``.

        >>> Case("iris", "mnar_self", 0.3, "default").setting
        'MNAR self 0.3'
        """
        return f"{self.mechanism_words} {self.missing_rate:g}"

    @property
    def mechanism_words(self) -> str:
        """The mechanism in words, e.g. ``MNAR self``."""
        first, *rest = self.mechanism.split("_")
        return " ".join([first.upper() if first in _MECHANISM_ORDER else first, *rest])

    @property
    def position(self) -> tuple[str, str, int, str, float]:
        """Sort key: dataset, protocol, MCAR before MAR before MNAR, rate."""
        first = self.mechanism.split("_")[0]
        rank = _MECHANISM_ORDER.index(first) if first in _MECHANISM_ORDER else len(_MECHANISM_ORDER)
        return self.dataset, self.protocol, rank, self.mechanism, self.missing_rate


@dataclass(frozen=True, slots=True)
class Run:
    """One row with the label of its method in this report and its column in the tables."""

    row: Row
    label: str
    case: Case


def case_of(row: Row, dataset: str = "") -> Case:
    """Return the case that ``row`` belongs to; ``dataset`` is the label of its table ("": the name of the dataset)."""
    return cached_case(dataset or row["dataset"], row["mechanism"], float(row["missing_rate"]), row["protocol"])


cached_case = lru_cache(maxsize=65_536)(Case)
