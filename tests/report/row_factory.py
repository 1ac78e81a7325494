"""Synthetic rows and cells, written by the real store."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mirimpute.bench.results.row import fingerprint
from mirimpute.bench.results.store import write_cell

METRICS = ("rmse", "mae", "w2", "mmd2", "energy")


def make_row(
    method: str = "mirf",
    dataset: str = "breast_cancer",
    mechanism: str = "mcar",
    rate: float = 0.3,
    seed: int = 0,
    status: str = "ok",
    reason: str = "",
    **fields: Any,
) -> dict[str, Any]:
    """Return a valid row; metric values are functions of the names, unless given in ``fields``."""
    identity = {"dataset": dataset, "mechanism": mechanism, "missing_rate": rate, "method": method, "seed": seed}
    row: dict[str, Any] = {
        **identity,
        "status": status,
        "reason": reason or ("" if status == "ok" else "diverged: the largest imputed value is 1e+14"),
        "protocol": "default",
        "device": "cpu",
        "method_hash": fingerprint({"method": method}),
        "config_hash": fingerprint(identity),
        "versions": "mirimpute 0.1.0; python 3.11.7",
        "data_sha256": fingerprint({"dataset": dataset}),
        "mask_sha256": fingerprint({k: v for k, v in identity.items() if k != "method"}),
    }
    if status == "ok":
        rng = np.random.default_rng(int(hashlib.sha256(repr(identity).encode()).hexdigest()[:8], 16))
        skill = 0.3 + int(hashlib.sha256(method.encode("utf-8", "surrogatepass")).hexdigest()[:4], 16) / 0xFFFF
        values = skill * (1 + 0.05 * rng.standard_normal(len(METRICS)))
        row |= {
            "n_rows": 569,
            "max_rows": None,
            "n_columns": 30,
            "realised_rate": rate,
            "realised_rate_min_column": rate,
            "realised_rate_max_column": rate,
            "scored_cells": 5121,
            "w2_rows": 569,
            "n_draws": 20,
            "scored_draws": 5,
            "gate": "",
            "fit_s": float(10 ** rng.uniform(-2, 2)),
            "impute_s": 0.01,
            "cpu_s": 1.0,
            "peak_rss_mb": 250.0,
            "peak_gpu_mb": None,
            **{f"point_{name}": float(value) for name, value in zip(METRICS, values, strict=True)},
            **{f"draw_{name}": float(1.3 * value) for name, value in zip(METRICS, values, strict=True)},
        }
    return row | fields


def make_trace(rounds: int, start: float = 0.6) -> list[dict[str, Any]]:
    """Return a trace whose loss halves and whose error falls towards 0.3."""
    return [
        {"round": k, "loss": start * 0.5**k, "heldout_rmse": 0.3 + start / (2 * k), "change": 10.0**-k, "note": "text"}
        for k in range(1, rounds + 1)
    ]


def make_tables(n_rows: int = 200, seed: int = 0) -> dict[str, pd.DataFrame]:
    """Return the tables of a toy: two clusters at ±2, a third of the cells missing, imputed by another row's value."""
    rng = np.random.default_rng(seed)
    truth = rng.choice([-2.0, 2.0], size=(n_rows, 1)) + 0.5 * rng.standard_normal((n_rows, 2))
    missing = rng.random((n_rows, 2)) < 0.3
    missing[missing.all(axis=1), 0] = False
    draw = np.where(missing, rng.permutation(truth), truth)
    point = np.where(missing, truth.mean(axis=0), truth)
    arrays = {"truth": truth, "incomplete": np.where(missing, np.nan, truth), "point": point, "draw": draw}
    return {name: pd.DataFrame(values, columns=["x1", "x2"]) for name, values in arrays.items()}


def write(results_dir: Path, row: dict[str, Any], **parts: Any) -> Path:
    """Write one cell with as little as possible around the row."""
    return write_cell(results_dir, row, **{"config_yaml": "seed: 0\n", "trace": [], "log": "", **parts})
