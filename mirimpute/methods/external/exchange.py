"""The files between this package and a foreign program: ``docs/foreign.md`` is their description for users."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow
from pyarrow.parquet import read_metadata

from mirimpute.errors import ImputationError, UserError
from mirimpute.methods.base import Imputation, Problem, ProgramReport, Source
from mirimpute.table.columns import Column, Kind
from mirimpute.table.dates import moments
from mirimpute.table.encoding import Encoding
from mirimpute.types import Array

ROUNDING = 2.0**-23
"""The largest change of an observed number, as a fraction of the largest of its column, that is taken for a rounding
(to float32, to the digits of a CSV) and undone."""

_FORMATS = (".parquet", ".csv")
_MOST_INTEGER = 2.0**53
_NO_VALUE = ("", "NA", "NaN", "nan")


def write_task(folder: Path, problem: Problem, draws: int, threads: int) -> None:
    """Write ``incomplete.csv``, ``incomplete.parquet`` and ``task.json``.

    Args:
        folder: where.
        problem: of a table in its own units.
        draws: completed tables that are wanted.
        threads: that the program may use.

    Raises:
        UserError: the problem has no units of its own.
    """
    source = _source(problem)
    values, columns = incomplete(problem), source.encoding.columns
    frame = pd.DataFrame({c.name: _cells(values[:, j], c) for j, c in enumerate(columns)})
    frame.to_parquet(folder / "incomplete.parquet", index=False)
    frame.to_csv(folder / "incomplete.csv", index=False, date_format="%Y-%m-%dT%H:%M:%S.%f", encoding="utf-8")
    described = [
        {"name": c.name, "kind": c.kind.value, **({"categories": labels(c)} if c.categories else {})} for c in columns
    ]
    task = {
        "seed": problem.seed % 2**31,
        "completions": draws,
        "threads": threads,
        "device": problem.device,
        "columns": described,
    }
    (folder / "task.json").write_text(json.dumps(task, indent=1), encoding="utf-8")


def read_imputation(folder: Path, problem: Problem, draws: int, wall_s: float) -> Imputation:
    """Return what a program wrote: ``completed-1`` ..., each ``.parquet`` or ``.csv``, and perhaps ``report.json``.

    The point of several completed tables is their mean, for categories the shares of each.

    Args:
        folder: where.
        problem: as :func:`write_task` got it.
        draws: completed tables that were wanted.
        wall_s: seconds of the program, for one that does not report its own.

    Raises:
        ImputationError: tables or cells are missing, or are not those of the problem.
    """
    told = _report(folder, wall_s)
    wanted = draws if told.get("draws", True) else 1
    drawn = np.stack([_completed(folder, number, wanted, problem) for number in range(1, wanted + 1)])
    point = np.where(problem.missing, drawn.mean(axis=0), problem.x_incomplete) if wanted > 1 else drawn[0]
    program = ProgramReport(str(told.get("version", "")), float(told["seconds"]))
    return Imputation(point, drawn, notes=tuple(map(str, told.get("notes", ()))), program=program)


def labels(column: Column) -> list[str]:
    """Return the name of each category as files have it: never empty, no two the same.

    >>> labels(Column("deck", Kind.CATEGORICAL, ("A", "", 1.0, True)))
    ['A', 'category 1', '1', 'True']
    """
    names = [_name(category) for category in column.categories]
    return [name if name and names.count(name) == 1 else f"category {code}" for code, name in enumerate(names)]


def incomplete(problem: Problem) -> Array:
    """Return the table of the problem (n_rows, d), original units and numbers of categories, NaN where missing."""
    source = _source(problem)
    first = [place[0] for place in source.encoding.column_slices]
    return np.where(problem.missing[:, first], np.nan, source.values)


def _source(problem: Problem) -> Source:
    if problem.source is None:
        raise UserError("a foreign program needs a table in its own units: make the problem with problem_of")
    return problem.source


def _name(category: Any) -> str:
    is_whole = isinstance(category, float) and category.is_integer()
    return str(int(category)) if is_whole else str(category)


def _cells(numbers: Array, column: Column) -> Any:
    """Return a column as files have it: dates as moments, durations as seconds, categories by name."""
    missing = np.isnan(numbers)
    if column.kind is Kind.DATETIME:
        return moments(np.where(missing, 0.0, numbers), "us").mask(missing)
    if column.categories:
        codes = np.clip(np.round(numbers), 0, len(column.categories) - 1)  # a completion of an order may lie between
        names = pd.Index(labels(column))
        return pd.Categorical.from_codes(np.where(missing, -1, codes).astype(int), categories=names)
    whole = np.array_equal(numbers, np.round(numbers), equal_nan=True)
    if column.kind is Kind.INTEGER and whole and np.nanmax(np.abs(numbers)) < _MOST_INTEGER:
        return pd.Series(numbers).astype("Int64")
    return numbers


def _report(folder: Path, wall_s: float) -> dict[str, Any]:
    """Return ``report.json``, its seconds checked; without one, the seconds of the program."""
    file = folder / "report.json"
    told: Any = {}
    if file.is_file():
        try:
            told = json.loads(file.read_text(encoding="utf-8"))
        except (ValueError, RecursionError) as error:
            raise ImputationError(f"the program's report.json is no JSON ({error})") from error
    seconds: Any = told.setdefault("seconds", wall_s) if isinstance(told, dict) else None
    is_number = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
    if not is_number or not 0 <= seconds <= wall_s or not isinstance(told.get("notes", []), list):
        raise ImputationError(
            f"the program's report.json holds {str(told)[:100]!r}: it may have seconds (0 to {wall_s:.3g}), version, "
            "notes (a list) and draws (true or false)"
        )
    return told


def _completed(folder: Path, number: int, wanted: int, problem: Problem) -> Array:
    """Return one completed table in the columns and the scale of the problem (n_rows, n_columns)."""
    source = _source(problem)
    given = incomplete(problem)
    frame, name = _frame(folder, number, wanted, len(given))
    columns = source.encoding.columns
    strangers = [each for each in map(str, frame.columns) if each not in {column.name for column in columns}]
    lacking = [column.name for column in columns if column.name not in frame.columns]
    if strangers or lacking or len(frame) != len(given) or frame.shape[1] != len(columns):
        raise ImputationError(
            f"the program's {name} has {frame.shape[0]} rows and {frame.shape[1]} columns, the table {given.shape[0]} "
            f"and {given.shape[1]}"
            + (f"; it lacks {lacking[0]!r}" if lacking else "")
            + (f"; the table has no {strangers[0]!r}, such as row names" if strangers else "")
        )
    values = np.column_stack([_numbers(frame[column.name], column, name) for column in columns])
    observed = ~np.isnan(given)
    holes = ~observed & ~np.isfinite(values)
    if holes.any():
        column = columns[int(np.argwhere(holes)[0, 1])].name
        raise ImputationError(
            f"the program's {name} has no value in {holes.sum()} of {(~observed).sum()} missing cells, the first in "
            f"column {column!r}"
        )
    allowed = np.where(source.encoding.n_categories > 0, 0.0, ROUNDING * np.nanmax(np.abs(given), axis=0))
    changed = observed & ~(np.abs(values - given) <= allowed)  # NaN counts as changed
    if changed.any():
        row, place = np.argwhere(changed)[0]
        raise ImputationError(
            f"the program's {name} changed {changed.sum()} observed cell(s) by more than a rounding, the first in row "
            f"{row} of column {columns[place].name!r}: {given[row, place]:.8g} became {values[row, place]:.8g}"
        )
    encoded = source.scale.standardise(Encoding(columns).encode(np.where(observed, given, values)))
    return np.where(problem.missing, encoded, problem.x_incomplete)


def _frame(folder: Path, number: int, wanted: int, n_rows: int) -> tuple[pd.DataFrame, str]:
    """Return a file that the program wrote and its name; cells of a CSV are texts."""
    files = [f for f in (folder / f"completed-{number}{end}" for end in _FORMATS) if f.is_file()]
    if len(files) > 1:
        names = " and ".join(file.name for file in files)
        raise ImputationError(f"the program wrote {names}: one of them is to hold the table")
    file = next(iter(files), None)
    if file is None:
        raise ImputationError(
            f"the program wrote {number - 1} of the {wanted} completed tables that were asked for: "
            f"completed-{number}.csv or .parquet is missing"
        )
    try:
        if file.suffix == ".parquet":
            rows = read_metadata(file).num_rows
            if rows != n_rows:  # before any of them is read: a small file may hold billions
                raise ImputationError(f"the program's {file.name} has {rows} rows, the table {n_rows}")
            return pd.read_parquet(file), file.name
        return pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8"), file.name
    except (ValueError, OSError, pyarrow.ArrowException) as error:
        raise ImputationError(f"the program's {file.name} cannot be read ({str(error).splitlines()[0]})") from error


def _numbers(cells: pd.Series, column: Column, name: str) -> Array:
    """Return a column of a completed table as numbers (n_rows,): of categories, or seconds; NaN where it has none."""
    if column.categories:
        known = {label: code for code, label in enumerate(labels(column))}
        places, distinct = pd.factorize(cells.astype(object))
        names = ["" if each in _NO_VALUE and each not in known else _name(each) for each in distinct]
        strange = next((each for each in names if each and each not in known), None)
        if strange is not None:
            raise ImputationError(
                f"the program's {name} holds {strange[:50]!r} in column {column.name!r}, which is none of its "
                f"categories {', '.join(labels(column)[:5])}{' ...' if len(known) > 5 else ''}"
            )
        return np.array([*(known.get(each, np.nan) for each in names), np.nan])[places]  # -1 is a missing cell
    kind = getattr(cells.dtype, "kind", "O")
    if kind == "m":
        return cells.dt.total_seconds().to_numpy(dtype=float)
    numbers = cells if kind in "Mb" else pd.to_numeric(cells, errors="coerce")
    if column.kind is Kind.DATETIME and (kind == "M" or numbers.isna().all()):
        times = pd.to_datetime(cells, errors="coerce", format=None if kind == "M" else "ISO8601")
        if times.dt.tz is not None:
            times = times.dt.tz_localize(None)
        return ((times - pd.Timestamp(0)) / pd.Timedelta(seconds=1)).to_numpy(dtype=float)
    return numbers.to_numpy(dtype=float, na_value=np.nan)
