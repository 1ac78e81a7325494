"""What a file of a table is: its suffix, and how it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_TEXTS = tuple(f"{suffix}{packing}" for suffix in (".csv", ".tsv") for packing in ("", ".gz", ".bz2", ".xz"))
PARQUET, FEATHER, EXCEL = (".parquet", ".pq"), (".feather", ".arrow"), (".xlsx",)
SUFFIXES = (*_TEXTS, *PARQUET, *FEATHER, *EXCEL)
MISSING_MARKERS = ("", "?", "NA", "N/A", "NaN", "nan", "NULL", "null", "None")
OPTIONS = ("header", "missing_markers", "sep", "decimal", "thousands", "encoding", "comment")
"""How a CSV is written, as attributes of :class:`TableFile`."""


@dataclass(frozen=True)
class TableFile:
    """A CSV, Parquet, Feather or Excel file, and what was said of how it is written.

    A cell of a CSV is missing when it is empty or equals one of ``missing_markers``, blanks around it aside. A column
    is numeric when every other cell is a number; one word in it makes it categories or text, and a warning names it. So
    do whole numbers of which one is written with a zero in front, such as 08001, or with more digits than a number
    holds: they are codes. What is found out about a CSV and not said by an option is a warning; what cannot be told is
    refused.

    Attributes:
        path: the file; a relative path starts from the working directory.
        kinds: column -> kind, of columns that need no warning.
        header: whether the first line of a CSV holds the column names; without it they are x1, x2, ...
        missing_markers: the texts that mark a missing cell of a CSV ([]: only empty ones).
        sep: what separates its cells: one character, or comma, semicolon, tab, pipe ("": as the lines tell).
        decimal: "." or "," in its numbers ("": points, and commas where cells are separated otherwise and these can be
            nothing else).
        thousands: what may stand between groups of digits of its numbers ("": nothing).
        encoding: of the text ("": UTF-8, or UTF-16 where the first bytes say so).
        censored: columns of a CSV that may hold limits, such as <0.3, among their numbers: such cells are missing.
        comment: what a line begins with that is no part of the table ("": # above the header).
    """

    path: str
    kinds: Mapping[str, Any] = field(default_factory=dict)
    header: bool = True
    missing_markers: tuple[str, ...] = MISSING_MARKERS
    sep: str = ""
    decimal: str = ""
    thousands: str = ""
    encoding: str = ""
    comment: str = ""
    censored: tuple[str, ...] = ()


def suffix_of(path: Path) -> str:
    """Return the suffix by which the kind of a file is known, in small letters, "" for others.

    >>> suffix_of(Path("a.b.CSV.gz"))
    '.csv.gz'
    """
    name = path.name.lower()
    return next((suffix for suffix in sorted(SUFFIXES, key=len, reverse=True) if name.endswith(suffix)), "")


def stem_of(path: Path) -> str:
    """Return the name of the file without the suffix by which it is known.

    >>> stem_of(Path("some/a.b.csv.gz"))
    'a.b'
    """
    return path.name[: len(path.name) - len(suffix_of(path))] or "file"


def has_types(path: Path) -> bool:
    """Return whether the columns of the file have types, which those of a text have not."""
    return suffix_of(path) in (*PARQUET, *FEATHER, *EXCEL)


def format_of(path: Path) -> str:
    """Return what a file of this name is called in messages.

    >>> format_of(Path("a.feather")), format_of(Path("a.csv"))
    ('Feather file', 'text')
    """
    names = {PARQUET: "Parquet file", FEATHER: "Feather file", EXCEL: "Excel workbook"}
    return next((name for suffixes, name in names.items() if suffix_of(path) in suffixes), "text")
