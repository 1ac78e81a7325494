"""What a column of a table is: its name, its kind, and what its numbers stand for."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # methods know columns, and need no pandas
    import pandas as pd


class Kind(str, Enum):
    """What the values of a column are."""

    CONTINUOUS = "continuous"
    INTEGER = "integer"
    ORDINAL = "ordinal"
    CATEGORICAL = "categorical"
    DATETIME = "datetime"
    DURATION = "duration"


NUMBERS = (Kind.CONTINUOUS, Kind.INTEGER)
OF_TIME = (Kind.DATETIME, Kind.DURATION)


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        name: of the column.
        kind: what its values are.
        categories: of categorical and ordinal columns the values that occur, whose numbers from 0 are the table's; in
            their order, where they have one.
        step: of dates and durations the seconds of the day, hour, minute or second that all are whole multiples of; 1
            of numbers of an integer type; 0 of others.
        pattern: of dates that are strings how they are written, as for :meth:`datetime.datetime.strftime`.
        zone: of dates the time zone on whose clock they are counted; "" where they have none.
        form: of cells that are Python objects which ones, see :func:`mirimpute.table.python_objects.typed`.
        levels: of pandas categories, and of dictionaries of Arrow (an Enum of polars), all that the column declares, in
            their order, those that do not occur among them.
        levels_dtype: the type of those of pandas, which the column gets again; "" for others.
        ordered: whether pandas takes the levels for ordered.
    """

    name: str
    kind: Kind
    categories: tuple[Any, ...] = ()
    step: int = 0
    pattern: str = ""
    zone: str = ""
    form: str = field(default="", compare=False)
    levels: tuple[Any, ...] = field(default=(), compare=False)
    levels_dtype: str = field(default="", compare=False)
    ordered: bool = field(default=False, compare=False)

    @property
    def dtype(self) -> pd.CategoricalDtype | None:
        """The pandas type of the categories that the column had when its kind was told; None if it was another."""
        if not self.levels or not self.levels_dtype:
            return None
        import pandas as pd

        levels = pd.Index(list(self.levels), dtype=self.levels_dtype, tupleize_cols=False)
        return pd.CategoricalDtype(levels, ordered=self.ordered)
