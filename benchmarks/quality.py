"""Quality of mirf beside its peers, on real tables: ``python -m benchmarks.quality --help``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from benchmarks.cells import run_and_read
from benchmarks.command import exit_code, names, parser_of, seeds, write_text
from benchmarks.frame import write_csv
from benchmarks.quality_page import FAST, HYPERIMPUTE, SELF_MASKED, SELF_MASKING, quality_page
from benchmarks.sweep import Sweep
from benchmarks.verdicts import OURS
from mirimpute.errors import UserError, unknown

PROGRAM = "bench-quality"
PEERS = ("hyperimpute/missforest", "missforest", "ice", "hyperimpute/mice", "knn", "mean", "mice", "gaussian_em")
METHODS = (OURS, FAST, HYPERIMPUTE, *PEERS)
MECHANISMS = ("mcar", "mar", SELF_MASKING)
SEEDS = (0, 1, 2)
UCI = tuple(f"uci/{name}" for name in ("wine", "energy", "housing", "stock", "forest", "solar", "gas"))
LARGE = tuple(f"uci/{name}" for name in ("parkinsons", "bike", "pumadyn32nm"))
BUNDLED = ("breast_cancer", "wine_recognition", "diabetes", "digits")


def grid(
    methods: tuple[str, ...] = METHODS, mechanisms: tuple[str, ...] = MECHANISMS, seeds: tuple[int, ...] = SEEDS
) -> list[Sweep]:
    """Return one sweep per dataset: UCI sets at rate 0.4 by ``mechanisms``, bundled tables at 0.3 by MCAR alone."""
    large = ("dataset.max_rows=5000",)
    sweeps = [Sweep(name, methods, mechanisms, seeds, 0.4) for name in UCI]
    sweeps += [Sweep(name, methods, mechanisms, seeds, 0.4, large) for name in LARGE]
    if "mcar" in mechanisms:
        sweeps += [Sweep(name, methods, ("mcar",), seeds, 0.3) for name in BUNDLED]
    return sweeps


def self_masked(sweeps: list[Sweep]) -> list[Sweep]:
    """Return the sweeps of the variant that is told that values are missing by their own size, where they are."""
    return [
        replace(sweep, methods=(SELF_MASKED,), mechanisms=(SELF_MASKING,))
        for sweep in sweeps
        if SELF_MASKING in sweep.mechanisms
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = _parser().parse_args(arguments)
    return exit_code(PROGRAM, lambda: _work(options))


def _work(options: argparse.Namespace) -> None:
    _check("dataset", options.datasets, (*UCI, *LARGE, *BUNDLED))
    _check("mechanism", options.mechanisms, MECHANISMS)
    chosen = grid(options.methods, options.mechanisms, options.seeds)
    sweeps = [sweep for sweep in chosen if sweep.dataset in options.datasets]
    told = self_masked(sweeps) if OURS in options.methods else []
    if not sweeps:
        raise UserError(f"nothing to run: the bundled tables ({', '.join(BUNDLED)}) have mechanism mcar only")
    found = run_and_read([*sweeps, *told], options)
    write_csv(found.frame, options.out / "quality.csv")
    write_text(options.out / "quality.md", quality_page(found, sweeps, told, _part(options), date.today()))


def _part(options: argparse.Namespace) -> str:
    """Return in words what was not left at its default."""
    parser = _parser()
    narrowed = {
        name: ", ".join(map(str, getattr(options, name)))
        for name in ("datasets", "methods", "mechanisms", "seeds")
        if getattr(options, name) != parser.get_default(name)
    }
    return "; ".join(f"{name} {values}" for name, values in narrowed.items())


def _check(kind: str, given: Sequence[str], valid: Sequence[str]) -> None:
    for name in given:
        if name not in valid:
            raise unknown(kind, name, valid)


def _parser() -> argparse.ArgumentParser:
    parser = parser_of(
        PROGRAM,
        "Run mirf and its peers over real tables, mechanisms and seeds, then write quality.csv and quality.md. "
        "Rows that are there and ok are not computed again. Lists are names with commas between them.",
        "results/quality",
    )
    datasets = (*UCI, *LARGE, *BUNDLED)
    parser.add_argument("--datasets", type=names, default=datasets, help=f"some of {', '.join(datasets)} (all)")
    parser.add_argument("--methods", type=names, default=METHODS, help=f"any methods ({', '.join(METHODS)})")
    parser.add_argument("--mechanisms", type=names, default=MECHANISMS, help=f"some of {', '.join(MECHANISMS)} (all)")
    parser.add_argument("--seeds", type=seeds, default=SEEDS, help="whole numbers (0,1,2)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
