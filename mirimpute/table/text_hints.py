"""What was found out about a delimited file and was not asked for: a sentence that names column, value and option."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.compute as pc

from mirimpute.errors import counted
from mirimpute.table.columns import Column, Kind
from mirimpute.table.delimited import Delimited
from mirimpute.table.file_format import MISSING_MARKERS, TableFile
from mirimpute.table.hint_options import kind_option, way_of_numbers
from mirimpute.table.kinds import kind_of
from mirimpute.table.mark_hints import mark_hint
from mirimpute.table.text_numbers import Numerals

_SHOWN = 3


def of_text(text: Delimited) -> list[str]:
    """Return what was found out about a delimited file: how it is read, names, lines and columns."""
    path, found = text.options.path, list(text.notes)
    are_numbers = pd.to_numeric(pd.Series(text.names), errors="coerce").notna()
    fractions = [each for each, is_number in zip(text.names, are_numbers, strict=True) if is_number and "." in each]
    if text.options.header and (are_numbers.all() or fractions):  # years and other whole numbers may be names
        what = "numbers only" if are_numbers.all() else f"the number {fractions[0]}"
        found.append(
            f"the first line of {path!r} holds {what} and is taken as column names: if the file has no "
            "header, say so by dataset.header=false (mirimpute-impute: --no-header)"
        )
    if text.layout.width == 1 and len(text.layout.rows):
        cell = text.texts(0)[0].as_py() or ""
        if re.search(r"\w[^\w.+-]+\w", cell):
            found.append(
                f"file {path!r} is read as one column, the first cell is {cell[:60]!r}: if there are more, say by "
                "--sep (dataset.sep) what is between them"
            )
    for column in text.left_out:
        first = text.texts(column)[0].as_py() if len(text.layout.rows) else None
        what = "is empty" if first is None else f"counts the rows from {first}"
        found.append(
            f"column {column + 1} of file {path!r} has no name and {what}: it is left out, and kept in the file"
        )
    blank = text.layout.rows[text.cells.filled()[text.layout.rows] == 0]
    if len(blank):
        what = "nothing between rows" if text.layout.width == 1 else "no value"
        found.append(
            f"file {path!r} has {counted(len(blank), 'line')} with {what}, taken for rows, the first is line "
            f"{text.cells.line(int(blank[0]))}: remove what is none"
        )
    return found


def of_first_row(text: Delimited, odd: Sequence[tuple[str, str]]) -> list[str]:
    """Return that the first row may hold units: in ``odd`` columns, (name, cell), it alone is no number."""
    if len(odd) < 2:
        return []
    cells = ", ".join(f"{cell!r} in column {name!r}" for name, cell in odd[:_SHOWN])
    more = f" and {len(odd) - _SHOWN} more" if len(odd) > _SHOWN else ""
    return [
        f"line {text.cells.line(int(text.layout.rows[0]))} of file {text.options.path!r} holds {cells}{more}, and all "
        "other lines numbers: if it holds units or second names, delete it"
    ]


def of_column(
    file: TableFile, name: str, values: Any, numerals: Numerals | None, written: pyarrow.Array, texts: pyarrow.Array
) -> list[str]:
    """Return what can be told of a column of a delimited file from its texts alone.

    Args:
        file: with its options.
        name: of the column.
        values: (n_rows,), numbers, truth values or texts.
        numerals: how its numbers are written, None where it has none.
        written: large_string (n_rows,).
        texts: the same, null where they mark a missing cell.
    """
    if numerals is not None:
        return _of_numerals(file, name, numerals, texts) + _of_marks(name, np.asarray(values, dtype=float), texts)
    return _of_truths(name, values, texts)


def _of_marks(name: str, numbers: np.ndarray, texts: pyarrow.Array) -> list[str]:
    def way(marks: list[float]) -> str:
        places = [int(np.flatnonzero(numbers == each)[0]) for each in marks]
        return way_of_numbers(name, marks, [texts[place].as_py() for place in places])

    found = mark_hint(numbers, Column(name, Kind.CONTINUOUS), way)
    return [found] if found else []


@dataclass(frozen=True)
class Marked:
    """Cells of a column of words that a usual mark makes missing, and that may be words as well: NA of Namibia.

    Attributes:
        column: its name.
        word: the mark that most of them are.
        count: how many.
    """

    column: str
    word: str
    count: int


def marked_in(file: TableFile, name: str, values: Any, written: pyarrow.Array, texts: pyarrow.Array) -> list[Marked]:
    """Return the cells of a column that a mark makes missing, if the user has not named it; see :func:`of_column`."""
    if texts.null_count in (0, len(texts)):
        return []
    hidden = pc.value_counts(written.filter(pc.is_null(texts))).to_pylist()
    words = [
        (each["counts"], each["values"])
        for each in hidden
        if each["values"] in MISSING_MARKERS and re.search(r"\w", each["values"])
        if each["values"] not in _named_by_the_user(file)
    ]
    if not words or kind_of(pd.Series(values)) is not Kind.CATEGORICAL:
        return []
    count, word = max(words)
    return [Marked(name, word, count)]


def _named_by_the_user(file: TableFile) -> tuple[str, ...]:
    """Return the marks that were given: all where the usual ones do not stand before them."""
    given, usual = tuple(file.missing_markers), len(MISSING_MARKERS)
    return given[usual:] if given[:usual] == MISSING_MARKERS else given


def of_marked(cells: Sequence[Marked]) -> list[str]:
    """Return a sentence for each mark, with all columns that hold it."""
    found = []
    for word in dict.fromkeys(each.word for each in cells):
        which = [each for each in cells if each.word == word]
        if len(which) == 1:
            where = f"column {which[0].column!r}"
        else:
            where = f"columns {', '.join(f'{each.column!r} ({each.count:,})' for each in which)}"
        cells_of_word = counted(sum(each.count for each in which), "cell")
        found.append(
            f"{cells_of_word} {word!r} of {where} taken as missing: if {word!r} is a value, say --na none "
            "(dataset.missing_markers=[]), which leaves only empty cells missing"
        )
    return found


def _of_truths(name: str, values: Any, texts: pyarrow.Array) -> list[str]:
    if pd.api.types.infer_dtype(values, skipna=True) != "boolean":
        return []
    spellings = pc.unique(texts.drop_null()).to_pylist()
    if len(spellings) < 3:
        return []
    return [
        f"column {name!r} writes true and false in {len(spellings)} ways, {', '.join(spellings)}: they are taken for "
        f"two values, say {kind_option(name, 'text')} to leave it alone"
    ]


def _of_numerals(file: TableFile, name: str, how: Numerals, texts: pyarrow.Array) -> list[str]:
    if how.decimal == "," and not file.decimal:
        with_comma = texts.filter(pc.match_substring(texts, ","))[0].as_py()
        return [
            f"column {name!r} holds decimal commas, the first is {with_comma!r}: if they are none, say --decimal . "
            "(dataset.decimal)"
        ]
    if how.decimal == "." and file.decimal == ",":
        pointed = texts.filter(pc.match_substring(texts, "."))
        if len(pointed):
            return [
                f"column {name!r} has decimal points although --decimal , (dataset.decimal) is given, the first is "
                f"{pointed[0].as_py()!r}; if they are thousands, say --thousands . (dataset.thousands)"
            ]
    first = texts.drop_null()[0].as_py()
    if re.fullmatch(r"\d+[eE]\d+", first) and pc.all(pc.match_substring_regex(texts, r"^\d+[eE]\d+$")).as_py():
        return [
            f"column {name!r} is read as numbers with exponents, the first is {first!r}: if they are codes, say "
            f"{kind_option(name, 'text')}"
        ]
    return []
