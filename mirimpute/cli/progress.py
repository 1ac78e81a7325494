"""Progress of long work: a line that is redrawn on a terminal, a line a minute elsewhere."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mirimpute.errors import printable
from mirimpute.imputers.time_left import Clock, Lines, in_words
from mirimpute.types import Progress

if TYPE_CHECKING:
    from mirimpute.imputers.forecast import Forecast

_LOOK_S = 1.0


@contextmanager
def rich_progress(label: str, forecast: Forecast | None = None) -> Iterator[Progress]:
    """Yield a progress function that shows on stderr the stage, its share, the time since the start and the time left.

    The time left is that of the whole work: told by its forecast, and later by the rounds that are done. Where stderr
    is no terminal, a line a minute is printed, also while the work reports nothing.

    Args:
        label: what is worked on.
        forecast: how long it is expected to take; None: not known.
    """
    shown, clock = printable(label), Clock(forecast)
    if not sys.stderr.isatty():
        with _a_line_a_minute(Lines(shown, clock, first=False)) as report:
            yield report
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    bars = Bars(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}", markup=False),
        console=Console(stderr=True),
        transient=True,
    )
    with bars:
        task = bars.add_task(shown, total=None, left="")

        def report(stage: str, done: int, total: int) -> None:
            left = clock.left(stage, done, total)
            bars.update(task, description=f"{shown}: {in_words(stage, 0, 0)}", completed=done, total=total, left=left)
            bars.tasks[0].finished_time = None  # the end of a stage is not the end: the clock goes on

        yield report


@contextmanager
def _a_line_a_minute(lines: Lines) -> Iterator[Progress]:
    last = ["working", 0, 0]
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(_LOOK_S):
            lines(*last)  # type: ignore[arg-type]

    def report(stage: str, done: int, total: int) -> None:
        last[:] = stage, done, total

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield report
    finally:
        ended.set()
        watcher.join()
