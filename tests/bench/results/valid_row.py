"""A valid row, for every test of the store."""

from __future__ import annotations

from typing import Any


def valid_row() -> dict[str, Any]:
    """Return a valid row with status ok."""
    return {
        "status": "ok",
        "reason": "",
        "dataset": "uci/wine",
        "n_rows": 6497,
        "n_columns": 11,
        "mechanism": "mcar",
        "missing_rate": 0.3,
        "realised_rate": 0.30000000000000004,
        "realised_rate_min_column": 0.29,
        "realised_rate_max_column": 0.31,
        "scored_cells": 21440,
        "method": "hyperimpute/ice",
        "method_hash": "ab" * 32,
        "protocol": "default",
        "seed": 0,
        "device": "cpu",
        "w2_rows": 2000,
        "n_draws": 1,
        "gate": "",
        "fit_s": 1.5,
        "impute_s": 0.25,
        "cpu_s": 3.0,
        "peak_rss_mb": 300.5,
        "peak_gpu_mb": None,
        "data_sha256": "0" * 64,
        "mask_sha256": "1" * 64,
        "config_hash": "0123456789abcdef" * 4,
        "versions": "mirimpute 0.1.0; python 3.11.7",
        "point_rmse": 0.1 + 0.2,
        "draw_rmse": 0.5,
        "point_mmd2": None,
    }
