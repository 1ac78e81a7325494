"""The result row: one flat JSON object per cell. Every field has a type and one sentence."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from mirimpute.errors import UserError

STATUSES = ("ok", "failed", "timeout", "oom", "skipped")
"""What became of a cell; every status other than ``ok`` comes with a reason."""


class Null(Enum):
    """When a field may be null or absent."""

    NEVER = "never"
    NOT_OK = "unless status is ok"
    ANY = "always"


@dataclass(frozen=True)
class Field:
    """Type, presence and meaning of one field.

    Attributes:
        type: ``str``, ``int`` or ``float``; whole numbers are accepted for floats.
        doc: one sentence.
        null: when the field may be null or absent.
    """

    type: type
    doc: str
    null: Null = Null.NOT_OK


ROW_FIELDS: dict[str, Field] = {
    "status": Field(str, "One of ok, failed, timeout, oom (out of memory), skipped.", Null.NEVER),
    "reason": Field(str, 'Why the cell is not ok, in one sentence; "" when it is.', Null.NEVER),
    "dataset": Field(str, "Label of the dataset, as typed on the command line.", Null.NEVER),
    "n_rows": Field(int, "Rows of the table."),
    "max_rows": Field(
        int, "The most rows that the dataset was asked for (dataset.max_rows); null: all, or an older row.", Null.ANY
    ),
    "n_columns": Field(int, "Numeric columns of the table."),
    "mechanism": Field(str, "Label of the missingness mechanism.", Null.NEVER),
    "missing_rate": Field(float, "Target fraction of missing cells.", Null.NEVER),
    "realised_rate": Field(float, "Scored cells / cells that the source observes."),
    "realised_rate_min_column": Field(float, "The smallest realised rate of a column."),
    "realised_rate_max_column": Field(float, "The largest realised rate of a column."),
    "test_rows": Field(int, "Rows that the method completed without learning from them; null: none.", Null.ANY),
    "scored_cells": Field(int, "Cells hidden on purpose, whose truth is known."),
    "scored_categories": Field(int, "Of these, cells of categorical columns; null in rows of before.", Null.ANY),
    "method": Field(str, "Label of the method, as typed on the command line.", Null.NEVER),
    "method_hash": Field(
        str, "SHA-256 of the method's parameters: tells apart two settings that share a label.", Null.ANY
    ),
    "method_version": Field(
        int, "Version of the method: raised when the same parameters begin to give another result.", Null.ANY
    ),
    "protocol": Field(str, "Label of the protocol preset.", Null.NEVER),
    "seed": Field(int, "Seed of the cell: of the mask and of the method's randomness.", Null.NEVER),
    "device": Field(str, "Torch device that was asked for."),
    "w2_rows": Field(int, "Rows that the row-capped metrics use.", Null.ANY),
    "n_draws": Field(int, "Draws that the method returned (1 for a deterministic method)."),
    "scored_draws": Field(
        int,
        "Draws behind draw_* and shrunk_*; 0: the method gave one completion, which is scored for a draw; null: one, "
        "by an earlier version.",
        Null.ANY,
    ),
    "gate": Field(str, 'Warnings of the sanity gate, joined by "; "; "" when there is none.'),
    "fit_s": Field(float, "Wall-clock seconds of fit."),
    "impute_s": Field(float, "Wall-clock seconds of impute."),
    "cpu_s": Field(float, "CPU seconds of fit and impute, all threads."),
    "peak_rss_mb": Field(float, "Peak resident memory of the imputation above what its process held before, in MiB."),
    "peak_gpu_mb": Field(float, "Peak memory allocated on the GPU, in MiB; null without one.", Null.ANY),
    "iscore_columns": Field(int, "Columns behind draws_iscore; null: it was not asked for.", Null.ANY),
    "data_sha256": Field(str, "SHA-256 of the table."),
    "mask_sha256": Field(str, "SHA-256 of the missing cells."),
    "config_hash": Field(str, "SHA-256 of the configuration of the cell, in hexadecimal.", Null.NEVER),
    "program": Field(
        str,
        "Name and version of the foreign program that imputed, as it says; null: none.",
        Null.ANY,
    ),
    "versions": Field(str, 'Versions that produced the row: "mirimpute 0.1.0; python 3.11.7; ...".', Null.ANY),
}
"""Every field except the metrics: floats, null when the status is not ok or the metric is not defined on this table.

