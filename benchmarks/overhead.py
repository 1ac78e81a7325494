"""What `Imputer("mean")` takes beside scikit-learn's `SimpleImputer`, on one table: ``python -m benchmarks.overhead``.

Both fill the same holes with the same means; what `Imputer` takes more is what it does for every method: it looks for
wild cells, keeps observed cells to the bit, and checks what the method returns.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer

from benchmarks.command import exit_code
from mirimpute import Imputer

PROGRAM = "bench-overhead"
SHARE_MISSING = 0.1


def table(n_rows: int, n_columns: int, seed: int = 0) -> np.ndarray:
    """Return standard normal numbers (n_rows, n_columns), a tenth of them NaN."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n_rows, n_columns))
    x[rng.random(x.shape) < SHARE_MISSING] = np.nan
    return x


def seconds(work: Callable[[], Any]) -> float:
    """Return the wall-clock seconds of a run."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = _parser().parse_args(arguments)
    return exit_code(PROGRAM, lambda: _work(options))


def _work(options: argparse.Namespace) -> None:
    x = table(options.rows, options.columns)
    for name, X in (("array", x), ("DataFrame", pd.DataFrame(x).add_prefix("c"))):
        works = (partial(SimpleImputer().fit_transform, X), partial(Imputer("mean").fit_transform, X))
        pairs = np.array([[seconds(work) for work in works] for _ in range(options.repeats)])  # one after the other
        theirs, ours = np.median(pairs, axis=0)
        print(
            f"{name} of {options.rows:,} x {options.columns}: SimpleImputer {theirs:.3f} s, Imputer {ours:.3f} s, "
            f"{np.median(pairs[:, 1] / pairs[:, 0]):.1f} times (medians of {options.repeats} pairs)"
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=PROGRAM, description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the table (%(default)s)")
    parser.add_argument("--columns", type=int, default=20, help="of the table (%(default)s)")
    parser.add_argument("--repeats", type=int, default=7, help="pairs of runs (%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
