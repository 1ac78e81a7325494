"""Where in a delimited text the table is: titles and comments above it, its header, its rows, blank lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mirimpute.errors import DataError, counted
from mirimpute.table.text_cells import Cells

_LIKE_NUMBER = re.compile(r"[+-]?[.,]?\d[\d.,]*([eE][+-]?\d+)?")
_LOOKED_AT = 20
"""Rows under a line that are looked at to tell whether it is a header."""
_MOST_ABOVE = 50
"""Lines above a header, at most."""


@dataclass(frozen=True)
class Layout:
    """What the records of a text are.

    Attributes:
        header: the record of the column names, None where there is none.
        rows: the records of the table's rows, int64 (n_rows,).
        width: cells of each of them.
        titles, comments: records that are left alone, and are not blank.
    """

    header: int | None
    rows: np.ndarray
    width: int
    titles: tuple[int, ...]
    comments: tuple[int, ...]


def layout_of(cells: Cells, file: str, header: bool, comment: str, separator: str) -> Layout:
    """Return where the table is.

    Lines of nothing but blanks or separators are left alone wherever they are, unless they have as many cells as the
    table has columns: then they are rows without a value. In a table of one column an empty line between rows is an
    empty cell. A line of one text is a title, and a line that begins with # a comment, where a line under it can be
    told for the header: all its cells are names, and a column under it has numbers.

    Args:
        cells: of the text.
        file: its name, for messages.
        header: whether the table has a line of column names.
        comment: what a line begins with that is no part of the table ("": only # above the header).
        separator: for messages.

    Raises:
        DataError: no line of names, or a line with another number of cells; the message names line and option.
    """
    counts, filled = cells.counts, cells.filled()
    written = np.flatnonzero(filled > 0)
    marked = _begin_with(cells, written, comment or "#")
    above = _above(cells, written, marked, counts, filled) if header else []
    comments = set(written[marked].tolist()) if comment else {each for each in above if _is(cells, each, "#")}
    titles = [each for each in above if each not in comments]
    left = written[~np.isin(written, [*comments, *titles])]
    if not left.size:
        raise DataError(f"file {file!r} is empty: give a table with a line of column names and some rows")
    top = int(left[0])
    width = int(counts[top])
    begin = top + 1 if header else top
    if header:
        width = _width(cells, top, left[left > top], width)
    body = np.arange(begin, (int(left[-1]) + 1 if width == 1 else len(counts)))
    wrong = body[(counts[body] != width) & (filled[body] > 0)]
    if comments and not comment and wrong.size:
        footnotes = wrong[_begin_with(cells, wrong, "#")]
        comments |= set(footnotes.tolist())
        wrong = wrong[~np.isin(wrong, footnotes)]
    wrong = wrong[~np.isin(wrong, list(comments))]
    if wrong.size:
        first, line = int(wrong[0]), cells.line(top)
        raise DataError(
            f"line {cells.line(first)} of file {file!r} has {counted(int(counts[first]), 'cell')} where "
            f"{'the first line' if line == 1 else f'line {line}'} has {width}: correct the line, or give --sep "
            f"(dataset.sep; {separator!r} was taken), or --comment (dataset.comment) if it is no row"
        )
    rows = body[(counts[body] == width) & ~np.isin(body, list(comments))]
    return Layout(top if header else None, rows, width, tuple(titles), tuple(sorted(comments)))


def _width(cells: Cells, header: int, rows: np.ndarray, width: int) -> int:
    """Return the cells of each row: one less or more than names where a separator ends either the header or all rows.

    Args:
        cells: of the text.
        header: the record of names, with ``width`` cells.
        rows: records below it with something in them.
        width: of the header.
    """
    counts = set(cells.counts[rows].tolist())
    empty = cells.starts == cells.ends
    if width > 2 and counts == {width - 1} and empty[cells.first[header + 1] - 1]:
        return width - 1
    if width > 1 and counts == {width + 1} and empty[cells.first[rows + 1] - 1].all():
        return width + 1
    return width


def _above(cells: Cells, written: np.ndarray, marked: np.ndarray, counts: np.ndarray, filled: np.ndarray) -> list[int]:
    """Return the records above the header that are titles or comments: each has one text or begins with #."""
    may_be_above = marked | (filled[written] == 1)
    many = np.flatnonzero(~may_be_above)
    place = int(many[0]) if many.size else len(written)
    if not 0 < place < min(len(written), _MOST_ABOVE):
        # Of one column, or without a second line: comments can be told by the blank behind their mark alone.
        return [int(each) for each in written[:_MOST_ABOVE][: _leading(cells, written, marked)]]
    header = int(written[place])
    above = [int(each) for each in written[:place]]
    odd = [each for each in above if counts[each] != counts[header]]
    padded = [each for each in above if counts[each] == counts[header] and not _is(cells, each, "#")]
    first_alone = all(cells.ends[cells.first[each]] > cells.starts[cells.first[each]] for each in padded)
    if first_alone and _looks_like_header(cells, header, counts):
        return above
    if len(odd) == len(above) and all(_is(cells, each, "#") for each in above):
        return above  # comments of another width
    return []


def _leading(cells: Cells, written: np.ndarray, marked: np.ndarray) -> int:
    """Return how many of the first written records are comments, '# ' with a blank behind the mark."""
    if not len(written) or not marked[0]:
        return 0
    plain = np.flatnonzero(~marked[:_MOST_ABOVE])
    until = int(plain[0]) if plain.size else 0
    spaced = all(cells.record(int(each))[0].startswith("# ") for each in written[:until])
    return until if spaced else 0


def _looks_like_header(cells: Cells, record: int, counts: np.ndarray) -> bool:
    """Return whether all cells of a record are different names, and a column under it begins with numbers."""
    names = cells.record(record)
    if not all(names) or len(set(names)) < len(names) or any(_LIKE_NUMBER.fullmatch(name) for name in names):
        return False
    below = [
        each for each in range(record + 1, min(record + 1 + _LOOKED_AT, len(counts))) if counts[each] == len(names)
    ]
    return any(share == 1.0 for share in shares_of_numbers([cells.record(each) for each in below]))


def shares_of_numbers(rows: Sequence[Sequence[str]]) -> list[float]:
    """Return of each column the share of its cells with a text that look like numbers, 0 where it has none.

    >>> shares_of_numbers([["1,5", "x"], ["", "2"]])
    [1.0, 0.5]
    """
    found = []
    for column in zip(*rows, strict=True):
        texts = [text for text in column if text]
        found.append(sum(_LIKE_NUMBER.fullmatch(text) is not None for text in texts) / max(len(texts), 1))
    return found


def _begin_with(cells: Cells, records: np.ndarray, mark: str) -> np.ndarray:
    """Return which records begin with the mark, blanks in front aside."""
    starts = cells.starts[cells.first[records]]
    found = np.ones(len(records), dtype=bool)
    for place, byte in enumerate(mark.encode()):
        there = np.minimum(starts + place, len(cells.data) - 1)
        found &= (starts + place < len(cells.data)) & (cells.data[there] == byte)
    return found


def _is(cells: Cells, record: int, mark: str) -> bool:
    return bool(_begin_with(cells, np.array([record]), mark)[0])
