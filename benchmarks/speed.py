"""Seconds, memory and scaling of mirf: ``python -m benchmarks.speed --help``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date

from benchmarks.cells import run_and_read
from benchmarks.command import exit_code, names, parser_of, seeds, write_text
from benchmarks.frame import write_csv
from benchmarks.speed_page import speed_page
from benchmarks.sweep import Sweep, cell_count

PROGRAM = "bench-speed"
DATASETS = ("breast_cancer", "uci/energy", "uci/wine")
PAPER = "mirf_paper"
METHODS = ("mirf", "mirf_fast", "hyperimpute/hyperimpute", PAPER)
ROWS, COLUMNS = (1_000, 10_000, 100_000, 1_000_000), (5, 20, 100, 500, 2_000, 5_000)
COLUMNS_OF_ROWS, ROWS_OF_COLUMNS = 20, 1_000
RATE = 0.3
# Scores are no part of the cost and take long on a million rows.
SCORES = ("protocol.metrics=[rmse]", "protocol.shrunk_metrics=[]")


def gaussian(n_rows: int, n_columns: int, seeds: tuple[int, ...]) -> Sweep:
    """Return the sweep of mirf over one size of the synthetic table, labelled by its size."""
    options = (f"dataset.n_rows={n_rows}", f"dataset.n_columns={n_columns}")
    label = f"gaussian_{n_rows}x{n_columns}"
    return Sweep(label, ("mirf",), ("mcar",), seeds, RATE, options, source="synthetic/gaussian")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = _parser().parse_args(arguments)
    return exit_code(PROGRAM, lambda: _work(options))


def _work(options: argparse.Namespace) -> None:
    methods = tuple(method for method in METHODS if not (options.skip_paper and method == PAPER))
    sets = [Sweep(name, methods, ("mcar",), options.seeds, RATE) for name in options.datasets]
    by_rows = {n: gaussian(n, COLUMNS_OF_ROWS, options.seeds) for n in ROWS if n <= options.largest_n}
    by_columns = {d: gaussian(ROWS_OF_COLUMNS, d, options.seeds) for d in COLUMNS if d <= options.largest_d}
    sweeps = list(dict.fromkeys([*sets, *by_rows.values(), *by_columns.values()]))  # the curves share one size
    resume = f"resume={'failed' if options.resume else 'false'}"
    found = run_and_read(sweeps, options, options=(*SCORES, resume))
    write_csv(found.frame, options.out / "speed.csv")
    page = speed_page(found, sets, by_rows, by_columns, cell_count(sweeps), date.today())
    write_text(options.out / "speed.md", page)


def _parser() -> argparse.ArgumentParser:
    parser = parser_of(
        PROGRAM,
        "Measure mirf beside its peers and over growing tables, then write speed.csv and speed.md. "
        "Lists are names with commas between them.",
        "results/speed",
    )
    parser.add_argument("--datasets", type=names, default=DATASETS, help=f"side by side ({', '.join(DATASETS)})")
    parser.add_argument("--seeds", type=seeds, default=(0,), help="whole numbers (0)")
    parser.add_argument("--largest-n", type=int, default=ROWS[-1], metavar="ROWS", help="of the curve (%(default)s)")
    parser.add_argument("--largest-d", type=int, default=COLUMNS[-1], metavar="COLUMNS", help="likewise (%(default)s)")
    parser.add_argument("--skip-paper", action="store_true", help=f"leave out {PAPER}, which takes minutes per table")
    parser.add_argument("--resume", action="store_true", help="keep rows that are there; their load was another one")
    return parser


if __name__ == "__main__":
    sys.exit(main())
