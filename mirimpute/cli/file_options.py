"""The options that say how a CSV is written, for every command that reads one."""

from __future__ import annotations

import argparse
from typing import Any

from mirimpute.errors import UserError
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

    def text(option: str, what: str, help_text: str) -> None:
        parser.add_argument(option, action=_StoreText, default="", metavar=what, help=help_text)

    text("--sep", "CHARACTER", "between cells: a character, or comma, semicolon, tab, pipe, space")
    text("--decimal", "CHARACTER", "in numbers: '.' or ','")
    text("--thousands", "CHARACTER", "between groups of digits, such as ','")
    text("--encoding", "NAME", "of the text, such as latin-1 (UTF-8)")
    text("--comment", "TEXT", "what lines begin with that are no rows, such as #")


_EXAMPLES = {"sep": ";", "decimal": ",", "thousands": ".", "encoding": "latin-1", "comment": "#"}


class _StoreText(argparse.Action):
    """Stores a text that is not empty: what is not given is found out."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, *_: Any) -> None:
        if not values:
            option = self.option_strings[0]
            raise UserError(f"{option} '' is empty: give a text such as {_EXAMPLES[self.dest]!r}, or leave it out")
        setattr(namespace, self.dest, values)


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
