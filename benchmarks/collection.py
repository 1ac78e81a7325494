"""Seconds and memory of the report of many packed rows: ``python -m benchmarks.collection --help``."""

from __future__ import annotations

import argparse
import itertools
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.command import exit_code
from mirimpute.bench.results.layout import cell_directory
from mirimpute.bench.results.parts import FILES, Packed, pack
from mirimpute.bench.results.row import fingerprint, validate_row
from mirimpute.bench.results.seal import json_text

PROGRAM = "collection"
DATASETS, MECHANISMS, RATES, METHODS = range(20), ("mcar", "mar", "mnar_self"), (0.2, 0.4, 0.6), range(20)
METRICS = ("point_rmse", "point_mae", "draw_rmse", "draw_w2", "draw_mmd2", "draw_energy", "draws_crps")
COSTS = ("fit_s", "impute_s", "cpu_s", "peak_rss_mb")
SHARES = ("realised_rate", "realised_rate_min_column", "realised_rate_max_column")


def cells(count: int, results_dir: Path) -> Iterator[Packed]:
    """Yield ``count`` cells with random metrics, as `mirimpute-report compact` packs them."""
    rng = np.random.default_rng(0)
    grid = itertools.chain.from_iterable(
        itertools.product([seed], DATASETS, MECHANISMS, RATES, METHODS) for seed in itertools.count()
    )
    for number, (seed, dataset, mechanism, rate, method) in enumerate(itertools.islice(grid, count)):
        row: dict[str, Any] = {"status": "ok", "reason": "", "gate": "", "protocol": "default", "device": "cpu"}
        row |= {"dataset": f"made/{dataset}", "mechanism": mechanism, "missing_rate": rate, "method": f"m{method}"}
        row |= {"seed": seed, "n_rows": 1000, "n_columns": 10, "scored_cells": 3000, "w2_rows": 1000, "n_draws": 1}
        row |= dict.fromkeys(SHARES, rate) | {"versions": "made", "peak_gpu_mb": None}
        row |= {"method_hash": fingerprint({"method": method}), "data_sha256": fingerprint({"dataset": dataset})}
        row |= {"mask_sha256": fingerprint({"mask": [dataset, mechanism, rate, seed]})}
        row |= {"config_hash": fingerprint({"number": number})}
        row |= dict(zip((*METRICS, *COSTS), (0.5 + rng.random(len(METRICS) + len(COSTS))).tolist(), strict=True))
        row = validate_row(row)
        cell = cell_directory(results_dir, row).relative_to(results_dir / "runs").as_posix()
        yield Packed(cell, number, json_text(row).encode(), row, dict.fromkeys(FILES, "[]"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the rows, then time what reads them."""
    parser = argparse.ArgumentParser(prog=PROGRAM, description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="how many (%(default)s)")
    asked = parser.parse_args(arguments)

    def work() -> None:
        with tempfile.TemporaryDirectory() as folder:
            results_dir = Path(folder)
            start = time.perf_counter()
            print(
                f"{pack(results_dir, cells(asked.rows, results_dir)):,} cells made: {time.perf_counter() - start:.1f} s"
            )
            for what, options in (("tables and figures", []), ("page", ["--html"])):
                command = "import sys; from mirimpute.cli.report import main; sys.exit(main(sys.argv[1:]))"
                start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
                subprocess.run([sys.executable, "-c", command, folder, *options], check=True, capture_output=True)
                took = time.perf_counter() - start
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
                peak = after.ru_maxrss / 1024
                print(f"{what}: {took:.1f} s, {cpu:.1f} CPU seconds, at most {peak:.0f} MiB in one process so far")

    return exit_code(PROGRAM, work)


if __name__ == "__main__":
    sys.exit(main())
