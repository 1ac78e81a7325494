"""Tables of numbers and categories: errors of both kinds, and what a model learns from the completed table."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from benchmarks import page
from benchmarks.cells import run_and_read
from benchmarks.command import exit_code, parser_of, write_text
from benchmarks.frame import CASE, write_csv
from benchmarks.sweep import Sweep, cell_count

PROGRAM = "mixed"
OURS = "mirf"
DATASETS = ("adult", "credit-g", "penguins", "titanic")
METHODS = (OURS, "hyperimpute/hyperimpute", "missforest", "mice", "mean")
MECHANISMS = ("mcar", "mar")
RATE = 0.3
MOST_ROWS = 5000
ERRORS = {"point_rmse": "RMSE of numbers", "point_error_rate": "wrong categories"}
DISTRIBUTION = {"draws_brier": "Brier", "draw_energy_gower": "energy, Gower", "cpu_s": "CPU seconds"}

MODEL_DATASETS = ("adult", "credit-g")
MODEL_RATE = 0.5
"""What a model learns is asked at this rate too, of these datasets."""
MODELS = {"point_downstream_boosted": "boosting", "point_downstream_linear": "linear model"}


def sweeps_of(datasets: Sequence[str], methods: Sequence[str], chosen: Sequence[int]) -> list[Sweep]:
    """Return the sweeps of at most 5,000 rows: one per dataset, then those at the higher rate."""
    options = (f"dataset.max_rows={MOST_ROWS}", "protocol=downstream")
    asked: list[tuple[str, tuple[str, ...], float]] = [(dataset, MECHANISMS, RATE) for dataset in datasets]
    asked += [(dataset, ("mcar",), MODEL_RATE) for dataset in datasets if dataset in MODEL_DATASETS]
    return [
        Sweep(dataset, tuple(methods), mechanisms, tuple(chosen), rate, options) for dataset, mechanisms, rate in asked
    ]


def is_first(rows: pd.DataFrame, field: str) -> bool | None:
    """Return whether mirf has the smallest mean of ``field`` over the seeds, or is one standard error behind at most.

    The standard error is that of the difference to the best method over the seeds that both have. None where mirf or
    every other method has no value.

    Args:
        rows: ok rows of one case.
        field: a metric that is better when lower.
    """
    wide = rows.pivot_table(index="seed", columns="method", values=field)
    if OURS not in wide or wide.shape[1] < 2:
        return None
    best = wide.drop(columns=OURS).mean().idxmin()
    difference = (wide[OURS] - wide[best]).dropna().to_numpy(float)
    if difference.size == 0:
        return None
    error = difference.std(ddof=1) / difference.size**0.5 if difference.size > 1 else 0.0
    return bool(difference.mean() <= error)


def verdicts(frame: pd.DataFrame, cases: Sequence[tuple[str, str, float]]) -> list[dict[str, bool | None]]:
    """Return for each case whether mirf is first on each error."""
    ok = frame[frame["status"] == "ok"]
    return [{field: is_first(ok[(ok[CASE] == list(case)).all(axis=1)], field) for field in ERRORS} for case in cases]


def page_of(frame: pd.DataFrame, sweeps: Sequence[Sweep]) -> list[str]:
    """Return the lines of the page but for failures and provenance."""
    fields = {**ERRORS, **DISTRIBUTION}
    every = [case for sweep in sweeps for case in sweep.cases]
    cases = [case for case in every if case[2] == RATE]
    methods = list(dict.fromkeys(method for sweep in sweeps for method in sweep.methods))
    found = verdicts(frame, cases)
    lines = [
        [f"{case[0]} {case[1]}", method, *(_mean_sd(frame, case, method, field) for field in fields)]
        for case in cases
        for method in methods
    ]
    both = sum(all(each.values()) for each in found)
    first = [
        [f"{case[0]} {case[1]}", *(_yes(each[field]) for field in ERRORS)]
        for case, each in zip(cases, found, strict=True)
    ]
    model_lines = [
        [f"{case[0]} {case[1]} {case[2]:g}", method, *(_mean_sd(frame, case, method, field) for field in MODELS)]
        for case in every
        if case[0] in MODEL_DATASETS
        for method in methods
    ]
    return [
        "# Tables of numbers and categories",
        "",
        f"Rate {RATE:g} of the observed cells hidden, at most {MOST_ROWS:,} rows; mean ± sd over the seeds. Lower is "
        "better everywhere: RMSE of the scored numbers (z-scored), share of the scored categories that are wrong, "
        "Brier score of the draws (twice the error rate for a method without draws), energy distance of the draws in "
        "Gower's distance (undefined where every row has holes of its own). Made by `python -m benchmarks.mixed`.",
        "",
        *page.table(["case", "method", *fields.values()], lines, left=2),
        f"## Is {OURS} first, or within one standard error of the first?",
        "",
        *page.table(["case", *ERRORS.values()], first, left=1),
        f"- On both errors in {both} of {len(cases)} cases.",
        "",
        "## What a model learns",
        "",
        "Error of a model that is trained on completed rows, over that of one trained on the true rows, both tested on "
        "true rows that take no part in the training; 1 is no loss.",
        "",
        *page.table(["case, rate", "method", *MODELS.values()], model_lines, left=2),
    ]


def _yes(value: bool | None) -> str:
    return page.ABSENT if value is None else ("yes" if value else "no")


def _mean_sd(frame: pd.DataFrame, case: tuple[str, str, float], method: str, field: str) -> str:
    """Return mean ± sd over the ok rows of a case and method, a dash without one."""
    if field not in frame:
        return page.ABSENT
    rows = frame[(frame["status"] == "ok") & (frame[CASE] == list(case)).all(axis=1) & (frame["method"] == method)]
    values = rows[field].astype(float).dropna().to_numpy()
    if values.size == 0:
        return page.ABSENT
    mean = page.value_text(float(np.mean(values)))
    return mean if values.size == 1 else f"{mean} ± {page.value_text(float(values.std(ddof=1)))}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is missing, then write mixed.csv and mixed.md."""
    parser = parser_of(PROGRAM, __doc__, "results/mixed", datasets=DATASETS, methods=METHODS, seeds=(0, 1, 2))
    asked = parser.parse_args(arguments)

    def work() -> None:
        sweeps = sweeps_of(asked.datasets, asked.methods, asked.seeds)
        found = run_and_read(sweeps, asked)
        write_csv(found.frame, asked.out / "mixed.csv")
        notes = [f"- {note}" for note in found.notes]
        end = page.last_sections(found.frame, notes, cell_count(sweeps), date.today())
        write_text(asked.out / "mixed.md", "\n".join([*page_of(found.frame, sweeps), *end]))

    return exit_code(PROGRAM, work)


if __name__ == "__main__":
    sys.exit(main())
