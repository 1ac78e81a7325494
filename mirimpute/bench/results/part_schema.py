"""The columns of a part, see :mod:`mirimpute.bench.results.parts`, and what is wrong with one that has others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mirimpute.bench.results.row import METRIC_FIELD, ROW_FIELDS, Null

CELL, WRITTEN, CONFIG, TRACE, COLUMNS, LOG = (
    "_cell",
    "_written_ns",
    "_config_yaml",
    "_trace_json",
    "_columns_json",
    "_log",
)
FILES = {CONFIG: "config.yaml", TRACE: "trace.json", COLUMNS: "columns.json", LOG: "log.txt"}
PART_CELLS = 50_000
PART_BYTES = 256 << 20
"""Most of both that wait in memory for a part to be written."""

OWN = (CELL, WRITTEN, *FILES)
GROUP_CELLS = 1_000
MOST_BYTES = 2 * PART_BYTES
_MOST_UNPACKED = 16 * PART_BYTES
_CELL_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*){3}")


def fault_of(path: Path) -> str:
    """Return what is wrong with the columns and values of a part, "" if nothing is."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path, memory_map=True)
    groups = [file.metadata.row_group(number) for number in range(file.num_row_groups)]
    if any(group.num_rows != GROUP_CELLS for group in groups[:-1]) or sum(g.num_rows for g in groups) > PART_CELLS:
        return "its cells are grouped otherwise than mirimpute-report compact does"
    if sum(group.total_byte_size for group in groups) > _MOST_UNPACKED:
        return "it unpacks to more than mirimpute-report compact packs"
    names = file.schema_arrow.names
    wanted = {CELL: pa.string(), WRITTEN: pa.int64(), **dict.fromkeys(FILES, pa.string())}
    for name in names:
        if name not in OWN:
            if name not in ROW_FIELDS and not METRIC_FIELD.fullmatch(name):
                return f"it has a column {name!r}, which is no field of a row"
            wanted[name] = column_types()[ROW_FIELDS[name].type if name in ROW_FIELDS else float]
    wanted |= {name: column_types()[field.type] for name, field in ROW_FIELDS.items() if field.null is Null.NEVER}
    found = {name: file.schema_arrow.field(name).type for name in names if names.count(name) == 1}
    for name, kind in wanted.items():
        if found.get(name) != kind:
            return f"its column {name!r} is {found.get(name, 'not there, or there twice')}, must be {kind}"
    never = [CELL, WRITTEN, *FILES, *(name for name, field in ROW_FIELDS.items() if field.null is Null.NEVER)]
    table = file.read(columns=never)
    for name in never:
        if table.column(name).null_count:
            return f"its column {name!r} has a hole"
    for name in (name for name, kind in wanted.items() if pa.types.is_floating(kind)):
        if pc.any(pc.invert(pc.is_finite(file.read(columns=[name]).column(name)))).as_py():
            return f"its column {name!r} has a number that is not finite"
    for cell in table.column(CELL).to_pylist():
        if not _CELL_NAME.fullmatch(cell):
            return f"its cell {cell!r} is no place below runs"
    return ""


def column_types() -> dict[type, Any]:
    """Return the type of a column by that of a field of a row."""
    import pyarrow as pa

    return {str: pa.string(), int: pa.int64(), float: pa.float64()}