``point_<metric>`` is scored on the point estimate. ``draw_<metric>`` is the mean over ``scored_draws`` draws, for each
metric of the protocol, and ``draw_<metric>_se`` its standard error over draws (and over rows, where the metric has one
of its own). ``shrunk_<metric>`` is between the two, by the protocol's ``shrinkage``; ``draws_<metric>`` is of all draws
together; ``truth_<metric>`` is that of the true table, where it has a value of its own; ``test_point_<metric>`` and
``test_draw_<metric>`` are scored on rows that the method did not learn from."""

COST_FIELDS = ("fit_s", "impute_s", "cpu_s", "peak_rss_mb", "peak_gpu_mb")
"""The only fields that may differ between two runs of the same cell."""

IDENTITY_FIELDS = ("dataset", "mechanism", "missing_rate", "method", "protocol", "seed", "config_hash")
"""What makes two rows the same cell."""

METRIC_FIELD = re.compile(r"(point|draw|shrunk|draws|truth|test_point|test_draw)_([a-z][a-z0-9_]*)")
"""Name of a metric's field: the estimate that was scored, then the metric."""

_HASH = re.compile(r"[0-9a-f]{8,64}")


class RowError(UserError):
    """A row that is not valid; the message names the field, its value and what it must be."""


def validate_row(row: Mapping[str, Any], *, allow_unknown: bool = False) -> dict[str, Any]:
    """Return ``row`` with plain Python values, or raise.

    NumPy scalars become Python numbers and whole numbers in float fields become floats. Fields that are absent
    count as null.

    Args:
        row: field name -> value.
        allow_unknown: keep scalar fields that this version does not know, as a later version may have written them.

    Raises:
        RowError: a field is unknown, missing, of another type or not finite, the status is not one of ``STATUSES``,
            or status and reason contradict each other.
    """
    clean: dict[str, Any] = {}
    for name, value in row.items():
        if not isinstance(name, str):
            raise RowError(f"field name {name!r} is not a string")
        field = ROW_FIELDS.get(name)
        if field is not None:
            clean[name] = _typed(name, value, field.type)
        elif METRIC_FIELD.fullmatch(name):
            clean[name] = _typed(name, value, float)
        elif allow_unknown:
            clean[name] = _scalar(name, value)
        else:
            raise RowError(f"unknown field {name!r}: document it in ROW_FIELDS or remove it")
    status = clean.get("status")
    if status not in STATUSES:
        raise RowError(f"status is {status!r}, must be one of {', '.join(STATUSES)}")
    for name, field in ROW_FIELDS.items():
        absent = clean.get(name) is None
        if absent and (field.null is Null.NEVER or (field.null is Null.NOT_OK and status == "ok")):
            raise RowError(f"field {name!r} is missing in a row with status {status!r}")
    if (status == "ok") != (clean["reason"] == ""):
        raise RowError(f"status {status!r} with reason {clean['reason']!r}: ok rows have none, all others have one")
    if not _HASH.fullmatch(clean["config_hash"]):
        raise RowError(f"config_hash is {clean['config_hash']!r}, must be 8 to 64 hexadecimal digits in lower case")
    return clean


def fingerprint(parameters: Mapping[str, Any]) -> str:
    """Return the SHA-256 of plain parameters (str, number, bool, None, lists and dicts of these), whatever their order.

    >>> fingerprint({"a": 1, "b": [0.1]}) == fingerprint({"b": [0.1], "a": 1})
    True
    """
    text = json.dumps(parameters, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def plain(value: Any) -> Any:
    """Return a NumPy scalar (or 0-d array) as the Python value that it holds, everything else unchanged."""
    return value.item() if getattr(value, "ndim", None) == 0 and hasattr(value, "item") else value


def _scalar(name: str, value: Any) -> Any:
    value = plain(value)
    if value is not None and not isinstance(value, (str, int, float, bool)):
        raise RowError(f"field {name!r} holds a {type(value).__name__}, rows are flat: use text or a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise RowError(f"field {name!r} is {value}, must be finite or null")
    return value


def _typed(name: str, value: Any, wanted: type) -> Any:
    value = _scalar(name, value)
    if value is None:
        return None
    # bool is a subclass of int, and True is not a count.
    accepted = isinstance(value, (int, float) if wanted is float else wanted) and not isinstance(value, bool)
    if not accepted:
        raise RowError(f"field {name!r} is {value!r}, must be {wanted.__name__}")
    try:
        return wanted(value)
    except OverflowError:
        raise RowError(f"field {name!r} is an integer of {value.bit_length()} bits, must be a float") from None
