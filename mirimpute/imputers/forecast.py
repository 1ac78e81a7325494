"""How long a method will take, before the work: from small parts of the rows and how its seconds grow with them.

Seconds are taken to be a + b n^g of n rows. Fifty rows tell a, a twentieth of all rows tells b by g = 1; the ends of
the forecast are of the least and the most g that the method is known to have, and of a machine that is a fifth faster
or a half slower than it was for the parts. It is a range because more is not known.

The two trials take 2 a + b N / 20, and the work of so many tables as many times a + b N. Methods were seen to take as
long for a as for 300 to 3,500 rows; by a of 1,500 rows it is known whether the trials take more than a tenth of the
work. If they may, the first one ends after a second, and nothing is said if that is too little. No trial takes longer
than a minute: what is not done by then tells how long the work takes at least. Of fewer than 4,000 rows a part tells
too little for what it takes; only where the work is to be done ten times or more, one trial of a quarter of the rows is
made.
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from mirimpute.imputers.table_model import Lesson
    from mirimpute.methods.base import Method, Problem

    Run = Callable[[Method, Problem, float], float]

WORTH_SAYING_S = 20.0
"""Seconds below which nothing is said."""
_LONG_S = 3600.0
_UNKNOWN = 10
"""How many times what is known at least a work may take of which no more is known."""
_FEWEST_ROWS, _FIRST, _FIRST_OF_SPARSE, _SHARE = 4_000, 50, 200, 1 / 20
_OFTEN, _QUARTER = 10, 4
_ROWS_OF_A, _SPENT = 1_500, 0.1
"""Rows whose seconds are about those that do not depend on rows; and the share of the work that trials may take."""
LONGEST_S = 60.0
"""Seconds of a trial at most."""
_SOON_S = 1.0
"""Seconds of one that may be more than a tenth of the work."""
_FASTER, _SLOWER = 0.8, 1.5
_OF_A_FIT = 0.5
"""What a model with the choices of another takes, of what that took: .2 to .8 were measured, most near a half."""
_QUICK = ("mirf_fast", "gaussian_em", "ice")
"""Methods that take minutes where others take hours."""


@dataclass(frozen=True)
class Forecast:
    """What is known of the seconds ahead.

    Attributes:
        low, high: seconds, between which the work is expected to take; ``high`` is infinite where the trial was too
            long to be finished.
        rows, of: rows of the largest part that it was judged by, and of the table.
    """

    low: float
    high: float
    rows: int
    of: int

    def sentence(self, method: str) -> str:
        """Return it in words, with faster methods where an hour is ahead.

        >>> Forecast(30.0, 150.0, 800, 20_000).sentence("mice")
        'mice will take about 30 s to 3 min, judged by 800 of the 20,000 rows'
        """
        low = about(self.low)
        if math.isinf(self.high):
            text = f"{method} will take more than {low}: {self.rows:,} of the {self.of:,} rows did not end in time"
        else:
            high = about(self.high)
            text = f"{method} will take about {low if low == high else f'{low} to {high}'}"
            text += f", judged by {self.rows:,} of the {self.of:,} rows"
        if (_UNKNOWN * self.low if math.isinf(self.high) else self.high) >= _LONG_S:
            text += f"; faster methods are {' and '.join(each for each in _QUICK if each != method)}"
        return text


def about(seconds: float) -> str:
    """Return a duration as roughly as it is known.

    >>> about(33.0), about(150.0), about(7000.0)
    ('35 s', '3 min', '1.9 h')
    """
    if seconds < 90:
        return f"{max(5 * round(seconds / 5), 5)} s"
    return f"{math.ceil(seconds / 60)} min" if seconds < 5_400 else f"{seconds / 3600:.1f} h"


def forecast(
    seconds_of: Callable[[int, float], float | None],
    n_rows: int,
    growth: tuple[float, float],
    times: float = 1.0,
    worth_s: float | None = None,
    longest_s: float = LONGEST_S,
) -> Forecast | None:
    """Return how long the work on a table will take; None where it is soon done, or nothing is known.

    Args:
        seconds_of: seconds of the work on a part of so many rows, inf where it is not done within a limit, which is
            given behind the rows; None: it cannot be done on it.
        n_rows: of the table.
        growth: least and most g of the method.
        times: how often the table is completed.
        worth_s: seconds of the work below which it is None (None: twenty).
        longest_s: of a trial.

    >>> forecast(lambda n, limit: 0.1 + 0.002 * n, 20_000, (0.7, 1.1)).rows
    1000
    >>> forecast(lambda n, limit: 1e-4 * n, 20_000, (0.7, 1.1)) is None
    True
    """
    worth_s = WORTH_SAYING_S if worth_s is None else worth_s
    if n_rows < _FEWEST_ROWS:
        return _of_quarter(seconds_of, n_rows, growth, times, worth_s, longest_s) if times >= _OFTEN else None
    is_cheap = _SPENT * times * (_ROWS_OF_A + n_rows) >= 2 * _ROWS_OF_A + _SHARE * n_rows
    for first in (_FIRST, _FIRST_OF_SPARSE):  # too few rows may leave a column without values
        start = seconds_of(first, longest_s if is_cheap else _SOON_S)
        if start is not None:
            break
    if start is None or (math.isinf(start) and not is_cheap):
        return None
    if math.isinf(start):
        return _ranged(longest_s, math.inf, first, n_rows, times, worth_s)
    if times * start * (n_rows / first) ** growth[1] < worth_s:
        return None
    part = round(_SHARE * n_rows)
    taken = seconds_of(part, longest_s)
    if taken is None:
        return None
    # What of the seconds grows with the rows.
    grows = (min(taken, longest_s) - start) * part / (part - first) if part > first else taken
    if math.isinf(taken):
        low, high = longest_s + max(grows, 0.0) * ((n_rows / part) ** growth[0] - 1), math.inf
    else:
        low = taken + max(grows, 0.0) * ((n_rows / part) ** growth[0] - 1)
        high = taken + (grows if grows > 0 else taken) * ((n_rows / part) ** growth[1] - 1)
    return _ranged(low, high, part, n_rows, times, worth_s)


def _of_quarter(
    seconds_of: Callable[[int, float], float | None],
    n_rows: int,
    growth: tuple[float, float],
    times: float,
    worth_s: float,
    longest_s: float,
) -> Forecast | None:
    part = max(n_rows // _QUARTER, min(_FIRST, n_rows))
    taken = seconds_of(part, longest_s)
    if taken is None:
        return None
    high = taken * (n_rows / part) ** growth[1]
    return _ranged(min(taken, longest_s), high, part, n_rows, times, worth_s)


def _ranged(low: float, high: float, part: int, n_rows: int, times: float, worth_s: float) -> Forecast | None:
    """Return the forecast of so many times these seconds, on a machine that is busier or less; None: not worth it."""
    low, high = times * _FASTER * low, times * _SLOWER * high
    return Forecast(low, high, part, n_rows) if high >= worth_s else None


def forecast_of_fit(
    lesson: Lesson,
    run: Run | None = None,
    times: float = 1.0,
    worth_s: float | None = None,
    longest_s: float = LONGEST_S,
) -> Forecast | None:
    """Return how long a method will take on a table.

    Args:
        lesson: of the method.
        run: fits the method to a problem and completes it, and returns the seconds, inf where they are more than a
            limit (None: in this process).
        times, worth_s, longest_s: see :func:`forecast`.
    """
    parts = _seconds_of_parts(lesson, run or _fitted_here)
    return forecast(parts, len(lesson.x), lesson.method.growth, times, worth_s, longest_s)


def forecast_of_models(lesson: Lesson, n_models: int, n_jobs: int | None) -> Forecast | None:
    """Return how long it will take to learn so many models, on so many cores at a time, with the choices of one."""
    from mirimpute.imputers.multiple import processes

    rounds = np.ceil(n_models / processes(n_jobs, n_models))
    return forecast_of_fit(lesson, _fitted_here, 1 + _OF_A_FIT * float(rounds))


def _fitted_here(method: Method, problem: Problem, limit_s: float) -> float:
    for library in method.libraries:
        import_module(library)
    start = time.monotonic()

    def stop(stage: str, done: int, total: int) -> None:
        if time.monotonic() - start > limit_s:
            raise TimeoutError

    try:
        method.fit(problem, stop).impute()
    except Exception:  # a method may make another one of it
        if time.monotonic() - start > limit_s:
            return math.inf
        raise
    return time.monotonic() - start


def _seconds_of_parts(lesson: Lesson, run: Run) -> Callable[[int, float], float | None]:
    """Return what :func:`forecast` asks: seconds on random rows; None where they are too few, or the method fails."""
    order = np.random.default_rng(0).permutation(len(lesson.x))

    def seconds_of(count: int, limit_s: float) -> float | None:
        from mirimpute.methods.base import problem_of

        rows = np.sort(order[:count])
        if (~np.isnan(lesson.x[rows])).sum(axis=0).min() < 2:
            return None
        with warnings.catch_warnings(), suppress(Exception):  # whatever it is, the work itself will say it
            warnings.simplefilter("ignore")
            x, columns, _, limits = lesson.inputs(rows)
            chosen = lesson.chosen(len(columns))
            return run(lesson.method, problem_of(x, columns, 0, lesson.device, limits, chosen)[0], limit_s)
        return None

    return seconds_of
