"""The last output of `mirimpute-bench`: a table of the rows, or counts of many."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mirimpute.errors import counted, duration, printable, text_in_one_line

if TYPE_CHECKING:
    from mirimpute.bench.cell import CellResult
    from mirimpute.bench.results.journal import Entry, Progress

MAX_ROWS_PRINTED = 40

_REASONS_PRINTED = 5
_ERRORS = {"point_rmse": "RMSE", "point_error_rate": "wrong categories"}
_MOST_OF_NOTE = 1 << 16


def print_cell(result: CellResult) -> None:
    """Print the row of one cell."""
    from rich.console import Console

    from mirimpute.report.terminal import terminal_table

    console = Console()
    console.print(terminal_table([{**result.row, "directory": str(result.directory)}]))
    if result.resumed:
        console.print("1 of 1 rows were there already and were not computed again (resume=true)")


def print_entry(sweep_dir: Path, entry: Entry) -> None:
    """Print a line on a cell of a sweep that is done, to stderr: the table of all comes at the end."""
    from mirimpute.bench.results.journal import read_progress
    from mirimpute.bench.sweeps.status import time_left

    row = _row(entry, sweep_dir.parent.parent)
    errors = (f"{name} {row[field]:.3g}" for field, name in _ERRORS.items() if row.get(field) is not None)
    said = ", ".join(errors) if entry.status == "ok" else entry.reason
    took = "there already" if entry.resumed else duration(entry.seconds)
    line = f"{_label(entry, row)}: {entry.status}, {said}, {took}"
    progress = read_progress(sweep_dir)
    if progress is not None and progress.left:
        line += f"; {counted(progress.left, 'cell')} left" + ("" if entry.resumed else f", {time_left(progress, 1)}")
    print(f"mirimpute-bench: {text_in_one_line(line)}", file=sys.stderr)


def print_sweep(sweep_dir: Path) -> bool:
    """Print what became of the cells of a sweep; return whether all are ok."""
    from rich.console import Console

    from mirimpute.bench.results.journal import read_progress
    from mirimpute.bench.sweeps.status import progress_table
    from mirimpute.report.advice import advice
    from mirimpute.report.hidden_by_column import hidden_by_column
    from mirimpute.report.terminal import terminal_table

    progress = read_progress(sweep_dir)
    if progress is None:
        return False
    results_dir = sweep_dir.parent.parent
    entries = [progress.entries[index] for index in sorted(progress.entries)]
    console = Console()
    if 0 < len(entries) <= MAX_ROWS_PRINTED:
        rows = [_row(entry, results_dir) for entry in entries]
        console.print(terminal_table(rows))
        known = [row for row in rows if "seed" in row]
        left = {method: count["left"] for method, count in progress.by_method.items()}
        for sentence in (*hidden_by_column(known), *advice(known, left)):
            console.print(printable(sentence), highlight=False, markup=False)
    elif entries:
        console.print(progress_table(progress, []))
    resumed = sum(entry.resumed for entry in entries)
    if resumed:
        old = sum(entry.resumed and entry.status != "ok" for entry in entries)
        again = f"; {old} of them failed then, resume=failed tries them again" if old else ""
        console.print(f"{resumed} of {len(entries)} rows were there already and were not computed again{again}")
    if progress.left:
        _print_left(progress, sweep_dir)
    return progress.left == 0 and progress.failed == 0


def _print_left(progress: Progress, sweep_dir: Path) -> None:
    """Say how many cells were not computed, why, and how to go on."""
    reasons = sorted({_note(path) for path in sweep_dir.glob("*.stopped.txt")} - {""})[:_REASONS_PRINTED]
    why = f" ({'; '.join(reasons)})" if reasons else ""
    print(
        f"mirimpute-bench: {len(progress.entries)} of {progress.plan.cells} cells are done, {progress.failed} of them "
        f"failed, {progress.left} are left{why}; the same command with resume=true goes on",
        file=sys.stderr,
    )


def _note(path: Path) -> str:
    from mirimpute.bench.results.disk import read_bounded

    try:
        return printable(read_bounded(path, _MOST_OF_NOTE).decode(errors="replace").strip())
    except (OSError, ValueError):
        return ""


def _label(entry: Entry, row: dict[str, Any]) -> str:
    """Return the cell in words, as its configuration has it; without a row only its method is known."""
    if "seed" not in row:
        return entry.method
    case = f"{row['dataset']} {row['mechanism']} {float(row['missing_rate']):g}"
    return f"{case} {entry.method} seed {row['seed']}"


def _row(entry: Entry, results_dir: Path) -> dict[str, Any]:
    """Return the row of a cell as this sweep saw it: a failure shows even where an older ok row was kept."""
    from mirimpute.bench.results.store import read_row

    directory = results_dir / entry.directory
    row = read_row(directory, results_dir) or {"method": entry.method}
    return {**row, "status": entry.status, "reason": entry.reason, "directory": str(directory)}
