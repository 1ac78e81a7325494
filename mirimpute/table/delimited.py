"""A delimited text file (CSV and its kin), read once: its cells, where they are, and the columns that they make."""

from __future__ import annotations

import bz2
import codecs
import gzip
import lzma
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.compute as pc

from mirimpute.errors import DataError, UserError, counted
from mirimpute.table.censored import are_limits, limits_in
from mirimpute.table.file_format import TableFile
from mirimpute.table.room import check_room
from mirimpute.table.text_cells import Cells, split
from mirimpute.table.text_layout import Layout, layout_of, shares_of_numbers
from mirimpute.table.text_numbers import Numerals, are_codes, read_numbers

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", "space": " ", "\\t": "\t"}
_SNIFFED = (",", ";", "\t", "|")
_SAMPLE = 1 << 20
"""Bytes at the beginning of a file from which its separator is told."""
_ROWS = 200
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_SPELLINGS = {spelt: spelt.lower() == "true" for spelt in ("true", "TRUE", "True", "false", "FALSE", "False")}
_OPEN: dict[str, Any] = {".gz": gzip, ".bz2": bz2, ".xz": lzma}


@dataclass(frozen=True)
class Delimited:
    """A file's cells and what they are.

    Attributes:
        encoding, mark: of the file, and the bytes before its text.
        separator: one character.
        cells: all of them.
        layout: which of them are the table.
        names: of the columns, "" where one has none.
        notes: what was found out about the file and not asked for, a sentence each.
        options: how it was asked for.
    """

    encoding: str
    mark: bytes
    separator: str
    cells: Cells
    layout: Layout
    names: tuple[str, ...]
    notes: tuple[str, ...]
    options: TableFile

    def places(self, column: int) -> np.ndarray:
        """Return the numbers of the cells of a column, (n_rows,)."""
        return self.cells.first[self.layout.rows] + column

    def texts(self, column: int) -> pyarrow.Array:
        """Return what is written in a column, large_string (n_rows,), null where that marks a missing cell."""
        return self.present(self.cells.texts(self.places(column)), self.names[column])

    def present(self, texts: pyarrow.Array, name: str) -> pyarrow.Array:
        """Return texts of a column, null where they mark a missing cell; blanks around them mean nothing.

        Limits are missing in a column that is said to be censored.
        """
        texts = self._marked(texts)
        if name in self.options.censored:
            return pc.if_else(are_limits(texts), pyarrow.scalar(None, texts.type), texts)
        return texts

    def ends(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the ends of each cell of a censored column, see :func:`~mirimpute.table.censored.limits_in`."""
        how = self.values(self.texts(self.named[name]))[1] or Numerals()
        texts = self._marked(self.cells.texts(self.places(self.named[name])))
        return limits_in(texts, name, how.decimal, how.thousands)

    def _marked(self, texts: pyarrow.Array) -> pyarrow.Array:
        markers = pyarrow.array(["", *(each.strip() for each in self.options.missing_markers)], texts.type)
        missing = pc.is_in(pc.utf8_trim_whitespace(texts), value_set=markers)
        return pc.if_else(missing, pyarrow.scalar(None, texts.type), texts)

    @cached_property
    def left_out(self) -> tuple[int, ...]:
        """Columns without a name that count the rows, or are empty."""
        found = []
        for column in (column for column, name in enumerate(self.names) if not name):
            texts = self.texts(column)
            numbers = read_numbers(texts, "", "", guess=False)
            values = np.array([]) if numbers is None else numbers[0].to_numpy(zero_copy_only=False)
            counts_rows = column == 0 and values.dtype.kind == "i" and len(values) > 2 and np.all(np.diff(values) == 1)
            if not (counts_rows or texts.null_count == len(texts)):
                raise DataError(
                    f"column {column + 1} of file {self.options.path!r} has no name: give it one, or delete the column "
                    "if it is only a row number"
                )
            found.append(column)
        return tuple(found)

    @property
    def named(self) -> dict[str, int]:
        """Name -> place of each column that has one."""
        return {name: place for place, name in enumerate(self.names) if place not in self.left_out}

    def values(self, texts: pyarrow.Array) -> tuple[Any, Numerals | None]:
        """Return the values of a column, numbers, truth values or texts, and how its numbers are written."""
        if texts.null_count == len(texts):
            return np.full(len(texts), np.nan), None
        options = self.options
        found = read_numbers(texts, options.decimal, options.thousands, guess=self.separator != ",")
        if found is not None:
            numbers = found[0].to_numpy(zero_copy_only=False)
            if not are_codes(texts, numbers):
                return numbers, found[1]
        values = pd.Series(texts.to_pandas())
        if set(values.iloc[:_ROWS].dropna()) <= set(_SPELLINGS):
            distinct = values.dropna().unique()
            if all(each in _SPELLINGS for each in distinct):
                truths = values.map(_SPELLINGS)
                return (truths.astype(bool) if texts.null_count == 0 else truths), None
        return values, None

    def rewritten(self, cells: np.ndarray, texts: Sequence[str], blanks_too: np.ndarray | None = None) -> bytes:
        """Return the file's bytes with new texts in some cells, (k,) in their order; quoted where that is needed.

        ``blanks_too`` as for :meth:`Cells.replaced`.
        """
        quoted = [f'"{text}"' if self.separator in text and text.lstrip()[0] != '"' else text for text in texts]
        text = self.cells.replaced(cells, quoted, blanks_too)
        if self.encoding != "utf-8":
            text = text.decode("utf-8").encode(self.encoding)
        return self.mark + text


def read_delimited(file: TableFile, path: Path) -> Delimited:
    """Read a file.

    Raises:
        DataError: no table is in it, or which one cannot be told; the message names the option that says it.
        UserError: an option has no such value.
        OSError, EOFError, lzma.LZMAError, zlib.error: it cannot be read.
    """
    data, encoding, mark = _decoded(unpacked(path), file.encoding, path)
    notes = []
    if encoding.startswith("utf-16"):
        notes.append(f"file {str(path)!r} is read as {encoding.upper()}, as its first bytes say")
    separator = _separator(file.sep)
    if not separator:
        separator = _sniffed(data, file, str(path))
        if separator != "," and not (separator == "\t" and ".tsv" in path.name.lower()):
            notes.append(
                f"file {str(path)!r} is read with {separator!r} between its cells (--sep, dataset.sep gives another)"
            )
    cells = split(data, separator)
    layout = layout_of(cells, str(path), file.header, file.comment, separator)
    names = cells.record(layout.header) if layout.header is not None else []
    names = [name.strip() for name in names] or [f"x{j + 1}" for j in range(layout.width)]
    names = [*names, *[""] * (layout.width - len(names))][: layout.width]  # a separator may end the header or the rows
    for records, what in ((layout.titles, "titles above the header"), (layout.comments, "comments")):
        if records and not (what == "comments" and file.comment):
            notes.append(
                f"{counted(len(records), 'line')} of file {str(path)!r} taken for {what} and left alone, the first is "
                f"{_shortened(', '.join(filter(None, cells.record(records[0]))))!r}"
            )
    return Delimited(encoding, mark, separator, cells, layout, tuple(names), tuple(notes), file)


_BLOCK = 64 << 20
_COPIES = 4
"""Of a text that is read: itself, the places of its cells, its columns."""
_FIX = "give a smaller file, or a machine with more memory"


def unpacked(path: Path) -> bytes:
    """Return the bytes of a file that may be compressed; errors as the systems that read it."""
    module = _OPEN.get(path.suffix.lower())
    check_room(_COPIES * path.stat().st_size, f"file {str(path)!r}", _FIX)
    if module is None:
        return path.read_bytes()
    blocks, size = [], 0
    with module.open(path, "rb") as file:
        while block := file.read(_BLOCK):
            blocks.append(block)
            size += len(block)
            check_room(
                _COPIES * size - size, f"file {str(path)!r}, which unpacks to {size >> 20:,} MiB and more,", _FIX
            )
    return b"".join(blocks)


def packed(content: bytes, suffix: str) -> bytes:
    """Return the bytes to write, compressed as the suffix of the file's name says; the same every time."""
    module = _OPEN.get(Path(f"_{suffix}").suffix)
    if module is None:
        return content
    found: bytes = gzip.compress(content, mtime=0) if module is gzip else module.compress(content)
    return found


def _decoded(content: bytes, encoding: str, path: Path) -> tuple[bytes, str, bytes]:
    """Return the text in UTF-8, the encoding, and the mark before it."""
    mark, name = b"", "utf-8"
    if encoding:
        try:
            name = codecs.lookup(encoding).name
            "a".encode(name)  # rot13 and the like are no encodings of texts
        except (LookupError, UnicodeError) as error:
            valid = "utf-8, latin-1, cp1252 or utf-16"
            raise UserError(f"unknown encoding {encoding!r} of a text: give one such as {valid}") from error
    for known, marked in _MARKS:
        if content.startswith(known) and (not encoding or name in (marked, "utf-16", "utf-8-sig")):
            mark, name = known, marked
            break
    body = content[len(mark) :]
    try:
        text = body.decode(name)
    except UnicodeDecodeError as error:
        line, byte = body[: error.start].count(b"\n") + 1, body[error.start]
        raise DataError(
            f"cannot read {str(path)!r} (byte {byte:#04x} in line {line} is not {name}): check that it is a readable "
            "text, and give its encoding, such as --encoding latin-1 or cp1252 (dataset.encoding=latin-1)"
        ) from error
    if name == "utf-8":
        return body, name, mark
    if text.encode(name, "surrogateescape") != body:
        raise DataError(
            f"file {str(path)!r} cannot be kept byte by byte in {name}: give another encoding, such as utf-16-le, or "
            "save it as UTF-8"
        )
    return text.encode("utf-8"), name, mark


def _separator(text: str) -> str:
    """Return the one character that is meant, "" for none."""
    found = SEPARATORS.get(text.lower(), text)
    if found and (len(found) != 1 or not found.isascii() or found.isalnum() or found in "\"\n\r.+-_'"):
        raise UserError(f"separator {text!r} is not possible: give one character, or {', '.join(SEPARATORS)}")
    return found


def _sniffed(data: bytes, file: TableFile, path: str) -> str:
    """Return the one separator with which all lines have the same number of cells, two or more.

    Raises:
        DataError: there are several.
    """
    cut = len(data) > _SAMPLE
    sample = data[:_SAMPLE]
    if b"\0" in sample:
        raise DataError(
            f"cannot read {path!r} (it holds bytes of zero): check that it is a readable text, and give its encoding, "
            "such as --encoding utf-16 (dataset.encoding=utf-16)"
        )
    fits: dict[str, tuple[int, float]] = {}
    for each in _SNIFFED:
        try:
            cells = split(sample, each, cut)
            layout = layout_of(cells, path, file.header, file.comment, each)
        except DataError:
            continue
        if layout.width > 1:
            shares = shares_of_numbers([cells.record(int(row)) for row in layout.rows[:_ROWS]])
            fits[each] = (len(layout.titles), sum(shares) / layout.width)
    if not fits:
        lines = [line for line in sample.splitlines() if line.strip()]
        counts = {each: lines[0].count(each.encode()) for each in _SNIFFED} if lines else {",": 0}
        return "," if counts[","] or not any(counts.values()) else max(counts, key=counts.__getitem__)
    fewest = min(titles for titles, _ in fits.values())
    fits = {each: fit for each, fit in fits.items() if fit[0] == fewest}
    most = max(share for _, share in fits.values())
    found = [each for each, (_, share) in fits.items() if share == most]
    if len(fits) > 1 and (most < 1.0 or len(found) > 1):
        raise DataError(
            f"the cells of file {path!r} may be separated by {' or by '.join(map(repr, fits))}: say by --sep "
            "(dataset.sep) which it is"
        )
    return found[0]


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
