"""`mirimpute-data`: prefetch datasets, list what is there, and show the columns of one."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mirimpute.bench.dataset_catalog import descriptions, named_dataset, options_to_give
from mirimpute.cli.exits import USER_ERROR, exit_code
from mirimpute.cli.file_options import add_file_options, file_options
from mirimpute.cli.parser import CommandParser
from mirimpute.datasets.location import DATA_DIR_VARIABLE, data_directory
from mirimpute.errors import UserError, counted, printable
from mirimpute.table.columns import Column, Kind
from mirimpute.table.file_format import suffix_of

if TYPE_CHECKING:
    import pandas as pd

PROGRAM = "mirimpute-data"
_WIDTH = 60


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0, or 2 when something asked for cannot be done."""
    return exit_code(PROGRAM, lambda: _run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    options = _parser().parse_args(arguments)
    if options.command == "fetch":
        return fetch(options.names)
    return show(options.name, file_options(options)) if options.command == "show" else show_list()


def fetch(names: Sequence[str]) -> int:
    """Download the named datasets that are not there yet, verify those that are; one line each on stdout.

    A name that fails does not stop the others; unknown names are refused before any download.
    """
    datasets = [named_dataset(name) for name in dict.fromkeys(names)]
    folder = data_directory()
    failures = 0
    with _progress(len(datasets)) as advance:
        for dataset in datasets:
            advance(dataset.name, 0)
            present = dataset.is_present(folder)
            try:
                dataset.fetch(folder)
                print(f"{dataset.name}: {'already there' if present else 'fetched'}")
            except UserError as error:
                failures += 1
                print(f"{PROGRAM}: {printable(str(error))}", file=sys.stderr)
            advance(dataset.name, 1)
    return USER_ERROR if failures else 0


def show_list() -> int:
    """Print the data folder, then a line for every dataset: name, where it is from, whether it is there, what it is."""
    folder = data_directory()
    print(f"data folder: {folder} (set {DATA_DIR_VARIABLE} to use another)\n")
    rows = [("dataset", "from", "present", "description")]
    for name, sentence in descriptions("dataset").items():
        needed = options_to_give(name)
        if needed:
            rows.append((name, name, f"give {' '.join(needed)}", sentence))
        else:
            dataset = named_dataset(name)
            rows.append((name, dataset.origin, "yes" if dataset.is_present(folder) else "no", sentence))
    _print_rows(rows)
    return 0


def show(name: str, options: Mapping[str, Any]) -> int:
    """Print the columns of a dataset, or of a file: name, kind, missing cells, and range or categories.

    Args:
        name: of the dataset, or the file.
        options: how the file is read, as arguments of ``File``.
    """
    from mirimpute.bench.notices import plain_warnings
    from mirimpute.datasets.files import File
    from mirimpute.table.wild import Fences

    is_file = suffix_of(Path(name)) != ""
    if not is_file and options != file_options():
        raise UserError(f"{name!r} is no file, and how a CSV is read says nothing of it: leave the options out")
    dataset = File(path=name, **options) if is_file else named_dataset(name)
    with plain_warnings(PROGRAM):
        table = dataset.load(data_directory())
    shape = (*table.values.shape, int(table.missing.sum()))
    print(f"{printable(table.name)}: {', '.join(map(counted, shape, ('row', 'column', 'missing cell')))}")
    if table.dropped:
        print(printable(f"left out, because they are text: {', '.join(table.dropped)}"))
    rows = [("column", "kind", "missing", "values")]
    frame = table.to_frame()
    for j, column in enumerate(table.columns):
        rows.append((column.name, column.kind.value, str(int(table.missing[:, j].sum())), _values(frame, j, column)))
    print()
    _print_rows(rows)
    for sentence in Fences.of(table.values, table.columns).sentences(table.values, table.columns, first=1):
        print(f"\n{printable(sentence)}")
    print("\nother kinds (continuous, integer, categorical, datetime, duration, text, or categories in their order):")
    _print_options(name, is_file, [*(column.name for column in table.columns), *table.dropped])
    return 0


def _print_rows(rows: Sequence[tuple[str, str, str, str]]) -> None:
    """Print rows below one another, all but their last cell as wide as the widest."""
    shown = [tuple(map(printable, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)][:-1]
    for row in shown:
        print("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]))


def _print_options(name: str, is_file: bool, columns: Sequence[str]) -> None:
    """Print how another kind is asked for, and as a shell needs it for each column whose name is not a plain one."""
    from mirimpute.bench.sweeps.overrides import PLAIN_NAME

    dataset = f"dataset=file {shlex.quote(f'dataset.path={name}')}" if is_file else f"dataset={name}"
    print(f"mirimpute-bench {printable(dataset)} +dataset.kinds.COLUMN=categorical")
    if is_file:
        output = f"completed{suffix_of(Path(name))}"
        print(f"mirimpute-impute {printable(shlex.quote(name))} -o {output} --kind=COLUMN=categorical")
    quoted = [column for column in columns if not PLAIN_NAME.fullmatch(column)]
    if quoted:
        print("where COLUMN is no plain name, the option is:")
    for column in quoted:
        options = [f"+dataset.kinds.{column}=categorical", *([f"--kind={column}=categorical"] if is_file else [])]
        print(printable("  ".join(map(shlex.quote, options))))


def _values(frame: pd.DataFrame, j: int, column: Column) -> str:
    """Return the categories, or the range of numbers and dates, in at most 60 characters."""
    from mirimpute.table.dates import SECONDS_OF_DAY

    if column.categories:
        text = f"{len(column.categories)}: {', '.join(map(str, column.categories))}"
        return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 4]} ..."
    low, high = frame.iloc[:, j].min(), frame.iloc[:, j].max()
    if column.kind is Kind.DATETIME and column.step == SECONDS_OF_DAY:
        low, high = low.date(), high.date()
    return f"{low:g} to {high:g}" if isinstance(low, float) else f"{low} to {high}"


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog=PROGRAM,
        description="Prefetch datasets, so that later runs need no network, list them, or show the columns of one.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="{fetch,list,show}")
    command = commands.add_parser("fetch", help="download datasets into the data folder")
    command.add_argument(
        "names",
        nargs="+",
        metavar="NAME",
        help="as in `mirimpute-bench dataset=NAME`: letter, uci/wine, openml/61, ...",
    )
    command = commands.add_parser("show", help="show what the columns of a dataset are taken for")
    command.add_argument("name", metavar="NAME", help="a dataset, or a CSV or Parquet file")
    add_file_options(command)
    commands.add_parser("list", help="show every dataset, where it is from and whether it is there")
    return parser


@contextmanager
def _progress(total: int) -> Iterator[Callable[[str, int], None]]:
    """Yield ``advance(name, steps)``: a bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda name, steps: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    # Lines printed meanwhile appear above the bar, unless stdout goes elsewhere and must not be turned to stderr.
    redirect = sys.stdout.isatty()
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=redirect) as bar:
        task = bar.add_task("", total=total)
        yield lambda name, steps: bar.update(task, description=name, advance=steps)


if __name__ == "__main__":
    sys.exit(main())
