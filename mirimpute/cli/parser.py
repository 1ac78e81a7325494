"""The parser of the commands: what is typed wrongly is one sentence, as every other mistake is."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from mirimpute.errors import UserError, near, unknown


class CommandParser(argparse.ArgumentParser):
    """An ``argparse.ArgumentParser`` without abbreviations, whose errors are :class:`~mirimpute.errors.UserError`.

    An option that takes one value may be given once: the last of two would win without a word.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "allow_abbrev": False})
        self.register("action", None, StoreOnce)
        self.register("action", "store", StoreOnce)

    def parse_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        """Return the options.

        Raises:
            UserError: one is unknown, without its value, given twice or missing.
        """
        options, left = self.parse_known_args(args, namespace)
        if left:
            self.error(f"unknown argument(s) {' '.join(map(repr, left))}{self._meant(left[0])}")
        return options

    def error(self, message: str) -> NoReturn:
        """Raise what argparse found as a UserError."""
        found = _WITHOUT_VALUE.fullmatch(message)
        if found:
            action = self._option_string_actions[found[1].partition("/")[0]]
            shown = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
            message = f"{found[1]} is given without its value: give {found[1].rpartition('/')[2]} {shown}"
        raise UserError(f"{message}; {self.prog} --help lists what can be given")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse a command, or a value of a list, that there is not."""
        if action.choices is not None and value not in action.choices:
            what = "command" if action.dest == "command" else f"value of {'/'.join(action.option_strings)}"
            raise unknown(what, value, map(str, action.choices))

    def _meant(self, argument: str) -> str:
        """Return a question for the options that an unknown argument may have been meant for, "" without one."""
        guessed = near(argument.partition("=")[0], self._option_string_actions) if argument.startswith("-") else []
        return f": did you mean {' or '.join(guessed)}?" if guessed else ""


class StoreOnce(argparse.Action):
    """Keeps the value of an option, and refuses a second one."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Store ``values``."""
        given: dict[str, str] = getattr(namespace, _GIVEN, {})
        if option_string is not None and self.dest in given:
            raise UserError(f"{option_string} is given twice, {given[self.dest]} and {values}: give it once")
        setattr(namespace, _GIVEN, {**given, self.dest: f"{values}"})
        setattr(namespace, self.dest, values)


class StoreWholeNumber(StoreOnce):
    """Keeps a whole number.

    Args:
        least, most: the smallest and the largest that have a meaning, None for none.
    """

    def __init__(self, *args: Any, least: int | None = None, most: int | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.least, self.most = least, most

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Store the number that the text ``values`` is."""
        try:
            number = int(values)
        except ValueError:
            raise UserError(f"{option_string} {values!r} is not a whole number: give one, such as 20") from None
        if self.least is not None and number < self.least:
            raise UserError(f"{option_string} {number} is too small: give {self.least} or more")
        if self.most is not None and number > self.most:
            raise UserError(f"{option_string} {number} is too large: give {self.most} or fewer")
        super().__call__(parser, namespace, number, option_string)


_WITHOUT_VALUE = re.compile(r"argument (-\S+): expected one argument")
_GIVEN = "_given"
