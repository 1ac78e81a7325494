"""Result rows and the folder that keeps them: written by the bench, read by the report."""

from mirimpute.bench.results.details import read_trace
from mirimpute.bench.results.layout import cell_directory, check_writable
from mirimpute.bench.results.row import (
    COST_FIELDS,
    IDENTITY_FIELDS,
    METRIC_FIELD,
    ROW_FIELDS,
    STATUSES,
    Field,
    Null,
    RowError,
    fingerprint,
    metric_fields,
    validate_row,
)
from mirimpute.bench.results.store import find_row, read_rows, write_cell

__all__ = [
    "COST_FIELDS",
    "IDENTITY_FIELDS",
    "METRIC_FIELD",
    "ROW_FIELDS",
    "STATUSES",
    "Field",
    "Null",
    "RowError",
    "cell_directory",
    "check_writable",
    "find_row",
    "fingerprint",
    "metric_fields",
    "read_rows",
    "read_trace",
    "validate_row",
    "write_cell",
]
