"""The options of `mirimpute-impute` that say something of columns and cells, and what follows from them for a file."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mirimpute.errors import DataError, UserError, warn
from mirimpute.table.columns import Kind

if TYPE_CHECKING:
    import pandas as pd

    from mirimpute.imputers.constraints import Constraints
    from mirimpute.imputers.options import Options
    from mirimpute.imputers.table_model import Lesson
    from mirimpute.methods.base import Method
    from mirimpute.table.reading import Content
    from mirimpute.table.table import Table
    from mirimpute.types import Array

_MOST_DECIMALS = 9
_TRUE, _FALSE = ("true", "yes", "1", "1.0"), ("false", "no", "0", "0.0")


def add_table_options(parser: argparse.ArgumentParser) -> None:
    """Add them to a parser."""

    def several(name: str, what: str, text: str) -> None:
        parser.add_argument(name, action="append", default=[], metavar=what, help=f"{text}; may be given again")

    several("--ignore", "COLUMN", "leave a column alone, and learn nothing from it: ids")
    several("--exclude", "COLUMN", "leave a column as it is, but learn from it")
    parser.add_argument(
        "--where", metavar="FILE", help="fill only cells that are true in this table of the same rows, column by column"
    )
    parser.add_argument(
        "--groups", metavar="COLUMN", help="groups, such as hospitals, whose means are learnt from beside the columns"
    )
    several("--min", "COLUMN=VALUE", "the lowest value of filled cells")
    several("--max", "COLUMN=VALUE", "the highest value of filled cells")
    several("--sum", "A,B,C=TOTAL", "columns that sum to a total in every row that is filled")
    several("--order", "A,B", "columns of which the first is never after the second in a row that is filled")
    several("--predictors", "A~B+C", "predict column A from columns B and C alone; by mice, missforest or ice")
    several("--derived", "COLUMN=FORMULA", "a column that is a formula of others, such as 'bmi=weight / height**2'")


def table_options(options: argparse.Namespace) -> Options:
    """Return what the user says of the columns.

    Raises:
        UserError: an option that cannot be read.
    """
    from mirimpute.imputers.options import Options

    ends: dict[str, list[Any]] = {}
    for option, place in (("--min", 0), ("--max", 1)):
        for column, value in _pairs(option, getattr(options, option[2:])).items():
            ends.setdefault(column, [None, None])[place] = _value(value)
    sums = _pairs("--sum", options.sum)
    found = Options(
        ignore=options.ignore,
        exclude=options.exclude,
        group=options.groups,
        bounds={column: tuple(pair) for column, pair in ends.items()},
        sum_to={tuple(parts.split(",")): _value(total) for parts, total in sums.items()},
        order=[tuple(text.split(",")) for text in options.order],
        derived=_pairs("--derived", options.derived),
        predictors=_predictors(options.predictors),
    )
    found.check()
    return found


def _pairs(option: str, texts: Sequence[str]) -> dict[str, str]:
    """Return what stands before and behind the first '=' of each text."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name or not value:
            raise UserError(f"{option} {text!r} is no NAME=VALUE: give both, with '=' between them")
        if name in found:
            raise UserError(f"{option} gives {name!r} twice, {found[name]} and {value}: give it once")
        found[name] = value
    return found


def _predictors(texts: Sequence[str]) -> dict[str, list[str]]:
    """Return the columns behind the '~' of each text, by the column before it.

    >>> _predictors(["bmi~age+sex", "crp~"])
    {'bmi': ['age', 'sex'], 'crp': []}
    """
    found: dict[str, list[str]] = {}
    for text in texts:
        column, tilde, others = (part.strip() for part in text.partition("~"))
        if not tilde or not column:
            raise UserError(f"--predictors {text!r} has no column before a '~': give COLUMN~A+B")
        if column in found:
            raise UserError(f"--predictors names column {column!r} twice: give all of its predictors at once")
        found[column] = [each.strip() for each in others.split("+") if each.strip()]
    return found


def _value(text: str) -> float | str:
    """Return a number, or the text of a date."""
    try:
        return float(text)
    except ValueError:
        return text


def kinds_of(texts: Sequence[str]) -> dict[str, str | list[str]]:
    """Return the kind of each column that ``--kind`` gives one.

    Raises:
        UserError: a text that is none, or two kinds for a column.
    """
    kinds: dict[str, str | list[str]] = {}
    for column, kind in map(_kind, texts):
        if column in kinds:
            raise UserError(f"--kind gives column {column!r} two kinds, {kinds[column]} and {kind}: give it once")
        kinds[column] = kind
    return kinds


def _kind(text: str) -> tuple[str, str | list[str]]:
    """Return column and kind, or column and categories in their order.

    >>> _kind("zip=categorical"), _kind("size=small,large")
    (('zip', 'categorical'), ('size', ['small', 'large']))
    """
    column, equals, kind = text.rpartition("=")
    if not equals:
        raise UserError(f"--kind {text!r} has no '=': give COLUMN=categorical, or COLUMN=low,mid,high for an order")
    return column, kind.split(",") if "," in kind else kind


