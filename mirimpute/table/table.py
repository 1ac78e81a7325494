"""`Table`: the values of a dataset with the names and kinds of its columns."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from mirimpute.errors import DataError, MirimputeWarning, unknown
from mirimpute.table.column_numbers import encoded
from mirimpute.table.column_storage import is_far, missing_in
from mirimpute.table.columns import OF_TIME, Column, Kind
from mirimpute.table.dates import durations, moments
from mirimpute.table.file_format import MISSING_MARKERS
from mirimpute.table.hint_options import kind_option
from mirimpute.table.hints import culprit
from mirimpute.table.missing_words import marks_in, way_of_marks
from mirimpute.table.spelling_hints import ONE_SPELLING, spellings_in
from mirimpute.table.wild import Fences


@dataclass(frozen=True)
class Table:
    """A complete or incomplete table of numbers, dates and categories.

    Attributes:
        name: the dataset's name, as in result rows.
        values: float64 (n_rows, n_columns), original units, the number of the category, or seconds of a date; NaN
            where the source itself has no value.
        columns: name, kind and categories of each column, in order.
        dropped: names of the columns of the source that were left out, because they are text.
    """

    name: str
    values: np.ndarray
    columns: tuple[Column, ...]
    dropped: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != len(self.columns):
            raise AssertionError(f"values {self.values.shape} do not fit {len(self.columns)} columns")

    @property
    def missing(self) -> np.ndarray:
        """Bool (n_rows, n_columns): True where the source itself has no value."""
        return np.isnan(self.values)

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of shape, column names, kinds and values: two tables with the same hash are the same problem."""
        digest = hashlib.sha256()
        digest.update(repr((self.values.shape, [(c.name, c.kind.value) for c in self.columns])).encode())
        for column in self.columns:
            digest.update(repr(column.categories).encode() if column.categories else b"")
        if Fences.of(self.values, self.columns).wild(self.values).any():
            digest.update(b"wild cells are left out")  # methods got another problem before they were
        digest.update(np.ascontiguousarray(self.values, dtype="<f8").tobytes())
        return digest.hexdigest()

    def to_frame(self, values: np.ndarray | None = None) -> pd.DataFrame:
        """Return ``values`` (default: the table's own), of the same columns, as a DataFrame.

        Categories are themselves, dates ``datetime64``, durations ``timedelta64`` (of nanoseconds, or of microseconds
        where these do not reach); numbers stay float64.
        """
        values = self.values if values is None else values
        return pd.DataFrame({c.name: readable(values[:, j], c) for j, c in enumerate(self.columns)})


def readable(numbers: np.ndarray, column: Column) -> Any:
    """Return numbers of a column (n_rows,), NaN where missing, as :meth:`Table.to_frame` has them."""
    if column.kind in OF_TIME:
        missing = np.isnan(numbers)
        make = moments if column.kind is Kind.DATETIME else durations
        times = make(np.where(missing, 0.0, numbers), "us" if is_far(numbers) else "ns")
        return times.mask(missing)
    if not column.categories:
        return numbers
    numbers = np.clip(numbers, 0, len(column.categories) - 1)  # a prediction may lie beyond the last of an order
    dtype = pd.CategoricalDtype(list(column.categories), ordered=column.kind is Kind.ORDINAL)
    return pd.Categorical.from_codes(np.where(np.isnan(numbers), -1, numbers).round().astype(np.int64), dtype=dtype)


