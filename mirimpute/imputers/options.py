"""What a user may say of the columns and cells of a table; each is checked before any work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mirimpute.errors import UserError, unknown

UNSEEN = ("error", "missing")
_LONGEST = 100
"""Letters of a value in a message."""


@dataclass(frozen=True)
class Options:
    """The options of :class:`mirimpute.imputers.imputer.Imputer` that say something of the table.

    All of them are described there; here they are as the user gave them, with defaults that say nothing.
    """

    unseen: str = "error"
    missing_values: Any = None
    kinds: Mapping[Any, Any] = field(default_factory=dict)
    ignore: Sequence[Any] = ()
    exclude: Sequence[Any] = ()
    censored: Sequence[Any] = ()
    where: Any = None
    group: Any = None
    bounds: Mapping[Any, Any] = field(default_factory=dict)
    min_value: Any = None
    max_value: Any = None
    integers: Any = False
    sum_to: Mapping[Any, Any] = field(default_factory=dict)
    order: Sequence[Any] = ()
    derived: Mapping[Any, Any] = field(default_factory=dict)
    predictors: Mapping[Any, Any] = field(default_factory=dict)
    add_indicator: bool = False
    keep_empty_features: bool | None = None

    def check(self) -> None:
        """Refuse options whose form is none.

        Raises:
            UserError: the value, the reason and the fix.
        """
        check_word("unseen", self.unseen, UNSEEN)
        for name in ("ignore", "exclude", "censored"):
            _check_list(name, getattr(self, name), "column names", "['id']")
        _check_list("order", self.order, "pairs of columns, the earlier one first", "[('admitted', 'discharged')]")
        for name, example in (
            ("kinds", "{'code': 'categorical'}"),
            ("bounds", "{'age': (0, None)}"),
            ("sum_to", "{('a', 'b', 'c'): 100}"),
            ("derived", "{'bmi': 'weight / height**2'}"),
            ("predictors", "{'bmi': ['age', 'sex']}"),
        ):
            given = getattr(self, name)
            if not isinstance(given, Mapping):
                raise UserError(f"{name}={one_line(given)} is no dict: give one such as {example}")
        for name, others in self.predictors.items():
            _check_list(f"predictors of column {name!r}", others, "column names", "['age', 'sex']")
        for name, allowed in (("add_indicator", (False, True)), ("keep_empty_features", (None, False, True))):
            given = getattr(self, name)
            if not any(given is each for each in allowed):
                raise UserError(f"{name}={one_line(given)} is neither True nor False: give one of the two")
        if not isinstance(self.integers, bool) and not (isinstance(self.integers, str) and self.integers == "auto"):
            _check_list("integers", self.integers, "column names, 'auto' or False", "['age']")

    @property
    def touch_the_table(self) -> bool:
        """Whether the method gets another table than the user gave, or the user another than the method returns."""
        return bool(
            self.missing_values is not None
            or len(self.kinds)
            or len(self.ignore)
            or len(self.censored)
            or self.group is not None
            or self.add_indicator
            or self.keep_empty_features is not None
        )


def check_word(option: str, given: Any, words: Sequence[str]) -> None:
    """Refuse what is none of some words; a table is compared with none.

    Raises:
        UserError: the words.
    """
    if not isinstance(given, str):
        raise UserError(f"{option}={one_line(given)} is no text: give one of {', '.join(map(repr, words))}")
    if given not in words:
        raise unknown(option, given, words)


def one_line(given: Any) -> str:
    """Return a value on one line, cut where it is long, as tables are."""
    text = " ".join(repr(given).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _check_list(option: str, given: Any, what: str, example: str) -> None:
    if isinstance(given, (str, bytes, Mapping)) or not isinstance(given, (Sequence, np.ndarray, set, frozenset)):
        raise UserError(f"{option}={one_line(given)} is no list of {what}: give one such as {example}")


def positions(option: str, given: Sequence[Any], labels: Sequence[Any]) -> list[int]:
    """Return the places of columns that an option names.

    A name is that of the column, or its text; of arrays the number of the column.

    Args:
        option: for the message.
        given: names.
        labels: of the columns of the table.

    Raises:
        UserError: no such column, or twice the same.
    """
    found = [position(option, each, labels) for each in given]
    twice = [each for k, each in enumerate(given) if found[k] in found[:k]]
    if twice:
        raise UserError(f"{option} names column {twice[0]!r} twice: name it once")
    return found


def position(option: str, name: Any, labels: Sequence[Any]) -> int:
    """Return the place of one column; see :func:`positions`."""
    for j, label in enumerate(labels):
        if type(label) is type(name) and label == name:
            return j
    texts = [str(label) for label in labels]
    if str(name) not in texts:
        raise unknown(f"column in {option}", str(name), texts)
    return texts.index(str(name))


def row_name(rows: Any, k: int) -> str:
    """Return how a sentence names row ``k`` of a table whose rows have the names ``rows`` (None: numbers)."""
    name = k if rows is None else rows[k]
    return repr(name.item() if isinstance(name, np.generic) else name)
