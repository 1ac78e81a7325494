"""What `mirimpute-impute` takes: its arguments, and what `--help` says of each."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from mirimpute.cli.parser import CommandParser, StoreWholeNumber
from mirimpute.errors import UserError

PROGRAM = "mirimpute-impute"
_MOST_FILES = 10_000
"""Each draw is a file of its own."""


class _StoreJobs(StoreWholeNumber):
    """Keeps a number of processes."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, *given: Any) -> None:
        """Store the number that the text is, which may be negative, as joblib has it."""
        super().__call__(parser, namespace, *given)
        if namespace.jobs == 0:
            raise UserError("--jobs 0 computes nothing: give 1 or more, or -1 for one on each core")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    from mirimpute.cli.file_options import add_file_options
    from mirimpute.cli.table_options import add_table_options

    made = CommandParser(
        prog=PROGRAM,
        description="Fill the missing cells of a file, numbers and categories. What is there stays as "
        "it is, byte for byte; columns of free text are left alone. What is found out about a CSV, and columns that "
        "may be meant otherwise, are told in warnings that name the option.",
    )
    made.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="CSV (.csv or .tsv, also .gz, .bz2, .xz), Parquet, Feather (.feather, .arrow) or Excel (.xlsx); or a "
        "folder of Parquet files",
    )
    made.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="FILE",
        help="what to write, same kind; of a folder, or for a Parquet file that does not fit into memory, a folder "
        "(OUT/): learn from some rows, fill one row group after the other; the same command goes on after a kill",
    )
    made.add_argument("--method", default="mirf", help="a name from `mirimpute-bench --help` (%(default)s)")
    made.add_argument(
        "--sample",
        action=StoreWholeNumber,
        least=2,
        metavar="ROWS",
        help="into a folder: how many rows to learn from, chosen by the seed (100,000)",
    )
    made.add_argument(
        "--model", type=Path, metavar="FILE", help="into a folder: learn nothing, fill by what MirfImputer.save wrote"
    )
    made.add_argument(
        "--draws",
        action=StoreWholeNumber,
        least=0,
        most=_MOST_FILES,
        default=0,
        metavar="M",
        help="also write M draws, of one model; of several for method mice (%(default)s)",
    )
    made.add_argument(
        "--multiple",
        action=StoreWholeNumber,
        least=0,
        most=_MOST_FILES,
        default=0,
        metavar="M",
        help="write M draws instead, each of a model of its own: multiple imputation, by mirf or mice (%(default)s)",
    )
    made.add_argument(
        "--jobs",
        action=_StoreJobs,
        default=1,
        metavar="N",
        help="models learnt, or files filled, at a time (-1: a core)",
    )
    made.add_argument("--seed", action=StoreWholeNumber, least=0, default=0, help="of all randomness (%(default)s)")
    made.add_argument("--device", default="cpu", help="torch device (%(default)s)")
    made.add_argument(
        "--kind",
        action="append",
        default=[],
        metavar="COLUMN=KIND",
        help="take a column for continuous, integer, categorical, ordinal, datetime, duration or text, or give its "
        "categories in their order (low,mid,high); may be given again, for another column",
    )
    add_table_options(made)
    made.add_argument(
        "--report",
        type=Path,
        metavar="PAGE.html",
        help="also write a page on what was missing, what was filled in, and whether it looks right; imputes a second "
        "time, with a tenth of the observed cells hidden. The page shows single values of the file",
    )
    add_file_options(made)
    made.add_argument("--force", action="store_true", help="replace output files that are there")
    return made