def table_from_frame(
    frame: pd.DataFrame, name: str, kinds: Mapping[str, str | Sequence[Any]] | None = None, from_text: bool = False
) -> Table:
    """Return ``frame`` as a :class:`Table`, checked.

    Args:
        frame: (n_rows, n_columns); missing cells are NaN, None or NA. Columns of text are left out with a warning that
            names them.
        name: the dataset's name, for messages and rows.
        kinds: column -> kind, "text", or its categories in order; the rest by :func:`~.kinds.kind_of`.
        from_text: texts mark the missing cells of the source, so that an option can name more of them.

    Raises:
        DataError: fewer than two rows, no column that can be imputed, duplicate column names, infinite values, a column
            with no value at all, or one that is not of the kind asked for; the message names the column and the fix.
        UserError: ``kinds`` names an unknown column or kind.
    """
    kinds = {str(name): kind for name, kind in (kinds or {}).items()}
    names = [str(c) for c in frame.columns]
    if len(frame) < 2:
        raise DataError(f"dataset {name!r} has {len(frame)} row(s): imputation needs at least 2, give a longer table")
    repeated = sorted({n for n in names if names.count(n) > 1})
    if repeated:
        raise DataError(f"dataset {name!r} has duplicate column names {repeated}: rename the columns")
    for each in kinds:
        if each not in names:
            raise unknown("column", each, names)
    empty = [each for j, each in enumerate(names) if kinds.get(each) != "text" and missing_in(frame.iloc[:, j]).all()]
    if empty:
        raise DataError(
            f"dataset {name!r} has no value at all in column(s) {empty}: drop these columns, or leave them out by "
            f"{kind_option(empty[0], 'text')}"
        )
    found = [encoded(frame.iloc[:, j], each, kinds.get(each)) for j, each in enumerate(names)]
    kept = [each for each in found if each is not None]
    dropped = tuple(each for each, result in zip(names, found, strict=True) if result is None)
    if not kept:
        shown = [(each, culprit(frame.iloc[:, j], each, from_text, True)[0]) for j, each in enumerate(names[:10])]
        texts = ", ".join(f"{each} ({why})" if why else each for each, why in shown)
        raise DataError(
            f"dataset {name!r} has no column that can be imputed, only text (columns: {texts or 'none'}"
            "): give numbers or categories, or name the kind of a column as +dataset.kinds.COLUMN=categorical "
            "(mirimpute-impute: --kind COLUMN=categorical)"
        )
    columns = tuple(column for _, column in kept)
    values = np.column_stack([numbers for numbers, _ in kept])
    values[np.isnan(values)] = np.nan  # NaNs differ in bits that mean nothing and would change the hash
    infinite = [c.name for c, bad in zip(columns, np.isinf(values).any(axis=0), strict=True) if bad]
    if infinite:
        raise DataError(
            f"dataset {name!r} holds infinite values in column(s) {infinite}, or numbers beyond 1.8e308: replace them "
            "by empty cells, or drop them"
        )
    _warn_of_words(frame, names, columns, dropped, kinds, name, from_text)
    return Table(name=name, values=values, columns=columns, dropped=dropped)


def _warn_of_words(
    frame: pd.DataFrame,
    names: Sequence[str],
    columns: Sequence[Column],
    dropped: Sequence[str],
    kinds: Mapping[str, Any],
    name: str,
    from_text: bool,
) -> None:
    """Warn of columns that were left out, and of words in columns of numbers, which make them categories."""
    of_words = [*dropped, *(column.name for column in columns if column.categories)]
    asked = [each for each in of_words if each not in kinds]
    culprits = {each: culprit(frame.iloc[:, names.index(each)], each, from_text, each in dropped) for each in asked}
    for column in columns:
        if column.name not in asked:
            continue
        values = frame.iloc[:, names.index(column.name)]
        same = spellings_in(values)
        if same:
            culprits[column.name] = f"{same} may be the same, and are different here", ONE_SPELLING
        elif not culprits[column.name][0]:
            what, words = marks_in(values, MISSING_MARKERS if from_text else ())
            culprits[column.name] = (what, way_of_marks(column.name, words, from_text))
    coded = [column.name for column in columns if culprits.get(column.name, ("", ""))[0]]
    left_out = [each for each in dropped if each in asked]
    for which, what in ((left_out, "of text left out"), (coded, "taken as categories")):
        plain = [each for each in which if not culprits[each][1]]
        for together in [plain, *([each] for each in which if each not in plain)]:  # a way is that of one column
            found = [f"{each} ({culprits[each][0]})" if culprits[each][0] else each for each in together]
            ways = [f"; {each}: {culprits[each][1]}" for each in together if culprits[each][1]]
            if found:
                said = f"dataset {name!r}: column(s) {what}: {', '.join(found)}{''.join(ways)}"
                warnings.warn(said, MirimputeWarning, stacklevel=3)
