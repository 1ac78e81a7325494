"""The cells of a delimited text: where each begins and ends, so that all that is around them keeps its bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow
import pyarrow.compute as pc

from mirimpute.errors import DataError

_QUOTE, _LF, _CR = b'"\n\r'


@dataclass(frozen=True)
class Cells:
    """All cells of a text, record by record; a record is a line, or several where a line end stands between quotes.

    Attributes:
        data: uint8 (n_bytes,), the text in UTF-8.
        starts, ends: int64 (n_cells,), where each cell begins and ends, without blanks around it but with its quotes.
            A cell of nothing but blanks is empty and stands at its end.
        first: int64 (n_records + 1,), the number of the first cell of each record, and n_cells.
        has_quotes: whether there is any.
        separator: what is between cells.
    """

    data: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    first: np.ndarray
    has_quotes: bool
    separator: str

    @property
    def counts(self) -> np.ndarray:
        """Number of cells of each record (n_records,)."""
        return np.diff(self.first)

    def filled(self) -> np.ndarray:
        """Return the number of cells of each record in which something is written (n_records,)."""
        sums = np.concatenate([[0], np.cumsum(self.ends > self.starts)])
        return sums[self.first[1:]] - sums[self.first[:-1]]

    def line(self, record: int) -> int:
        """Return the number of the line in which a record begins, from 1."""
        before = self.data[: self.starts[self.first[record]]].tobytes()
        return 1 + before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n")

    def are_quoted(self, cells: np.ndarray) -> np.ndarray:
        """Return which of the cells are between quotes."""
        if not self.has_quotes:
            return np.zeros(len(cells), dtype=bool)
        starts, ends = self.starts[cells], self.ends[cells]
        long = ends - starts >= 2
        inside = np.where(long, starts, 0)
        return long & (self.data[inside] == _QUOTE) & (self.data[np.where(long, ends - 1, 0)] == _QUOTE)

    def texts(self, cells: np.ndarray) -> pyarrow.Array:
        """Return what is written in the cells, without quotes around it."""
        quoted = self.are_quoted(cells)
        some = quoted.any()
        inner = quoted.astype(np.int64) if some else 0
        found = self._written(self.starts[cells] + inner, self.ends[cells] - inner)
        if some and pc.any(pc.match_substring(found, '""')).as_py():
            single = pc.replace_substring(found, '""', '"')
            found = pc.if_else(pyarrow.array(quoted), single, found)
        return found

    def raw(self, cell: int) -> str:
        """Return a cell as it is in the file, with its quotes."""
        return self.data[self.starts[cell] : self.ends[cell]].tobytes().decode("utf-8")

    def blank_before(self, cells: np.ndarray) -> np.ndarray:
        """Return how many blanks are before what is written in the cells, or in them where nothing is (k,)."""
        blanks, starts = _blanks(self.separator), self.starts[cells].copy()
        at = np.flatnonzero(starts > 0)
        at = at[blanks[self.data[starts[at] - 1]]]
        while at.size:
            starts[at] -= 1
            at = at[starts[at] > 0]
            at = at[blanks[self.data[starts[at] - 1]]]
        return self.starts[cells] - starts

    def common_blanks(self, cells: np.ndarray) -> str:
        """Return the blanks before all of the cells, "" where they differ in number."""
        counts = self.blank_before(cells)
        count = int(counts.max(initial=0))
        start = self.starts[cells[0]] if count else 0
        return self.data[start - count : start].tobytes().decode() if count and counts.min() == count else ""

    def record(self, number: int) -> list[str]:
        """Return the texts of one record."""
        found: list[str] = self.texts(np.arange(self.first[number], self.first[number + 1])).to_pylist()
        return found

    def replaced(self, cells: np.ndarray, texts: Sequence[str], blanks_too: np.ndarray | None = None) -> bytes:
        """Return the text with new ones in some cells; all else byte by byte.

        Args:
            cells: (k,) numbers of cells in their order.
            texts: (k,).
            blanks_too: bool (k,), those of which the blanks before are replaced as well; None: of none.
        """
        whole, pieces, at, starts = self.data.tobytes(), [], 0, self.starts[cells]
        if blanks_too is not None and blanks_too.any():
            starts = starts - np.where(blanks_too, self.blank_before(cells), 0)
        for start, end, text in zip(starts.tolist(), self.ends[cells].tolist(), texts, strict=True):
            pieces += [whole[at:start], text.encode("utf-8")]
            at = end
        return b"".join([*pieces, whole[at:]])

    def _written(self, starts: np.ndarray, ends: np.ndarray) -> pyarrow.Array:

        lengths = ends - starts
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        places = np.repeat(starts - offsets[:-1], lengths)
        places += np.arange(offsets[-1])
        buffers = (pyarrow.py_buffer(offsets.astype(np.int64)), pyarrow.py_buffer(self.data[places]))
        return pyarrow.LargeStringArray.from_buffers(len(starts), *buffers)


def split(data: bytes, separator: str, cut: bool = False) -> Cells:
    r"""Return the cells of a text: quotes count at the beginning of a cell; lines end with \n, \r\n or \r.

    Args:
        data: the text in UTF-8.
        separator: one ASCII character.
        cut: the text is the beginning of a longer one, and its last record may be half of one: it is left out.

    Raises:
        DataError: a quote is never closed.
    """
    array = np.frombuffer(data, dtype=np.uint8)
    stops, blanks = np.zeros(256, dtype=bool), _blanks(separator)
    stops[[ord(separator), _LF, _CR]] = True
    places = np.flatnonzero(stops[array])
    quotes = np.flatnonzero(array == _QUOTE)
    if quotes.size:
        places = places[~_between_quotes(array, quotes, stops, blanks, cut)[places]]
    kinds = array[places]
    following = array[np.minimum(places + 1, len(array) - 1)] if len(array) else places
    half = (kinds == _CR) & (following == _LF) & (places + 1 < len(array))  # of \r\n, whose end is \n
    places, kinds = places[~half], kinds[~half]
    ends, last = places.copy(), kinds != ord(separator)
    after_return = (kinds == _LF) & (places > 0) & (array[np.maximum(places - 1, 0)] == _CR)
    ends[after_return] -= 1
    begun = int(places[-1]) + 1 if places.size else 0
    if not cut and (begun < len(array) or (places.size and not last[-1])):  # no line end at the end
        places, ends = np.append(places, len(array)), np.append(ends, len(array))
        last = np.append(last, True)
    starts = np.concatenate([[0], places[:-1] + 1]) if places.size else places.copy()
    first = np.concatenate([[0], np.flatnonzero(last) + 1]).astype(np.int64)
    starts, ends = starts[: first[-1]].astype(np.int64), ends[: first[-1]].astype(np.int64)
    _trim(array, starts, ends, blanks)
    return Cells(array, starts, ends, first, quotes.size > 0, separator)


def _blanks(separator: str) -> np.ndarray:
    """Return which bytes are blanks around cells, bool (256,)."""
    blanks = np.zeros(256, dtype=bool)
    blanks[[byte for byte in b" \t" if byte != ord(separator)]] = True
    return blanks


def _trim(data: np.ndarray, starts: np.ndarray, ends: np.ndarray, blanks: np.ndarray) -> None:
    """Move starts and ends over the blanks around the cells, in place."""
    for moved, by, offset in ((starts, 1, 0), (ends, -1, -1)):
        at = np.flatnonzero(starts < ends)
        at = at[blanks[data[moved[at] + offset]]]
        while at.size:
            moved[at] += by
            at = at[starts[at] < ends[at]]
            at = at[blanks[data[moved[at] + offset]]]


def _between_quotes(
    data: np.ndarray, quotes: np.ndarray, stops: np.ndarray, blanks: np.ndarray, cut: bool
) -> np.ndarray:
    """Return bool (n_bytes,): whether a byte is inside of a quoted cell.

    A quote opens a cell when nothing but blanks is before it; inside, two quotes stand for one. Where every quote is
    either of these, the odd ones open and the even ones close. Where some are not (5" pipe), they are taken in turn.
    """
    opens = _at_edge(data, quotes, stops, blanks, -1)
    doubled = np.diff(quotes) == 1
    opening, closing = slice(0, None, 2), slice(1, None, 2)
    proper = (
        len(quotes) % 2 == 0
        and np.all(opens[opening] | np.concatenate([[False], doubled])[opening])
        and np.all((_at_edge(data, quotes, stops, blanks, 1) | np.concatenate([doubled, [False]]))[closing])
    )
    if proper:
        begin, end = quotes[opening], quotes[closing]
    else:
        pairs, k, n = [], 0, len(quotes)
        positions, is_open = quotes.tolist(), opens.tolist()
        while k < n:
            if not is_open[k]:
                k += 1
                continue
            begun, k = positions[k], k + 1
            while k + 1 < n and positions[k + 1] == positions[k] + 1:
                k += 2
            if k >= n:
                if not cut:
                    line = 1 + data[:begun].tobytes().count(b"\n")
                    raise DataError(f"the quote that opens in line {line} is never closed: close it, or remove it")
                pairs.append((begun, len(data)))
                break
            pairs.append((begun, positions[k]))
            k += 1
        begin, end = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    steps = np.zeros(len(data) + 1, dtype=np.int8)
    steps[begin] += 1
    steps[end] -= 1
    return np.cumsum(steps[:-1], dtype=np.int8) > 0


def _at_edge(data: np.ndarray, places: np.ndarray, stops: np.ndarray, blanks: np.ndarray, step: int) -> np.ndarray:
    """Return which places have nothing but blanks between them and the edge of their cell, before or behind them."""
    there = places + step
    at = np.flatnonzero((there >= 0) & (there < len(data)))
    at = at[blanks[data[there[at]]]]
    while at.size:
        there[at] += step
        at = at[(there[at] >= 0) & (there[at] < len(data))]
        at = at[blanks[data[there[at]]]]
    outside = (there < 0) | (there >= len(data))
    return outside | stops[data[np.clip(there, 0, max(len(data) - 1, 0))]]
