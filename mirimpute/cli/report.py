"""`mirimpute-report`: tables and figures, or one page, from a folder of results."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from mirimpute import __version__
from mirimpute.bench.notices import plain_warnings
from mirimpute.bench.results.layout import PARTS, RUNS, has_cells
from mirimpute.cli.exits import exit_code
from mirimpute.cli.parser import CommandParser
from mirimpute.errors import UserError, counted, near, printable, unknown

PROGRAM = "mirimpute-report"
MAX_ROWS_PRINTED = 40
MAX_FOLDERS_LOOKED_AT = 1000
PAGE_NAME = "report.html"
COMMANDS = ("status", "compact")

_LIKENESS = 0.7
"""Of a word to the command that it is taken for: a folder may have any name."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0, or 2 when there is nothing to report or no place to write."""
    return exit_code(PROGRAM, lambda: _run(sys.argv[1:] if arguments is None else arguments))


def _run(arguments: Sequence[str]) -> None:
    named = dict(zip(COMMANDS, ((_status, _status_parser), (_compact, _compact_parser)), strict=True))
    first = arguments[0] if arguments else ""
    if len(arguments) > 1 and first not in COMMANDS and near(first, COMMANDS, _LIKENESS) and not Path(first).exists():
        raise unknown("command", first, COMMANDS)  # with a folder behind it
    action, parser = named.get(first, (_report, _parser))
    options = parser().parse_args(arguments if action is _report else arguments[1:])
    with plain_warnings(PROGRAM):
        action(options)


def _report(options: argparse.Namespace) -> None:
    results_dir = _results_folder(options.results_dir)
    if not has_cells(results_dir):
        raise _no_results(results_dir, options.results_dir)
    if options.all and options.html is not None:
        raise UserError("--all is for figures in files, and the page of --html has every measure: leave --all out")
    if options.html is None:
        _check_folder(options.out or results_dir)
        _tables(results_dir, options.out, options.all)
        return
    page = Path(options.html) if options.html else (options.out or results_dir) / PAGE_NAME
    if page.is_dir():
        raise UserError(f"--html '{page}' is a folder: give the name of a file, such as {page / PAGE_NAME}")
    _check_folder(page.parent)
    _page(results_dir, page)


def _tables(results_dir: Path, out: Path | None, every_figure: bool) -> None:
    from rich.console import Console

    from mirimpute.bench.results.layout import cell_directory
    from mirimpute.report.build import build_report
    from mirimpute.report.terminal import DIRECTORY, terminal_table

    report = build_report(results_dir, out, every_figure=every_figure)
    console = Console()
    if len(report.rows) <= MAX_ROWS_PRINTED:
        rows = [{**row, DIRECTORY: str(cell_directory(results_dir, row))} for row in report.rows]
        console.print(terminal_table(rows))
        for sentence in report.advice:
            console.print(printable(sentence), highlight=False, markup=False)
    print(
        f"{counted(len(report.rows), 'row')}, {counted(len(report.tables), 'table')} and "
        f"{counted(len({path.stem for path in report.figures}), 'figure')}: see {report.summary}"
    )


def _page(results_dir: Path, path: Path) -> None:
    from mirimpute.report.build import build_page

    written = build_page(results_dir, path)
    print(f"see {written} ({written.stat().st_size / 1e6:.1f} MB)")


def _results_folder(given: str) -> Path:
    """Return the folder, also for ``results_dir=<folder>``, as mirimpute-bench takes it, and for its ``runs``."""
    folder = Path(given.removeprefix("results_dir="))
    return folder.parent if folder.name == "runs" and not (folder / "runs").is_dir() else folder


def _no_results(folder: Path, typed: str = "") -> UserError:
    """Return the error for a folder without cells; ``typed`` may have been meant for a command, or another folder."""
    found = islice(folder.parent.glob("*"), MAX_FOLDERS_LOOKED_AT)
    beside = [str(each) for each in found if any(os.path.isdir(each / name) for name in (RUNS, PARTS))]
    meant = near(typed, (*COMMANDS, *beside), _LIKENESS) or near(str(folder), beside)
    hint = f"did you mean {PROGRAM} {meant[0]}? Otherwise " if meant else ""
    return UserError(
        f"no results in '{folder}': {hint}run mirimpute-bench with results_dir={folder}, "
        "or give the folder that holds runs/"
    )


def _check_folder(folder: Path) -> None:
    """Make the folder that is written to, before any work.

    Raises:
        UserError: it takes no file.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UserError(
            f"cannot write to '{folder}' ({error.strerror or error}): choose another folder with --out, or --html=FILE"
        ) from error


def _status(options: argparse.Namespace) -> None:
    from mirimpute.bench.sweeps.status import show_status

    results_dir = _results_folder(options.results_dir)
    if options.clean:
        from mirimpute.bench.sweeps.leftovers import remove_leftovers

        if not has_cells(results_dir):
            raise _no_results(results_dir)
        print(f"{counted(remove_leftovers(results_dir), 'leftover')} of killed runs removed")
        return
    show_status(results_dir, options.watch)


def _compact(options: argparse.Namespace) -> None:
    from mirimpute.bench.results.claims import ClaimedError
    from mirimpute.bench.results.store import compact

    results_dir = _results_folder(options.results_dir)
    if not has_cells(results_dir):
        raise _no_results(results_dir)
    try:
        count = compact(results_dir)
    except ClaimedError as error:
        raise UserError(f"another process is packing '{results_dir}': let it finish") from error
    print(f"{counted(count, 'cell')} packed into {results_dir / PARTS}")


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog=PROGRAM,
        description="Make tables and figures, or one HTML page, from a folder of results.",
        epilog=f"How far a sweep is: {PROGRAM} status. Pack the cells of a large sweep: {PROGRAM} compact.",
    )
    _add_results_dir(parser)
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="where to write tables/, figures/ and summary.md (default: results_dir)",
    )
    parser.add_argument(
        "--all", action="store_true", help="draw the figures of all measures, not twelve of the main ones"
    )
    parser.add_argument(
        "--html",
        nargs="?",
        const="",
        metavar="FILE",
        help=f"write one self-contained page instead (default: {PAGE_NAME} in that folder)",
    )
    return parser


def _status_parser() -> argparse.ArgumentParser:
    parser = CommandParser(prog=f"{PROGRAM} status", description="Say how far the last sweep is.")
    _add_results_dir(parser)
    parser.add_argument("--watch", action="store_true", help="go on until it is done")
    parser.add_argument(
        "--clean",
        action="store_true",
        help="remove what killed runs have left: claims, half-written cells (whole ones are kept), temporary files; "
        "runs that go on are left alone",
    )
    return parser


def _compact_parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog=f"{PROGRAM} compact",
        description="Pack finished cells into few files, which are read in seconds; safe while a sweep writes.",
    )
    _add_results_dir(parser)
    return parser


def _add_results_dir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "results_dir",
        nargs="?",
        default="results",
        help="the results_dir of mirimpute-bench (default: %(default)s)",
    )


if __name__ == "__main__":
    sys.exit(main())
