"""Progress of a sweep, for `mirimpute-report status` and for the terminal of a running sweep."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mirimpute.bench.results.claims import running
from mirimpute.bench.results.journal import Progress, read_progress, sweeps
from mirimpute.errors import UserError, duration, printable

if TYPE_CHECKING:
    from rich.console import Group

_REFRESH_S, _LINE_S = 0.5, 60.0
_WATCH_S = 2.0
_NAMED = 8


def show_status(results_dir: Path, watch: bool) -> None:
    """Print how far the last sweep of ``results_dir`` is; with ``watch``, until it is done.

    Raises:
        UserError: no sweep has been started there.
    """
    from rich.console import Console
    from rich.live import Live

    found = [read_progress(sweep_dir) for sweep_dir in sweeps(results_dir)]
    known = [progress for progress in found if progress is not None]
    if not known:
        raise UserError(f"no sweep in '{results_dir}': start one with mirimpute-bench -m results_dir={results_dir}")
    progress = known[-1]
    console = Console()
    if not watch:
        now = running(results_dir)
        console.print(progress_table(progress, now))
        if progress.left and not now:
            console.print("no cell is being computed: if the sweep has ended, its command with resume=true goes on")
        return
    with Live(progress_table(progress, running(results_dir)), console=console, auto_refresh=False) as view:
        while progress.left:
            time.sleep(_WATCH_S)
            progress.update()
            view.update(progress_table(progress, running(results_dir)), refresh=True)


@contextmanager
def live(sweep_dir: Path) -> Iterator[Callable[[], None]]:
    """Yield a function that redraws the progress on stderr, at most twice a second; in a file it is a line a minute."""
    progress = read_progress(sweep_dir)
    if progress is None:
        yield lambda: None
        return
    if not sys.stderr.isatty():
        yield _by_the_minute(progress, sweep_dir)
        return
    from rich.console import Console
    from rich.live import Live

    last = 0.0
    with Live(console=Console(stderr=True), auto_refresh=False, transient=True) as view:

        def advance() -> None:
            nonlocal last
            if time.monotonic() - last >= _REFRESH_S:
                last = time.monotonic()
                progress.update()
                view.update(progress_table(progress, running(sweep_dir.parent.parent)), refresh=True)

        yield advance


def _by_the_minute(progress: Progress, sweep_dir: Path) -> Callable[[], None]:
    """Return a function that prints the progress once a minute."""
    last = time.monotonic()

    def advance() -> None:
        nonlocal last
        if time.monotonic() - last >= _LINE_S:
            last = time.monotonic()
            progress.update()
            print(printable(caption(progress, running(sweep_dir.parent.parent))), file=sys.stderr, flush=True)

    return advance


def time_left(progress: Progress, workers: int) -> str:
    """Return how long the cells that are left will take, by the seconds of each method's own cells."""
    known, untried = progress.seconds_left
    text = f"{duration(known / max(workers, 1))} left"
    return f"{text}, and what {', '.join(untried)} will take, which is not known yet" if untried else text


def cell_label(sweep_dir: Path, index: int, label: str) -> str:
    """Return which cell of a sweep this is, and how many of all are done, by whatever worker; ``label``: in words."""
    progress = read_progress(sweep_dir)
    if progress is None:
        return f"cell {index + 1}, {label}"
    return f"{len(progress.entries)} of {progress.plan.cells} cells done, cell {index + 1}, {label}"


def progress_table(progress: Progress, running_now: list[str]) -> Group:
    """Return the command, counts per method, and below them the rate, the time left and the cells that run."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    title, below = Text(printable(progress.plan.text)), Text(printable(caption(progress, running_now)))
    table = Table(box=None)
    for heading in ("method", "ok", "failed", "left", "resumed"):
        table.add_column(heading, justify="left" if heading == "method" else "right")
    for method, count in progress.by_method.items():
        table.add_row(Text(printable(method)), *(str(count[name]) for name in ("ok", "failed", "left", "resumed")))
    return Group(title, table, below)


def caption(progress: Progress, running_now: list[str]) -> str:
    """Return one sentence or two.

    >>> from mirimpute.bench.results.journal import Plan
    >>> caption(Progress(Path(), Plan({"mean": 3}, [])), ["iris mcar 0.3 mean seed 0"])
    '0 of 3 done, 0 failed, 1 running, 3 left; running: iris mcar 0.3 mean seed 0'
    """
    text = (
        f"{len(progress.entries)} of {progress.plan.cells} done, {progress.failed} failed, "
        f"{len(running_now)} running, {progress.left} left"
    )
    rate = progress.cells_per_s
    if rate and progress.left and running_now:
        text += f"; {rate:.2g} cells/s, {time_left(progress, len(running_now))}"
    if running_now:
        more = f" and {len(running_now) - _NAMED} more" if len(running_now) > _NAMED else ""
        text += f"; running: {', '.join(running_now[:_NAMED])}{more}"
    return text
