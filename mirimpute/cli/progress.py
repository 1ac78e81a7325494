"""Progress of one cell on a terminal; silent in a pipe."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from mirimpute.types import Progress, no_progress


@contextmanager
def rich_progress(label: str) -> Iterator[Progress]:
    """Yield a progress function that draws one line on stderr: stage, bar, steps per second, time left.

    Time left is that of the stage. Nothing is drawn when stderr is not a terminal.
    """
    if not sys.stderr.isatty():
        yield no_progress
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    bars = Bars(
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bars:
        task = bars.add_task(label, total=None, rate="")
        stage_now, started = "", time.monotonic()

        def report(stage: str, done: int, total: int) -> None:
            nonlocal stage_now, started
            if stage != stage_now:
                stage_now, started = stage, time.monotonic()
            seconds = time.monotonic() - started
            rate = f"{done / seconds:.0f}/s" if done and seconds > 0.2 else ""
            bars.update(task, description=f"{label}: {stage}", completed=done, total=total, rate=rate)

        yield report
