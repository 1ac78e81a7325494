"""What `mirimpute-impute` does with the columns of a file, as its options say."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mirimpute.errors import DataError, UserError, warn
from mirimpute.table.columns import Kind

if TYPE_CHECKING:
    import pandas as pd

    from mirimpute.imputers.censoring import Censored
    from mirimpute.imputers.constraints import Constraints
    from mirimpute.imputers.options import Options
    from mirimpute.imputers.table_model import Lesson
    from mirimpute.methods.base import Method
    from mirimpute.table.reading import Content
    from mirimpute.table.table import Table
    from mirimpute.types import Array

_MOST_DECIMALS = 9
_TRUE, _FALSE = ("true", "yes", "1", "1.0"), ("false", "no", "0", "0.0")


@dataclass(frozen=True)
class Plan:
    """What is done with the columns that the method gets.

    Attributes:
        constraints: that filled cells keep to; None: to nothing.
        left: bool (n_rows, d), missing cells that stay.
        groups: of the rows (n_rows,), dtype object; None: there are none.
        group: name of their column.
        predictors: bool (d, d), ``[j, k]``: may column k predict column j? None: all may.
        censored: cells with limits of their own; None: there are none.
    """

    constraints: Constraints | None
    left: Array
    groups: Array | None
    group: str | None
    predictors: Array | None
    censored: Censored | None

    def lesson(self, method: Method, table: Table, device: str) -> Lesson:
        """Return what a method learns from."""
        from mirimpute.imputers.table_model import Lesson

        of_groups = (self.groups, self.group)
        return Lesson(
            method, table.values, table.columns, self.constraints, *of_groups, device, self.predictors, self.censored
        )

    def held(self, table: Table, tables: Sequence[Array], count: int) -> tuple[list[Array], list[str]]:
        """Return the point and the first ``count`` draws of all rows as constraints and limits of cells say.

        And what could not be kept, a sentence each.

        Args:
            table: that was completed.
            tables: point and draws, (n, d or more) each.
            count: draws that are wanted; others tell how far draws lie from the point.
        """
        from mirimpute.imputers.censoring import spreads_of

        said = [each[:, : len(table.columns)] for each in tables]
        hold = self.constraints
        wanted = said[: 1 + count]
        kept = [(each, []) if hold is None else hold.hold(table.values, each) for each in wanted]
        held, odd = [each for each, _ in kept], [str(each) for each in kept[0][1]]
        if self.censored is None:
            return held, odd
        of_said, of_held = (np.array(each[1:]).reshape(-1, *each[0].shape) for each in (said, held))
        spreads = spreads_of(table.values, said[0], of_said)
        point, draws = self.censored.held(table.values, (said[0], of_said[:count]), (held[0], of_held), spreads)
        return [point, *draws], odd


def plan_of(
    content: Content,
    table: Table,
    frame: pd.DataFrame,
    asked: Options,
    where: str | None,
    rows: Sequence[Any] | None = None,
) -> Plan:
    """Return the plan of a table, and warn of observed cells that keep to no constraint.

    Args:
        content: of the file.
        table: the columns that the method gets.
        frame: all columns of the file.
        asked: of the user.
        where: the file of cells that are to be filled.
        rows: names of the rows, for sentences; None: their numbers from 1.

    Raises:
        UserError: an option that does not suit the table.
    """
    from mirimpute.imputers.column_choice import all_of
    from mirimpute.imputers.constraints import constraints_of
    from mirimpute.imputers.options import positions
    from mirimpute.imputers.predictor_choice import predictors_of
    from mirimpute.imputers.relations import relations_in

    names = [column.name for column in table.columns]
    _check_taken(asked, names, [str(name) for name in frame.columns])
    choice = all_of(names)
    excluded = np.isin(range(len(names)), positions("--exclude", list(asked.exclude), names))
    kinds = {name: kind for name, kind in asked.kinds.items() if name in names}
    asked = replace(asked, integers="auto", kinds=kinds)  # a text has no other word for a type of whole numbers
    are_asked = bool(asked.bounds or asked.sum_to or asked.order or asked.derived or asked.censored)
    grids = _grids(content, table) if are_asked else None
    constraints = constraints_of(table.values, table.columns, choice, asked, grids)
    if are_asked:
        warn(constraints.sentences(table.values, range(1, len(table.values) + 1) if rows is None else rows))
    moved = [*asked.derived, *(name for names_of in (*asked.sum_to, *asked.order) for name in names_of)]
    warn(relations_in(table.values, table.columns, list(map(str, moved)), shell=True))
    left = table.missing & excluded
    if where is not None:
        left |= table.missing & ~_allowed(where, names, len(table.values))
    groups = None if asked.group is None else frame[asked.group].to_numpy(dtype=object)
    predictors = predictors_of(asked.predictors, choice, "--predictors (names with + or ~ in backticks)")
    censored = _censored(content, table, asked, constraints)
    kept = constraints if are_asked or constraints.have_steps else None  # whole numbers are written as such anyway
    return Plan(kept, left, groups, asked.group, predictors, censored)


def _check_taken(asked: Options, names: Sequence[str], of_file: Sequence[str]) -> None:
    """Refuse an option about a column that the method does not get; one of no such column is refused later."""
    of_options = {
        "--exclude": asked.exclude,
        "--censored": asked.censored,
        "--min or --max": asked.bounds,
        "--sum": [name for parts in asked.sum_to for name in parts],
        "--order": [name for chain in asked.order for name in chain],
        "--derived": asked.derived,
        "--predictors": [*asked.predictors, *(name for found in asked.predictors.values() for name in found)],
    }
    for option, given in of_options.items():
        for name in map(str, given):
            if name in of_file and name not in names:
                raise UserError(
                    f"{option} names column {name!r}, which is left out, as text or by --ignore: take it out of "
                    f"{option}, or say what it is by --kind {shlex.quote(name)}=continuous (or another kind)"
                )


def _censored(content: Content, table: Table, asked: Options, constraints: Constraints) -> Censored | None:
    """Return the cells of a text that are limits; None where none is asked for."""
    from mirimpute.imputers.censoring import Censored
    from mirimpute.imputers.options import positions
    from mirimpute.table.delimited import Delimited

    if not isinstance(content, Delimited) or not asked.censored:
        return None
    names = [column.name for column in table.columns]
    ends = {j: content.ends(names[j]) for j in positions("--censored", list(asked.censored), names)}
    rows = range(1, len(table.values) + 1)
    return Censored.of(table.values, table.columns, ends, constraints.limits, rows)


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
