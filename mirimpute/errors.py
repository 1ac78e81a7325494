"""What a user can get wrong, said in one sentence: the value, the reason and the fix."""

from __future__ import annotations

import difflib
import os
import re
import traceback
import warnings
from collections.abc import Iterable


class UserError(ValueError):
    """Something that the user asked for cannot be done; the message gives the value, the reason and the fix.

    The command line prints the message without a traceback and exits with code 2; inside a sweep it becomes a
    row with ``status=failed``.
    """


class DataError(UserError):
    """A table that cannot be used (empty, nothing but text, infinite values, ...)."""


class DataUnavailableError(UserError):
    """A dataset that is neither in the data folder nor reachable."""


class NotInstalledError(UserError):
    """A method whose library is not installed; the message names the extra to install."""


class StoreError(UserError):
    """The results folder cannot be written (full, read-only, gone): no further cell can be kept, so a sweep stops."""


class ImputationError(RuntimeError):
    """A method failed on a valid problem (diverged, returned NaN, changed an observed cell, ...)."""


class CannotTransformError(ImputationError):
    """A method was asked to complete rows that it was not fitted on, and cannot."""


class MirimputeWarning(UserWarning):
    """Something that the user should know and that does not stop the run (a dropped column, a repaired mask)."""


def warn(sentences: Iterable[str]) -> None:
    """Give each sentence as a :class:`MirimputeWarning`."""
    for sentence in sentences:
        warnings.warn(sentence, MirimputeWarning, stacklevel=3)


def refused(error: OSError) -> str:
    """Return what to say of what the system refuses."""
    where = f"'{error.filename}': " if error.filename is not None else ""
    return f"{where}the system refuses ({error.strerror or error}): mend that and try again"


def fault(error: BaseException) -> str:
    """Return what to say of an error that nobody has foreseen: which, and where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({os.path.basename(frames[-1].filename)}, line {frames[-1].lineno})" if frames else ""
    try:
        said = " ".join(str(error).split())[:500]
    except Exception:  # of a class of somebody else's
        said = "no message that can be shown"
    return f"a fault of the program, not of the request: {type(error).__name__}: {said}{where}"


def printable(text: str) -> str:
    """Return text of somebody else's as a terminal and every file can have it: nothing in it controls or is invisible.

    Control characters (but line ends and tabs), marks that turn the direction of writing, and lone surrogates become
    escapes.

    >>> printable("a\\x1b[31mb"), printable("größe")
    ('a\\\\x1b[31mb', 'größe')
    """
    return _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def text_in_one_line(text: str) -> str:
    """Return printable text in one line: what was typed, or raised by somebody else's code, may have line ends.

    >>> text_in_one_line("a\\nb")
    'a\\\\nb'
    """
    return printable("\\n".join(text.strip().splitlines()))


_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def counted(count: int, what: str) -> str:
    """Return how many there are of something whose plural ends in s.

    >>> counted(1, "cell"), counted(1200, "cell")
    ('1 cell', '1,200 cells')
    """
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def duration(seconds: float) -> str:
    """Return a duration in two units at most.

    >>> duration(59.4), duration(3725), duration(200_000)
    ('59 s', '1 h 2 min', '2 d 7 h')
    """
    minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86400)
    if minutes < 1:
        return f"{seconds:.0f} s"
    if hours < 1:
        return f"{minutes} min"
    if days < 1:
        return f"{hours} h {minutes % 60} min"
    return f"{days} d {hours % 24} h"


def near(value: str, names: Iterable[str], likeness: float = 0.5) -> list[str]:
    """Return up to three of the names that ``value`` may have been meant for, the nearest first, in any case.

    Names that begin with it come before others, if it has three letters or more. Others have at least that
    ``likeness``, in [0, 1], see :mod:`difflib`.

    >>> near("--draw", ["--seed", "--draws"])[0]
    '--draws'
    >>> near("mnar", ["mar", "mcar", "mnar_self", "panel"])
    ['mnar_self', 'mar', 'mcar']
    """
    small, typed = {name.lower(): name for name in names}, value.lower()
    begun = [each for each in small if len(typed) > 2 and each.startswith(typed)]
    found = [
        *difflib.get_close_matches(typed, begun, n=3, cutoff=0.0),
        *difflib.get_close_matches(typed, small, n=3, cutoff=likeness),
    ]
    return [small[each] for each in dict.fromkeys(found)][:3]


def unknown(kind: str, value: object, valid: Iterable[str], of: str = "") -> UserError:
    """Return the error for an unknown name: it lists the nearest valid names, then all of them.

    Args:
        kind: the word for it.
        value: as given.
        valid: the names there are.
        of: whose names these are, where the same word stands for several; "" says nothing.

    >>> print(unknown("method", "mirff", ["mean", "mirf", "ice"]))
    unknown method 'mirff': did you mean 'mirf'? valid: ice, mean, mirf
    """
    names = sorted(valid)
    guessed = near(f"{value}", names)
    hint = f"did you mean {' or '.join(map(repr, guessed))}? " if guessed else ""
    whose = f" for {of}" if of else ""
    return UserError(f"unknown {kind} {value!r}: {hint}valid{whose}: {', '.join(names)}")
