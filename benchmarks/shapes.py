"""Shapes that a linear model misses, whose second column is hidden: the flow, trees, and the pool of both."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date

import pandas as pd

from benchmarks import page
from benchmarks.cells import run_and_read
from benchmarks.command import exit_code, parser_of, write_text
from benchmarks.frame import CASE, write_csv
from benchmarks.sweep import Sweep, cell_count

PROGRAM = "shapes"
SHAPES = (
    *("bimodal", "ring", "heteroscedastic", "parabola", "zero_inflated"),
    *("bounded", "lognormal", "student_t", "two_gaussians", "moons"),
)
DATASETS = tuple(f"synthetic/{name}" for name in SHAPES)
OURS, FLOW, TREES = "mirf", "mirf_flow", "mice_cart"
METHODS = (OURS, "mirf_fast", FLOW, TREES, "mice")
MECHANISMS = ("mar_driver", "mar_threshold")
RATE = 0.3
DISTANCES = {"draw_w1_marginal_scored": "W1 of the hidden column", "draw_energy": "energy distance"}
COVERAGE = "draws_coverage_90"
NEAR = 1.1
COVERED = (0.85, 0.95)


def sweeps_of(datasets: Sequence[str], methods: Sequence[str], chosen: Sequence[int]) -> list[Sweep]:
    """Return one sweep per shape."""
    options = ("mechanism.driver=x1",)
    return [Sweep(dataset, tuple(methods), MECHANISMS, tuple(chosen), RATE, options) for dataset in datasets]


def medians_of(frame: pd.DataFrame, field: str) -> pd.DataFrame:
    """Return the medians over the seeds of a field, a line per case and a column per method, of ok rows alone."""
    ok = frame[frame["status"] == "ok"]
    return ok.pivot_table(index=CASE, columns="method", values=field, aggfunc="median", sort=False)


def near(medians: pd.DataFrame) -> tuple[int, int]:
    """Return in how many cases mirf is within 10 % of the better of flow and trees, and how many cases have all three.

    >>> near(pd.DataFrame({"mirf": [1.0, 2.0], "mirf_flow": [0.95, 1.0], "mice_cart": [3.0, 3.0]}))
    (1, 2)
    """
    whole = medians.reindex(columns=[OURS, FLOW, TREES]).dropna()
    return int((whole[OURS] <= NEAR * whole[[FLOW, TREES]].min(axis=1)).sum()), len(whole)


def covering(medians: pd.DataFrame) -> tuple[int, int]:
    """Return in how many cases the coverage of mirf is between 0.85 and 0.95, of how many."""
    found = medians.reindex(columns=[OURS]).dropna()[OURS]
    return int(found.between(*COVERED).sum()), len(found)


def page_of(frame: pd.DataFrame, methods: Sequence[str]) -> list[str]:
    """Return the lines of the page but for failures and provenance."""
    medians = {field: medians_of(frame, field) for field in (*DISTANCES, COVERAGE)}
    counts = [f"{head} {hits} of {of}" for field, head in DISTANCES.items() for hits, of in [near(medians[field])]]
    inside, of = covering(medians[COVERAGE])
    lines = [
        "# Shapes that a linear model misses",
        "",
        "Two columns of 1,000 rows; the first is complete and decides where the second is hidden, in 60 % of the rows: "
        "by a logistic model (`mar_driver`) or a threshold (`mar_threshold`). Medians over the seeds, which change the "
        "mask, never the table. Numbers are in standard deviations of the observed cells. "
        f"Made by `python -m benchmarks.{PROGRAM}`.",
        "",
        f"- Is {OURS} within 10 % of the better of {FLOW} and {TREES}? {'; '.join(counts)} cases.",
        f"- Is the coverage of its 90 % intervals in [{COVERED[0]:g}, {COVERED[1]:g}]? In {inside} of {of} cases.",
        "",
    ]
    for field, head in {**DISTANCES, COVERAGE: "coverage of 90 % intervals of the draws"}.items():
        own = medians[field].reindex(columns=list(methods))
        cells = [
            [f"{dataset.removeprefix('synthetic/')}, {mechanism}", *map(page.value_text, values)]
            for (dataset, mechanism, _), values in zip(own.index, own.itertuples(index=False, name=None), strict=True)
        ]
        lines += [f"## {head[0].upper()}{head[1:]}", "", *page.table(["case", *methods], cells)]
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is missing, then write shapes.csv and shapes.md."""
    parser = parser_of(PROGRAM, __doc__, "results/shapes", datasets=DATASETS, methods=METHODS, seeds=tuple(range(8)))
    asked = parser.parse_args(arguments)

    def work() -> None:
        sweeps = sweeps_of(asked.datasets, asked.methods, asked.seeds)
        found = run_and_read(sweeps, asked)
        write_csv(found.frame, asked.out / "shapes.csv")
        notes = [f"- {note}" for note in found.notes]
        end = page.last_sections(found.frame, notes, cell_count(sweeps), date.today())
        write_text(asked.out / "shapes.md", "\n".join([*page_of(found.frame, asked.methods), *end]))

    return exit_code(PROGRAM, work)


if __name__ == "__main__":
    sys.exit(main())
