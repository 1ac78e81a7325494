"""The options that say how a CSV is written, for every command that reads one."""

from __future__ import annotations

import argparse
from typing import Any

from mirimpute.table.file_format import MISSING_MARKERS


def add_file_options(parser: argparse.ArgumentParser) -> None:
    """Add them to a parser."""
    parser.add_argument("--no-header", action="store_true", help="the first line of the CSV holds no column names")
    parser.add_argument(
        "--na",
        action="append",
        default=[],
        metavar="TEXT",
        help="a text that marks a missing cell, beside the usual ones (?, NA, N/A, NaN, nan, NULL, null, None); may be "
        "given again; none or '': no usual ones, an empty cell alone",
    )
    parser.add_argument(
        "--sep",
        default="",
        metavar="CHARACTER",
        help="between cells: a character, or comma, semicolon, tab, pipe, space",
    )
    parser.add_argument("--decimal", default="", metavar="CHARACTER", help="in numbers: '.' or ','")
    parser.add_argument("--thousands", default="", metavar="CHARACTER", help="between groups of digits, such as ','")
    parser.add_argument("--encoding", default="", metavar="NAME", help="of the text, such as latin-1 (UTF-8)")
    parser.add_argument(
        "--comment", default="", metavar="TEXT", help="what lines begin with that are no rows, such as #"
    )


def file_options(options: argparse.Namespace | None = None) -> dict[str, Any]:
    """Return the options (None: none is given) as arguments of :class:`~mirimpute.datasets.files.File`."""
    if options is None:
        parser = argparse.ArgumentParser()
        add_file_options(parser)
        options = parser.parse_args([])
    usual = () if {"none", ""} & set(options.na) else MISSING_MARKERS
    return {
        "header": not options.no_header,
        "missing_markers": [*usual, *(text for text in options.na if text not in ("none", ""))],
        **{name: getattr(options, name) for name in ("sep", "decimal", "thousands", "encoding", "comment")},
    }
