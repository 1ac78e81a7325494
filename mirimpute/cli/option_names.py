"""What the package says of an option as Python has it, said again as the option is typed in a shell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from mirimpute.errors import UserError

_TYPED = {
    "bounds": "--min or --max",
    "sum_to": "--sum",
    "order": "--order",
    "derived": "--derived",
    "censored": "--censored",
}
_NAMES = "|".join(_TYPED)
_WORDS = (
    (re.compile(rf"^(unknown column in )({_NAMES})\b"), lambda found: found[1] + _TYPED[found[2]]),
    (re.compile(rf"^({_NAMES})(?= (?:of column|names|goes|\())"), lambda found: _TYPED[found[1]]),
    (re.compile(rf"^(column '.*' is both in )({_NAMES})( and in )({_NAMES})(?=:)"), lambda found: _both(found)),
    (re.compile(r"(?<=which has no bounds: leave it out of )bounds\b"), lambda _: _TYPED["bounds"]),
    (re.compile(r", or None for no bound$"), lambda _: ""),
    (re.compile(r"^(thousands|decimal)=(?='.*' is not possible:)"), lambda found: f"--{found[1]} "),
    (re.compile(r"^device=(?='.*' (?:is|was) )"), lambda _: "--device "),
    (re.compile(r"use device=cpu$"), lambda _: "use --device cpu"),
)


def _both(found: re.Match[str]) -> str:
    return f"{found[1]}{_TYPED[found[2]]}{found[3]}{_TYPED[found[4]]}"


def in_the_shell(sentence: str) -> str:
    """Return the sentence with options as they are typed.

    >>> in_the_shell("unknown column in sum_to 'agee': did you mean 'age'?")
    "unknown column in --sum 'agee': did you mean 'age'?"
    >>> in_the_shell("bounds of column 'age': 'low' is no number: give a number, or None for no bound")
    "--min or --max of column 'age': 'low' is no number: give a number"
    """
    for pattern, words in _WORDS:
        sentence = pattern.sub(words, sentence)
    return sentence


@contextmanager
def named_as_typed() -> Iterator[None]:
    """Raise a UserError of the block with options as they are typed; its class stays."""
    try:
        yield
    except UserError as error:
        said = in_the_shell(str(error))
        if said == str(error):
            raise
        raise type(error)(said) from error
