"""What `make bench` prints first, with rows that the README can quote: ``python -m benchmarks.first``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from io import StringIO

import pandas as pd

from benchmarks import page
from benchmarks.cells import run_and_read
from benchmarks.command import exit_code, parser_of, write_text
from benchmarks.frame import write_csv
from benchmarks.sweep import Sweep
from mirimpute.bench.results.store import read_rows
from mirimpute.report.terminal import terminal_table

PROGRAM = "bench-first"
METHODS = ("mean", "hot_deck", "knn", "ice", "missforest", "hyperimpute/hyperimpute", "mirf")
GRID = Sweep("breast_cancer", METHODS, ("mcar",), (0,), 0.3)
WIDTH = 78


def printed(rows: Sequence[dict[str, object]]) -> str:
    """Return the table of a terminal, without what is said below it beyond the first note."""
    from rich.console import Console

    console = Console(file=StringIO(), width=WIDTH, record=True, color_system=None)
    console.print(terminal_table([dict(row) for row in rows]))
    text, _, _ = console.export_text().partition("\n†")
    return "\n".join(line.rstrip() for line in text.splitlines())


def page_of(frame: pd.DataFrame, table: str, today: date) -> str:
    """Return the page in Markdown."""
    lines = [
        "# What the first command prints",
        "",
        "The first table of `make bench`, one thread per method. `make bench` uses all cores, so its seconds differ.",
        "",
        "```text",
        table,
        "```",
        "",
        *page.ending(frame, (), len(GRID.cells), today),
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is missing, then write first.csv and first.md."""
    asked = parser_of(PROGRAM, __doc__, "results/first").parse_args(arguments)

    def work() -> None:
        found = run_and_read([GRID], asked)
        wanted = set(found.frame["config_hash"])
        rows = [row for row in read_rows(asked.results_dir) if row["config_hash"] in wanted]
        write_csv(found.frame, asked.out / "first.csv")
        write_text(asked.out / "first.md", page_of(found.frame, printed(rows), date.today()))

    return exit_code(PROGRAM, work)


if __name__ == "__main__":
    sys.exit(main())
