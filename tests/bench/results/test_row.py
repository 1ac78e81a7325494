"""The row: documented, flat, typed, finite."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from mirimpute.bench.results.row import (
    COST_FIELDS,
    IDENTITY_FIELDS,
    ROW_FIELDS,
    RowError,
    fingerprint,
    validate_row,
)
from tests.bench.results.valid_row import valid_row


@pytest.fixture
def ok_row() -> dict[str, Any]:
    """Return a valid row with status ok."""
    return valid_row()


REQUIRED = {
    *("status", "reason", "dataset", "n_rows", "n_columns", "mechanism", "missing_rate", "realised_rate", "method"),
    *("seed", "fit_s", "impute_s", "cpu_s", "peak_rss_mb", "data_sha256", "mask_sha256", "config_hash", "versions"),
}


def test_every_required_field_is_documented_in_one_sentence() -> None:
    assert REQUIRED | set(COST_FIELDS) | set(IDENTITY_FIELDS) <= set(ROW_FIELDS)
    for name, field in ROW_FIELDS.items():
        assert field.type in (str, int, float), name
        assert field.doc.endswith((".", '".')), name
        assert len(field.doc) > 15, name


def test_a_valid_row_passes_unchanged(ok_row: dict[str, Any]) -> None:
    assert validate_row(ok_row) == ok_row


def test_numpy_scalars_and_whole_numbers_become_plain(ok_row: dict[str, Any]) -> None:
    row = validate_row(
        ok_row | {"n_rows": np.int64(5), "fit_s": 2, "point_rmse": np.float32(0.5), "cpu_s": np.array(1.5)}
    )
    assert [(row[k], type(row[k])) for k in ("n_rows", "fit_s", "point_rmse", "cpu_s")] == [
        (5, int),
        (2.0, float),
        (0.5, float),
        (1.5, float),
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"point_rmse": math.nan}, "'point_rmse' is nan"),
        ({"fit_s": math.inf}, "'fit_s' is inf"),
        ({"n_rows": True}, "'n_rows' is True, must be int"),
        ({"n_rows": 3.0}, "'n_rows' is 3.0, must be int"),
        ({"fit_s": "1"}, "'fit_s' is '1', must be float"),
        ({"fit_s": 10**400}, "'fit_s' is an integer of"),
        ({"dataset": None}, "'dataset' is missing"),
        ({"n_rows": None}, "'n_rows' is missing"),
        ({"gate": ["x"]}, "'gate' holds a list"),
        ({"status": "fine"}, "status is 'fine', must be one of ok, failed"),
        ({"status": None}, "status is None"),
        ({"status": "failed"}, "status 'failed' with reason ''"),
        ({"reason": "odd"}, "status 'ok' with reason 'odd'"),
        ({"config_hash": "../../../etc"}, "config_hash is '../../../etc'"),
        ({"pointrmse": 1.0}, "unknown field 'pointrmse'"),
        ({"point_RMSE": 1.0}, "unknown field 'point_RMSE'"),
    ],
)
def test_a_bad_row_is_refused_with_field_and_value(ok_row: dict[str, Any], change: dict[str, Any], said: str) -> None:
    with pytest.raises(RowError) as error:
        validate_row(ok_row | change)
    assert said in str(error.value)


def test_a_failed_row_needs_its_identity_and_a_reason_only(ok_row: dict[str, Any]) -> None:
    row = {name: ok_row[name] for name in IDENTITY_FIELDS} | {"status": "failed", "reason": "diverged"}
    assert validate_row(row) == row
    for name in row:
        with pytest.raises(RowError):
            validate_row({key: value for key, value in row.items() if key != name})


def test_a_row_of_a_later_version_can_be_read_but_not_written(ok_row: dict[str, Any]) -> None:
    row = ok_row | {"later": "x"}
    assert validate_row(row, allow_unknown=True)["later"] == "x"
    with pytest.raises(RowError, match="later"):
        validate_row(row)
    with pytest.raises(RowError, match="flat"):
        validate_row(ok_row | {"later": {"nested": 1}}, allow_unknown=True)


def test_fingerprint_depends_on_values_not_on_order() -> None:
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert len({fingerprint(p) for p in ({"a": 1}, {"a": 1.5}, {"a": "1"}, {"a": None}, {"b": 1})}) == 5
