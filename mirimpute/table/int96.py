"""Timestamps that Parquet files keep in 96 bits, INT96, as older programs write them: far ones are refused.

Arrow reads them as nanoseconds in 64 bits, which hold the years 1677 to 2262; of others it makes another date without
a word. In coarser units it reads all of them, but then the nanoseconds of the near ones are lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet

from mirimpute.errors import DataError
from mirimpute.types import Array


def check_int96(path: Path, schema: pyarrow.parquet.ParquetSchema, group: int | None = None) -> None:
    """Refuse INT96 timestamps that Arrow would change.

    Args:
        path: the file.
        schema: of the file; one without INT96 is not read.
        group: the row group to look at; None: all of them.

    Raises:
        DataError: names the column.
        ValueError, OSError: the file cannot be read.
    """
    leaves = [schema.column(j) for j in range(len(schema))]
    for leaf in leaves:
        if leaf.physical_type == "INT96":
            fine, coarse = (_counts(path, leaf.path, unit, group) for unit in ("ns", "s"))
            if not np.array_equal(fine // 10**9, coarse):
                raise DataError(
                    f"column {leaf.path!r} of '{path}' holds a date outside of the years 1677 to 2262, which Arrow "
                    "cannot read from INT96: write the file with timestamps of microseconds"
                )


def _counts(path: Path, leaf: str, unit: str, group: int | None) -> Array:
    """Return the timestamps of a column that are there, as units since 1970, int64."""
    with pyarrow.parquet.ParquetFile(path, coerce_int96_timestamp_unit=unit) as file:
        groups = range(file.num_row_groups) if group is None else [group]
        table = file.read_row_groups(groups, columns=[leaf])
    found = [each.drop_null().cast(pyarrow.int64()).to_numpy() for each in _moments_in(table.to_struct_array())]
    return np.concatenate([np.empty(0, dtype=np.int64), *found])


def _moments_in(values: Any) -> Iterator[Any]:
    """Yield the timestamps of a column, however deep they lie."""
    if isinstance(values, pyarrow.ChunkedArray):
        for chunk in values.chunks:
            yield from _moments_in(chunk)
    elif pyarrow.types.is_struct(values.type):
        for part in values.flatten():
            yield from _moments_in(part)
    elif hasattr(values, "flatten") and hasattr(values.type, "value_type"):
        yield from _moments_in(values.flatten())
    elif pyarrow.types.is_timestamp(values.type):
        yield values
