"""Which columns may predict which: for methods that go column by column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mirimpute.errors import UserError
from mirimpute.imputers.options import position, positions
from mirimpute.types import Array

if TYPE_CHECKING:
    from mirimpute.imputers.column_choice import ColumnChoice
    from mirimpute.methods.base import Method


def check_predictors(method: Method, predictors: Mapping[Any, Any], option: str = "predictors") -> None:
    """Refuse predictors of columns with a method that does not go column by column.

    Raises:
        UserError: names the methods that do.
    """
    from mirimpute.methods.presets import PRESETS
    from mirimpute.methods.registry import METHODS

    if predictors and not method.by_column:
        able = ", ".join(name for name, (key, _) in PRESETS.items() if METHODS[key].by_column is True)
        raise UserError(
            f"{option} chooses what each column is predicted from, and method {method.name!r} does not go column by "
            f"column: leave it out, or take one of {able}"
        )


def predictors_of(given: Mapping[Any, Sequence[Any]], choice: ColumnChoice, option: str = "predictors") -> Array | None:
    """Return which column may predict which, bool (d, d), ``[j, k]``: column k column j; None where all may.

    Args:
        given: column -> columns that may predict it; those that are not named are predicted from all.
        choice: of the d columns that the method gets.
        option: for messages.

    Raises:
        UserError: a column that is not there, that the method does not get, or that would predict itself.
    """
    if not given:
        return None
    place = {int(j): k for k, j in enumerate(choice.used)}
    allowed = ~np.eye(len(choice.used), dtype=bool)

    def used(name: Any) -> int:
        j = position(option, name, choice.names)
        if j not in place:
            raise UserError(f"{option} names column {name!r}, which the method does not get: leave it out")
        return place[j]

    positions(option, list(given), choice.names)  # none twice
    for name, others in given.items():
        row = np.zeros(len(place), dtype=bool)
        row[[used(each) for each in others]] = True
        if row[used(name)]:
            raise UserError(f"{option} has column {name!r} predict itself: name other columns")
        allowed[used(name)] = row
    return allowed
