"""Columns of numbers that look like ids, of which nothing can be learnt."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator

import pandas as pd

from mirimpute.errors import MirimputeWarning
from mirimpute.table.column_storage import marked, missing_in
from mirimpute.table.kinds import holds_numbers, is_named_like_id, looks_like_id, looks_like_repeated_id

_MADE_UP, _USED = "filled with made-up ones", "used to predict the others"


def warn_of_ids(frame: pd.DataFrame, option: Callable[[str], str] | None = None) -> None:
    """Warn of columns of numbers that look like ids.

    Those with holes would be filled with made-up ones; complete ones that are called so would help to predict others.
    So would numbers of patients or hospitals that occur in several rows each, if they are called ids.

    Args:
        frame: (n_rows, n_columns).
        option: says how a column of this name is left alone; None: leave it out of the table.
    """
    for sentence in _of_ids(frame, option):
        warnings.warn(sentence, MirimputeWarning, stacklevel=4)


def _of_ids(frame: pd.DataFrame, option: Callable[[str], str] | None) -> Iterator[str]:
    columns = (frame.iloc[:, j] for j in range(frame.shape[1]))
    found = [(each, bool(missing_in(each).any())) for each in columns if holds_numbers(each)]
    for each, holes in found:
        if looks_like_repeated_id(each):
            what = f"is {_MADE_UP if holes else _USED}"
            way_out = "leave it out" if option is None else f"{option(str(each.name))} leaves it alone"
            yield (
                f"column {str(each.name)!r} looks like an id of several rows each, and {what}, as a number: {way_out}, "
                f"or take it for the groups by Imputer(group={each.name!r}) or --groups"
            )
    for whole, what in ((False, _MADE_UP), (True, _USED)):
        ids = [each for each, holes in found if holes != whole and (holes or is_named_like_id(each.name))]
        ids = [each for each in ids if looks_like_id(each)]
        if ids:
            names, first = [str(each.name) for each in ids], float(marked(ids[0]).dropna().iloc[0])
            shown = f"{first:.0f}" if abs(first) < 1e20 else f"{first:g}"
            way_out = "leave them out" if option is None else f"{option(names[0])} leaves it alone"
            yield (
                f"column(s) {', '.join(map(repr, names))} look like an id, in which no value occurs twice (the first "
                f"is {shown}), and are {what}: {way_out}"
            )
