"""`mirimpute-report`: tables and figures from a folder of results."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mirimpute.errors import MirimputeWarning, UserError

PROGRAM = "mirimpute-report"
USER_ERROR = 2
MAX_ROWS_PRINTED = 40


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0, or 2 when there is nothing to report or no place to write."""
    options = _parser().parse_args(arguments)
    try:
        with _plain_warnings():
            _report(options.results_dir, options.out)
    except UserError as error:
        if os.environ.get("HYDRA_FULL_ERROR", "") not in ("", "0"):
            raise
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return USER_ERROR
    return 0


def _report(results_dir: Path, out: Path | None) -> None:
    from rich.console import Console

    from mirimpute.report.build import build_report
    from mirimpute.report.terminal import DIRECTORY, terminal_table
    from mirimpute.results.store import cell_directory

    report = build_report(results_dir, out)
    console = Console()
    if len(report.rows) <= MAX_ROWS_PRINTED:
        rows = [{**row, DIRECTORY: str(cell_directory(results_dir, row))} for row in report.rows]
        console.print(terminal_table(rows))
    print(
        f"{len(report.rows)} rows, {len(report.tables)} tables and {len(report.figures)} figures: see {report.summary}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=PROGRAM, description="Make tables and figures from a folder of results.")
    parser.add_argument(
        "results_dir",
        nargs="?",
        type=Path,
        default=Path("results"),
        help="the results_dir of mirimpute-bench (default: %(default)s)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="where to write tables/, figures/ and summary.md (default: results_dir)",
    )
    return parser


@contextmanager
def _plain_warnings() -> Iterator[None]:
    """Print our own warnings as one line each, without the place in the code."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", MirimputeWarning)
        usual = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *rest: Any, **more: Any) -> None:
            if issubclass(category, MirimputeWarning):
                print(f"{PROGRAM}: warning: {message}", file=sys.stderr)
            else:
                usual(message, category, *rest, **more)

        warnings.showwarning = show
        yield


if __name__ == "__main__":
    sys.exit(main())