def left_alone(asked: Options, kinds: Mapping[str, Any]) -> dict[str, Any]:
    """Return the kinds of columns, those that the method does not get as text.

    Raises:
        UserError: such a column is given another kind.
    """
    left = [*asked.ignore, *([asked.group] if asked.group is not None else [])]
    for column in left:
        if kinds.get(column, "text") != "text":
            raise UserError(f"--kind gives a kind to column {column!r}, which the method does not get: leave it out")
    return {**kinds, **dict.fromkeys(left, "text")}


@dataclass(frozen=True)
class Plan:
    """What is done with the columns that the method gets.

    Attributes:
        constraints: that filled cells keep to; None: nothing is asked.
        left: bool (n_rows, d), missing cells that stay.
        groups: of the rows (n_rows,), dtype object; None: there are none.
        group: name of their column.
        predictors: bool (d, d), ``[j, k]``: may column k predict column j? None: all may.
    """

    constraints: Constraints | None
    left: Array
    groups: Array | None
    group: str | None
    predictors: Array | None

    def lesson(self, method: Method, table: Table, device: str) -> Lesson:
        """Return what a method learns from."""
        from mirimpute.imputers.table_model import Lesson

        of_groups = (self.groups, self.group)
        return Lesson(method, table.values, table.columns, self.constraints, *of_groups, device, self.predictors)

    def held(self, table: Table, completed: Array) -> Array:
        """Return completed rows (n, d or more), of the table's columns alone, as the constraints say."""
        completed = completed[:, : len(table.columns)]
        return completed if self.constraints is None else self.constraints.hold(table.values, completed)[0]


def plan_of(content: Content, table: Table, frame: pd.DataFrame, asked: Options, where: str | None) -> Plan:
    """Return the plan of a table, and warn of observed cells that keep to no constraint.

    Args:
        content: of the file.
        table: the columns that the method gets.
        frame: all columns of the file.
        asked: of the user.
        where: the file of cells that are to be filled.

    Raises:
        UserError: an option that does not suit the table.
    """
    from mirimpute.imputers.column_choice import all_of
    from mirimpute.imputers.constraints import constraints_of
    from mirimpute.imputers.options import positions
    from mirimpute.imputers.predictor_choice import predictors_of

    names = [column.name for column in table.columns]
    choice = all_of(names)
    excluded = np.isin(range(len(names)), positions("--exclude", list(asked.exclude), names))
    kinds = {name: kind for name, kind in asked.kinds.items() if name in names}
    asked = replace(asked, integers="auto", kinds=kinds)  # a text has no other word for a type of whole numbers
    constraints = None
    if asked.bounds or asked.sum_to or asked.order or asked.derived:
        constraints = constraints_of(table.values, table.columns, choice, asked, _grids(content, table))
        warn(constraints.sentences(table.values, range(1, len(table.values) + 1)))
    left = table.missing & excluded
    if where is not None:
        left |= table.missing & ~_allowed(where, names, len(table.values))
    groups = None if asked.group is None else frame[asked.group].to_numpy(dtype=object)
    predictors = predictors_of(asked.predictors, choice, "--predictors")
    return Plan(constraints, left, groups, asked.group, predictors)


def _grids(content: Content, table: Table) -> Array | None:
    """Return what the numbers of a text are multiples of (d,), by their decimals; None where columns have types."""
    from mirimpute.table.delimited import Delimited
    from mirimpute.table.text_numbers import Numerals, decimals_of

    if not isinstance(content, Delimited):
        return None
    grids = np.zeros(len(table.columns))
    for j, column in enumerate(table.columns):
        if column.kind is Kind.CONTINUOUS:
            texts = content.texts(content.named[column.name])
            decimals = decimals_of(texts, content.values(texts)[1] or Numerals())
            grids[j] = 0.0 if decimals is None or decimals > _MOST_DECIMALS else 10.0**-decimals
    return grids


def _allowed(where: str, names: Sequence[str], n_rows: int) -> Array:
    """Return the cells that a file of truth values allows, bool (n_rows, len(names)); others by no column."""
    from mirimpute.imputers.options import positions
    from mirimpute.table.file_format import TableFile
    from mirimpute.table.reading import frame_of

    cells = frame_of(TableFile(str(Path(where))))
    places = positions("--where", list(cells.columns), names)
    if len(cells) != n_rows:
        raise DataError(f"--where {where!r} has {len(cells)} rows, and the table {n_rows}: give one of the same rows")
    texts = cells.astype(str).apply(lambda column: column.str.strip().str.lower()).to_numpy(dtype=str)
    odd = ~np.isin(texts, (*_TRUE, *_FALSE))
    if odd.any():
        raise DataError(f"--where {where!r} holds {str(texts[odd][0])!r}: give true and false alone")
    allowed = np.zeros((n_rows, len(names)), dtype=bool)
    allowed[:, places] = np.isin(texts, _TRUE)
    return allowed
