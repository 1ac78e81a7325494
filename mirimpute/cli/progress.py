"""Progress of one cell on a terminal; silent in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from mirimpute.errors import printable
from mirimpute.types import Progress, no_progress


@contextmanager
def rich_progress(label: str) -> Iterator[Progress]:
    """Yield a progress function that draws one line on stderr: stage, bar, share, time since the start, time left.

    Share and time left are those of the stage. Nothing is drawn when stderr is not a terminal.
    """
    if not sys.stderr.isatty():
        yield no_progress
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    bars = Bars(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bars:
        shown = printable(label)
        task = bars.add_task(shown, total=None)

        def report(stage: str, done: int, total: int) -> None:
            bars.update(task, description=f"{shown}: {printable(stage)}", completed=done, total=total)
            bars.tasks[0].finished_time = None  # the end of a stage is not the end: the clock goes on

        yield report
