"""The options of `mirimpute-impute` that say something of columns and cells, read."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mirimpute.errors import UserError

if TYPE_CHECKING:
    from mirimpute.imputers.options import Options


def add_table_options(parser: argparse.ArgumentParser) -> None:
    """Add them to a parser."""

    def several(name: str, what: str, text: str) -> None:
        parser.add_argument(name, action="append", default=[], metavar=what, help=f"{text}; may be given again")

    several("--ignore", "COLUMN", "leave a column alone, and learn nothing from it: ids")
    several("--exclude", "COLUMN", "leave a column as it is, but learn from it")
    several("--censored", "COLUMN", "numbers among which limits such as <0.3 or >500 may stand: filled inside of these")
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
    several(
        "--predictors",
        "A~B+C",
        "predict column A from columns B and C alone, names with + or ~ in backticks; by mice, missforest or ice",
    )
    several("--derived", "COLUMN=FORMULA", "a column that is a formula of others, such as 'bmi=weight / height**2'")


def table_options(options: argparse.Namespace) -> Options:
    """Return what the user says of the columns.

    Raises:
        UserError: an option that cannot be read.
    """
    from mirimpute.imputers.options import Options

    ends: dict[str, list[Any]] = {}
    for option, place in (("--min", 0), ("--max", 1)):
        for column, value in _pairs(option, getattr(options, option[2:]), "COLUMN=VALUE").items():
            ends.setdefault(column, [None, None])[place] = _value(value)
    for column, (low, high) in ends.items():
        if isinstance(low, float) and isinstance(high, float) and low > high:
            raise UserError(
                f"--min {low:g} and --max {high:g} of column {column!r} are reversed: give the lower one to --min"
            )
    sums = _pairs("--sum", options.sum, "A,B,C=TOTAL")
    for parts, total in sums.items():
        if "," not in parts:
            raise UserError(f"--sum {parts}={total} names one column: give two columns or more, as A,B=TOTAL")
        if not isinstance(_value(total), float):
            raise UserError(f"--sum {parts}={total}: {total!r} is no finite number: give what they sum to, such as 100")
    for text in options.order:
        if "," not in text:
            raise UserError(f"--order {text!r} is no pair of columns: give A,B, the earlier one first")
    found = Options(
        ignore=options.ignore,
        exclude=options.exclude,
        censored=options.censored,
        group=options.groups,
        bounds={column: tuple(pair) for column, pair in ends.items()},
        sum_to={tuple(parts.split(",")): _value(total) for parts, total in sums.items()},
        order=[tuple(text.split(",")) for text in options.order],
        derived=_pairs("--derived", options.derived, "COLUMN=FORMULA"),
        predictors=_predictors(options.predictors),
    )
    found.check()
    return found


def _pairs(option: str, texts: Sequence[str], form: str) -> dict[str, str]:
    """Return what stands before and behind the first '=' of each text, which has a form such as COLUMN=VALUE."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name or not value:
            raise UserError(f"{option} {text!r} is no {form}: give both, with '=' between them")
        if name in found:
            raise UserError(f"{option} gives {name!r} twice, {found[name]} and {value}: give it once")
        found[name] = value
    return found


def _predictors(texts: Sequence[str]) -> dict[str, list[str]]:
    """Return the columns behind the '~' of each text, by the column before it; between backticks any name.

    >>> _predictors(["bmi~age+sex", "crp~", "`x+y`~`p~q`+age"])
    {'bmi': ['age', 'sex'], 'crp': [], 'x+y': ['p~q', 'age']}
    """
    found: dict[str, list[str]] = {}
    for text in texts:
        column, *others = _names(text)
        if not column or not others:
            raise UserError(
                f"--predictors {text!r} has no column before a '~': give COLUMN~A+B, a name with + or ~ in backticks"
            )
        if column in found:
            raise UserError(f"--predictors names column {column!r} twice: give all of its predictors at once")
        found[column] = [each for each in others if each]
    return found


def _names(text: str) -> list[str]:
    """Return the names in ``COLUMN~A+B``, those in backticks with any + and ~; one where there is no ~."""
    names = [""]
    for token in re.findall(r"`[^`]*`|[~+]|[^`~+]+", text):
        if token == ("~" if len(names) == 1 else "+"):
            names.append("")
        else:
            names[-1] += token.strip("`")
    return [name.strip() for name in names]


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
