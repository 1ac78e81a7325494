"""Progress of long work in words: the stage, how far it is, and the time that is left."""

from __future__ import annotations

import math
import re
import sys
import time
from typing import TYPE_CHECKING

from mirimpute.errors import duration, printable

if TYPE_CHECKING:
    from mirimpute.imputers.forecast import Forecast

_WORDS = {
    "gaussian base": "fitting the Gaussian base",
    "selection": "choosing how the parts are combined",
    "weights": "drawing, to weigh the members by held-out cells",
    "trees": "growing trees",
    "last phase": "training the network on all rows",
    "draws": "drawing",
    "neighbours": "finding neighbours",
    "tables": "tables",
}
_ROUND = re.compile(r"round (\d+)/(\d+)")
_EVERY_S = 60.0
_ENOUGH = 0.03
"""Share of the work from which on the time left is told from what was done."""


class Clock:
    """Tells the time left of the whole work, from its forecast at first and from what was done later."""

    def __init__(self, forecast: Forecast | None = None) -> None:
        self._forecast = forecast
        self._start = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._start

    def left(self, stage: str, done: int, total: int) -> str:
        """Return the time left in words, "" where it is not known."""
        share, elapsed = share_of(stage, done, total), self.elapsed
        if share is not None and share >= _ENOUGH:
            return f"about {duration(elapsed * (1 - share) / share)} left"
        if self._forecast is None:
            return ""
        low, high = max(self._forecast.low - elapsed, 0.0), self._forecast.high - elapsed
        if math.isinf(high):
            return f"more than {duration(low)} left" if low else ""
        if high <= 0:
            return "longer than foreseen"
        low_words, high_words = duration(low), duration(high)
        return f"{low_words if low_words == high_words else f'{low_words} to {high_words}'} left"

    def line(self, stage: str, done: int, total: int) -> str:
        """Return stage, time so far and time left."""
        left = self.left(stage, done, total)
        return f"{in_words(stage, done, total)}, {duration(self.elapsed)} so far{f', {left}' if left else ''}"


def share_of(stage: str, done: int, total: int) -> float | None:
    """Return the share of the whole work that is done, None where a stage does not tell it.

    >>> share_of("round 3/4", 1, 2), share_of("tables", 5, 20), share_of("trees", 1, 2)
    (0.625, 0.25, None)
    """
    inside = done / total if total else 0.0
    if stage == "tables":
        return inside
    found = _ROUND.fullmatch(stage)
    number, rounds = map(int, found.groups()) if found else (1, 1)
    return (number - 1 + inside) / rounds if rounds > 1 else None


def in_words(stage: str, done: int, total: int) -> str:
    """Return a stage as a reader knows it.

    >>> in_words("round 2/5", 3, 8), in_words("trees", 0, 1), in_words("tables", 3, 20)
    ('round 2 of 5 (3 of 8)', 'growing trees', 'tables (3 of 20)')
    """
    found = _ROUND.fullmatch(stage)
    words = f"round {found[1]} of {found[2]}" if found else _WORDS.get(stage, stage)
    return printable(words + (f" ({done} of {total})" if total > 1 else ""))


class Lines:
    """A progress function that prints a line at the first report, and then one a minute, to stderr."""

    def __init__(self, label: str, clock: Clock, first: bool = True) -> None:
        self._label, self._clock = label, clock
        self._next = 0.0 if first else _EVERY_S

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Print it, if it is time."""
        if self._clock.elapsed >= self._next:
            self._next = self._clock.elapsed + _EVERY_S
            print(f"{self._label}: {self._clock.line(stage, done, total)}", file=sys.stderr, flush=True)
