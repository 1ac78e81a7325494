"""DataFrames as arrays of numbers and back: what was observed, and every dtype, stays as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from mirimpute.errors import ImputationError, UserError
from mirimpute.numerics.column_ends import column_ends
from mirimpute.table.code_hints import warn_of_codes
from mirimpute.table.column_numbers import decoded, encoded
from mirimpute.table.column_storage import blank, is_far, marked, merged, missing_in
from mirimpute.table.columns import NUMBERS, OF_TIME, Column, Kind
from mirimpute.table.dates import odd_one, pattern_of, seconds_of
from mirimpute.table.hints import are_limits_in, python_culprit
from mirimpute.table.id_hints import warn_of_ids
from mirimpute.table.kinds import holds_numbers, plain
from mirimpute.table.large_wholes import LargeWholes
from mirimpute.table.object_hints import objects_in

MOST = 1e300
"""The largest number of a table."""


def columns_of(frame: pd.DataFrame, kinds: Mapping[int, Any] | None = None) -> tuple[Column, ...]:
    """Return what the columns are: as asked, else by the rules of :func:`~mirimpute.table.kinds.kind_of`.

    Columns with holes that look like ids are told in a warning, unless their kind was asked for.

    Args:
        frame: (n_rows, n_columns).
        kinds: of columns by their places, see :func:`mirimpute.table.column_numbers.encoded`.

    Raises:
        UserError: a column of text, without any value, or not of the kind that is asked for.
    """
    kinds = kinds or {}
    found = []
    for j, label in enumerate(frame.columns):
        values = frame.iloc[:, j]
        if missing_in(values).all():
            raise UserError(f"column {label!r} has no value at all: remove it, nothing can be learnt of it")
        result = encoded(values, str(label), kinds.get(j))
        if result is None and kinds.get(j) == "text":
            raise UserError(f"column {label!r} is asked to be text, of which nothing is learnt: name it in ignore")
        if result is None or (result[1].kind in NUMBERS and not holds_numbers(values)):
            raise UserError(_why_text(values, label))
        found.append(result[1])
    guessed = frame.iloc[:, [j for j in range(frame.shape[1]) if j not in kinds]]
    warn_of_ids(guessed)
    warn_of_codes(guessed)
    return tuple(found)


def _why_text(values: pd.Series, label: Any) -> str:
    """Return why a column cannot be imputed, and what to do."""
    present = marked(values).dropna().astype(object)
    first = repr(present.iloc[0])
    first = first if len(first) <= 40 else f"{first[:36]} ..."
    if not pd.api.types.is_hashable(present.iloc[0]):
        return f"column {label!r} holds lists, arrays or dicts, such as {first}: remove it, or give each part a column"
    what, way = python_culprit(present, label, is_text=True)
    odd = "" if are_limits_in(what) else objects_in(present, label)
    if odd:
        return f"column {label!r} {odd}"
    if pd.to_numeric(present, errors="coerce").notna().all() and not present.astype(str).str.match(r"\s*0\d").any():
        return f"column {label!r} holds numbers as texts, such as {first}: convert it by pd.to_numeric(X[{label!r}])"
    if what:
        return f"column {label!r} is text, {what}{': ' if way else ''}{way}"
    count = present.astype(str).nunique()
    return (
        f"column {label!r} is text: {count} different values among {len(present)}, such as {first}; remove it, or make "
        "it a pandas category of at most 100 values that occur more than once"
    )


def numbers_of(
    frame: pd.DataFrame, columns: Sequence[Column], unseen: str, way: str = "convert it, or fit again"
) -> np.ndarray:
    """Return the cells as numbers, float64 (n_rows, n_columns), NaN where missing.

    Args:
        frame: (n_rows, n_columns).
        columns: what its columns are.
        unseen: "missing": NaN too for a category that the columns do not know; "error": refuse it. One that a pandas
            category of the fit declares without a row that has it is known: NaN, or where the levels are ordered its
            place between those that occur.
        way: what a message says to do about a value of another kind.

    Raises:
        UserError: a category or a kind of value that the columns do not know; an infinite value.
    """
    x = np.empty((len(frame), len(columns)))
    for j, column in enumerate(columns):
        x[:, j] = _numbers(frame.iloc[:, j], column, unseen, way)
    check_finite(x, [column.name for column in columns])
    return x


def check_finite(x: np.ndarray, names: Sequence[Any]) -> np.ndarray:
    """Refuse infinite numbers, and those whose differences or sums may be: x (n_rows, n_columns), NaN where missing.

    Returns:
        Which columns have no value, bool (n_columns,).

    Raises:
        UserError: names the column.
    """
    lowest, highest = column_ends(x)
    largest = np.fmax(-lowest, highest)
    for bad, what, fix in (
        (np.isinf(largest), "infinite values", "mark them as missing or remove them"),
        (largest > MOST, f"numbers beyond {MOST:g}", "give them in another unit, or their logarithms"),
    ):
        if bad.any():
            raise UserError(f"column {names[int(bad.argmax())]!r} holds {what}: {fix}")
    return np.isnan(lowest)


def _numbers(values: pd.Series, column: Column, unseen: str, way: str) -> np.ndarray:
    """Return the cells of one column as numbers (n_rows,); errors as :func:`numbers_of`."""
    known = marked(values)
    present = known.dropna()
    if not len(present):
        return np.full(len(values), np.nan)
    if column.categories:
        return _codes(known, column, unseen)
    result = encoded(values, column.name)
    kinds = {column.kind} | ({result[1].kind} if result else set())
    if result is None or result[1].categories or (len(kinds) > 1 and kinds & set(OF_TIME)):
        raise UserError(
            f"column {column.name!r} was {column.kind.value} when the imputer was fitted, and now holds "
            f"{_odd_one(present, column.kind)!r} (dtype {values.dtype}): {way}"
        )
    numbers, now = result
    if bool(now.zone) != bool(column.zone):
        raise UserError(
            f"dates of column {column.name!r} had {column.zone or 'no'} time zone when the imputer was fitted, and now "
            f"have {now.zone or 'none'}: convert them with .dt.tz_localize, or fit again"
        )
    return seconds_of(plain(values)[0], now.pattern, column.zone) if column.zone else numbers


def _odd_one(present: pd.Series, kind: Kind) -> Any:
    """Return a value that keeps the column from being of a kind, the first one where all do."""
    if kind in OF_TIME:
        return (odd_one(present) if all(isinstance(each, str) for each in present) else "") or present.iloc[0]
    odd = present[pd.to_numeric(present.astype(object), errors="coerce").isna()]
    return (odd if len(odd) else present).iloc[0]


def _codes(known: pd.Series, column: Column, unseen: str) -> np.ndarray:
    """Return the numbers of categories (n_rows,), NaN where missing or not in the fit; errors as :func:`numbers_of`."""
    cells = known.astype(object)
    try:
        distinct = list(known.dropna().unique())
    except TypeError:
        raise UserError(
            f"column {column.name!r} holds lists or dicts, which are no categories: make them strings"
        ) from None
    place: dict[Any, float] = {category: float(code) for code, category in enumerate(column.categories)}
    if column.levels:
        order = [column.levels.index(category) for category in column.categories]
        between = column.ordered and order == sorted(order)
        for position, level in enumerate(column.levels):
            place.setdefault(level, float(np.interp(position, order, range(len(order)))) if between else np.nan)
    strangers = [each for each in distinct if each not in place]
    if strangers and unseen == "error":
        strange, one = cells.isin(strangers).to_numpy(), strangers[0]
        one = one.item() if isinstance(one, np.generic) else one
        raise UserError(
            f"column {column.name!r} holds {one!r}, which it did not hold when the imputer was fitted, in "
            f"{strange.sum()} row(s), first in row {cells.index[int(strange.argmax())]!r}: its categories are "
            f"{list(column.levels or column.categories)[:10]}; mark it as missing, give unseen='missing', or fit again"
        )
    return cells.map(place).to_numpy(dtype=np.float64, na_value=np.nan)


def filled(
    frame: pd.DataFrame, columns: Sequence[Column], x: np.ndarray, wholes: Mapping[int, LargeWholes] | None = None
) -> pd.DataFrame:
    """Return ``frame`` with its missing cells filled from ``x``, float64 (n_rows, n_columns).

    ``wholes`` has what was observed in the fit and no float64 holds, by the number of the column.

    Observed cells and types stay. Only categories have the type of the fit, whatever levels these rows declare; levels
    that neither the fit nor its type has come behind its own.

    Raises:
        UserError: a type that cannot hold what the fit had in the column.
        ImputationError: a cell is still missing, which is a fault of this program.
    """
    wholes = wholes or {}
    parts = [_filled(frame.iloc[:, j], column, x[:, j], wholes.get(j)) for j, column in enumerate(columns)]
    for part, column in zip(parts, columns, strict=True):
        if missing_in(part).any():
            raise ImputationError(f"column {column.name!r} (dtype {part.dtype}) was filled and still has a hole")
    result = pd.concat(parts, axis=1)
    result.columns = frame.columns
    return result


def _filled(values: pd.Series, column: Column, numbers: np.ndarray, wholes: LargeWholes | None) -> pd.Series:
    """Return one column, filled from ``numbers`` (n_rows,)."""
    missing = missing_in(values)
    if column.dtype is not None:
        return _with_type_of_fit(marked(values), missing, column, numbers)
    if not missing.any():
        return values.copy()
    if missing.all():
        values = _like(values, column, numbers)
    elif column.kind in OF_TIME or (
        values.dtype == object and not column.categories
    ):  # as these rows write them, not those of the fit
        simple, form = plain(values)
        pattern = pattern_of(simple) if column.kind is Kind.DATETIME else ""
        column = replace(column, pattern=pattern, form=form)
    try:
        new = decoded(numbers[missing], column, blank(values, missing))
        new = new if wholes is None else wholes.put_into(new, numbers[missing])
        if isinstance(new.dtype, pd.CategoricalDtype):
            values = values.cat.set_categories(new.cat.categories)
        return merged(values, missing, new)
    except (TypeError, ValueError) as error:  # pandas' and Arrow's words for a value that a type cannot hold
        raise UserError(
            f"column {column.name!r} of dtype {values.dtype} cannot hold what the fit had there, {column.kind.value} "
            f"({error}): convert it to the dtype of the fit"
        ) from error


def _with_type_of_fit(values: pd.Series, missing: np.ndarray, column: Column, numbers: np.ndarray) -> pd.Series:
    """Return a column of categories in the type that it had in the fit."""
    dtype = column.dtype
    assert dtype is not None
    cells = values.astype(object)
    if missing.any():
        cells = merged(cells, missing, decoded(numbers[missing], column, cells[missing]))
    known = set(column.levels)
    strangers = [each for each in cells.unique() if each not in known]
    if strangers:
        dtype = pd.CategoricalDtype(dtype.categories.append(pd.Index(strangers, tupleize_cols=False)), dtype.ordered)
    return cells.astype(dtype)


def _like(values: pd.Series, column: Column, numbers: np.ndarray) -> pd.Series:
    """Return a column without any value in a dtype that can hold those of ``column``: its own, if it can."""
    return values if _can_hold(values.dtype, column) else pd.Series(index=values.index, dtype=_natural(column, numbers))


def _can_hold(dtype: Any, column: Column) -> bool:
    kind = getattr(dtype, "kind", "O")
    if column.categories:
        return kind in "OSU" or (kind == "b" and all(isinstance(each, bool) for each in column.categories))
    if column.kind in OF_TIME and kind == ("m" if column.kind is Kind.DURATION else "M"):
        return True
    if column.pattern or column.form:
        return kind in "OU"
    if column.kind in OF_TIME:
        return isinstance(dtype, pd.PeriodDtype) or (isinstance(dtype, pd.ArrowDtype) and "date" in str(dtype))
    return kind != "b" and pd.api.types.is_numeric_dtype(dtype)


def _natural(column: Column, numbers: np.ndarray) -> Any:
    """Return a dtype for a column that never had one."""
    if column.categories or column.pattern or column.form:
        return object
    if column.kind in OF_TIME:
        unit = "us" if is_far(numbers) else "ns"
        if column.zone:
            return pd.DatetimeTZDtype(unit, column.zone)
        return f"{'m' if column.kind is Kind.DURATION else 'M'}8[{unit}]"
    return "Int64" if column.step else float
