#!/usr/bin/env python
"""Tune a method on held-out observed cells of one or more datasets, and print the overrides to run it with.

    python scripts/tune.py tabcsdi uci/wine --missing-rate 0.4 --trials 20
    python scripts/tune.py gain uci/wine uci/energy breast_cancer --trials 20 --seconds 1200

Every method gets the same budget: as many trials, the first of which are its defaults. Cells are hidden MCAR, as by
`mirimpute-bench`; then a tenth of what is left observed is hidden again and judges. The hidden truth is never read.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from mirimpute.bench.tuning import masked_problem, search_space, tune
from mirimpute.cli.exits import exit_code
from mirimpute.errors import UserError

PROGRAM = "tune"


def main(arguments: Sequence[str] | None = None) -> int:
    return exit_code(PROGRAM, lambda: _run(arguments))


def _run(arguments: Sequence[str] | None) -> None:
    options = _parser().parse_args(arguments)
    search_space(options.method)  # before any data is read
    if not 0 < options.missing_rate < 1:
        raise UserError(f"--missing-rate={options.missing_rate} is outside (0, 1): give a fraction such as 0.3")
    problems = [masked_problem(name, options.missing_rate, options.seed) for name in options.datasets]
    found = tune(options.method, problems, options.trials, seed=options.seed, seconds=options.seconds, report=_report)
    print(
        f"held-out RMSE {found.default_error:.4f} with the defaults, {found.error:.4f} with the best of {found.trials}"
    )
    if found.failed:
        print(f"{found.failed} trials failed")
    overrides = " ".join(f"method.{key}={value}" for key, value in found.parameters.items())
    print(
        f"method={options.method} {overrides} method.name={options.method}_tuned" if overrides else "keep the defaults"
    )


def _report(number: int, parameters: dict[str, Any], error: float) -> None:
    text = " ".join(f"{key}={value:.4g}" for key, value in parameters.items()) or "the defaults"
    print(f"trial {number}: {error:.4f}  {text}", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PROGRAM, description="Tune a method on held-out observed cells and print the overrides to run it with."
    )
    parser.add_argument("method", help="a method of the registry, such as tabcsdi")
    parser.add_argument("datasets", nargs="+", metavar="DATASET", help="as in `mirimpute-bench dataset=NAME`")
    parser.add_argument("--missing-rate", type=float, default=0.3, help="fraction of the cells to hide (default 0.3)")
    parser.add_argument("--trials", type=int, default=20, help="settings to try, the defaults included (default 20)")
    parser.add_argument("--seconds", type=float, default=None, help="start no trial after so many (default: all)")
    parser.add_argument("--seed", type=int, default=0, help="of hidden cells, method and proposals (default 0)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
