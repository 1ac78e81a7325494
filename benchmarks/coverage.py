"""Do 95 % intervals pooled over completed tables cover? ``python -m benchmarks.coverage --help``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import numpy as np

from benchmarks import page
from benchmarks.command import HERE, exit_code, write_text
from mirimpute import MirfImputer, pool
from mirimpute.methods.base import problem_of
from mirimpute.methods.presets import named_method
from mirimpute.table.columns import Column, Kind

PROGRAM = "coverage"
TRUTH = np.array([0.0, 1.0])
"""Mean of y, and slope of y on x, where y = x + noise and x are standard normal."""
QUANTITIES = ("mean", "slope")
HIDDEN = 0.5

Complete = Callable[[np.ndarray, int, int], Sequence[np.ndarray]]
"""From a table (n, 2), the number of draws and a seed to completed tables."""


def a_model_per_draw(x: np.ndarray, draws: int, seed: int) -> Sequence[np.ndarray]:
    """Return ``MirfImputer.impute_multiple``."""
    tables: Sequence[np.ndarray] = MirfImputer(preset="mirf_fast", random_state=seed).impute_multiple(x, draws)
    return tables


def one_model(x: np.ndarray, draws: int, seed: int) -> Sequence[np.ndarray]:
    """Return ``MirfImputer.sample``."""
    tables: Sequence[np.ndarray] = MirfImputer(preset="mirf_fast", random_state=seed).fit(x).sample(x, draws)
    return tables


def by_mice(kind: str) -> Complete:
    """Return what completes by chained equations."""

    def complete(x: np.ndarray, draws: int, seed: int) -> Sequence[np.ndarray]:
        columns = tuple(Column(name, Kind.CONTINUOUS) for name in ("x", "y"))
        problem, _, scale = problem_of(x, columns, seed)
        method = named_method("mice", {"kind": kind, "chains": draws})
        return list(scale.restore(method.fit(problem).impute().draws))

    return complete


WAYS: dict[str, Complete] = {
    "mirf_fast, a model per draw (`impute_multiple`)": a_model_per_draw,
    "mirf_fast, one model (`sample`)": one_model,
    "mice, kind=bayes": by_mice("bayes"),
    "mice, kind=bayes_by_row": by_mice("bayes_by_row"),
    "mice, kind=pmm": by_mice("pmm"),
}


def analysis(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the estimates of ``TRUTH`` from a complete table (n, 2), and their squared standard errors."""
    n = len(table)
    x, y = table.T
    centred = x - x.mean()
    slope = centred @ y / (centred @ centred)
    rest = y - y.mean() - slope * centred
    variances = y.var(ddof=1) / n, (rest @ rest) / (n - 2) / (centred @ centred)
    return np.array([y.mean(), slope]), np.array(variances)


def replication(complete: Complete, rows: int, draws: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the pooled estimates of one random table, and whether their intervals cover the truth, (2,) each."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    y = np.where(rng.random(rows) < HIDDEN, np.nan, x + rng.normal(size=rows))
    found = [analysis(table) for table in complete(np.stack([x, y], axis=1), draws, seed)]
    estimates, variances = (np.array(each) for each in zip(*found, strict=True))
    pooled = pool(estimates, variances, df_complete=rows - 2)
    low, high = pooled.interval(0.95)
    return pooled.estimate, (low <= TRUTH) & (high >= TRUTH)


def lines(rows: int, draws: int, replications: int) -> list[list[str]]:
    """Return a line per way: coverage with its standard error, and the bias, of each quantity."""
    table = []
    for name, complete in WAYS.items():
        runs = [replication(complete, rows, draws, seed) for seed in range(replications)]
        estimates, covered = (np.array(each, dtype=float) for each in zip(*runs, strict=True))
        share, bias = covered.mean(axis=0), estimates.mean(axis=0) - TRUTH
        error = np.sqrt(share * (1 - share) / replications)
        cells = [f"{share[k]:.3f} ± {error[k]:.3f}" for k in range(2)]
        table.append([name, *cells, *(f"{each:+.3f}" for each in bias)])
        print(*table[-1], sep="  ", flush=True)
    return table


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate, and write coverage.md."""
    parser = argparse.ArgumentParser(prog=PROGRAM, description=__doc__)
    parser.add_argument("--rows", type=int, default=100, help="of each random table (%(default)s)")
    parser.add_argument("--draws", type=int, default=10, help="completed tables (%(default)s)")
    parser.add_argument("--replications", type=int, default=200, help="random tables (%(default)s)")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of the page (benchmarks)")
    asked = parser.parse_args(arguments)

    def work() -> None:
        heads = ["draws of", *(f"coverage, {each}" for each in QUANTITIES), *(f"bias, {each}" for each in QUANTITIES)]
        text = [
            "# Coverage of intervals pooled over completed tables",
            "",
            f"x and y - x standard normal, {asked.rows} rows, half of y hidden at random; 95 % intervals of the mean"
            f" of y and the slope of y on x by Rubin's rules over {asked.draws} draws; {asked.replications} random"
            " tables, with the standard error of the share. Made by `python -m benchmarks.coverage`.",
            "",
            *page.table(heads, lines(asked.rows, asked.draws, asked.replications)),
            f"- Page of {date.today()}.",
            page.made_with("mirf_fast", "mice"),
        ]
        write_text(asked.out / "coverage.md", "\n".join(text) + "\n")

    return exit_code(PROGRAM, work)


if __name__ == "__main__":
    sys.exit(main())
