"""Tables of numbers and categories: errors of both kinds, and what a model learns from the completed table."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import page
from benchmarks.cells import CASE, LIMITS, Sweep, read_cells, run_sweeps, write_csv
from benchmarks.command import exit_code, names, parser_of, seeds, write_text

PROGRAM = "mixed"
OURS = "mirf"
DATASETS = ("adult", "credit-g", "penguins", "titanic")
METHODS = (OURS, "hyperimpute/hyperimpute", "missforest", "mice", "mean")
MECHANISMS = ("mcar", "mar")
RATE = 0.3
MOST_ROWS = 5000
ERRORS = {"point_rmse": "RMSE of numbers", "point_error_rate": "wrong categories"}
DISTRIBUTION = {"draws_brier": "Brier", "draw_energy_gower": "energy, Gower", "seconds": "seconds"}

MODEL_DATASETS = ("adult", "credit-g")
MODEL_RATES = (0.3, 0.5)
MODELS = {"point_downstream_boosted": "boosting", "point_downstream_linear": "linear model"}
WANTED = 6


def sweeps_of(datasets: Sequence[str], methods: Sequence[str], chosen: Sequence[int]) -> list[Sweep]:
    """Return a sweep per dataset, of at most 5,000 rows."""
    limit = (f"dataset.max_rows={MOST_ROWS}",)
    return [Sweep(dataset, tuple(methods), MECHANISMS, tuple(chosen), RATE, limit) for dataset in datasets]


def model_sweeps_of(datasets: Sequence[str], methods: Sequence[str], chosen: Sequence[int]) -> list[Sweep]:
    """Return a sweep per dataset and rate whose rows say what a model learns."""
    options = (f"dataset.max_rows={MOST_ROWS}", "protocol=downstream")
    return [
        Sweep(dataset, tuple(methods), ("mcar",), tuple(chosen), rate, options)
        for dataset in datasets
        for rate in MODEL_RATES
        if dataset in MODEL_DATASETS
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


def page_of(
    frame: pd.DataFrame, models: pd.DataFrame, sweeps: Sequence[Sweep], model_sweeps: Sequence[Sweep]
) -> list[str]:
    """Return the lines of the page but for failures and provenance."""
    fields = {**ERRORS, **DISTRIBUTION}
    cases = [case for sweep in sweeps for case in sweep.cases]
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
        [f"{case[0]} {case[2]:g}", method, *(_mean_sd(models, case, method, field) for field in MODELS)]
        for sweep in model_sweeps
        for case in sweep.cases
        for method in sweep.methods
    ]
    return [
        "# Tables of numbers and categories",
        "",
        f"Rate {RATE:g} of the observed cells hidden, at most {MOST_ROWS:,} rows; mean ± sd over the seeds. Lower is "
        "better everywhere: RMSE of the scored numbers (z-scored), share of the scored categories that are wrong, "
        "Brier score of the draws (twice the error rate for a method without draws), energy distance of one draw in "
        "Gower's distance (undefined where every row has holes of its own). Made by `python -m benchmarks.mixed`.",
        "",
        *page.table(["case", "method", *fields.values()], lines, left=2),
        f"## Is {OURS} first, or within one standard error of the first?",
        "",
        *page.table(["case", *ERRORS.values()], first, left=1),
        f"- On both errors in {both} of {len(cases)} cases (wanted: {WANTED} of 8).",
        "",
        "## What a model learns",
        "",
        "Error of a model that is trained on completed rows, over that of one trained on the true rows, both tested on "
        "true rows that take no part in the training; 1 is no loss.",
        "",
        *page.table(["dataset, rate", "method", *MODELS.values()], model_lines, left=2),
        "## Failures and notes",
        "",
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
    """Run what is missing, then write mixed.csv, mixed_models.csv and mixed.md."""
    parser = parser_of(PROGRAM, __doc__ or "", "results/mixed")
    parser.add_argument("--datasets", type=names, default=DATASETS, help=f"default: {', '.join(DATASETS)}")
    parser.add_argument("--methods", type=names, default=METHODS, help=f"default: {', '.join(METHODS)}")
    parser.add_argument("--seeds", type=seeds, default=(0, 1, 2), help="default: 0,1,2")
    asked = parser.parse_args(arguments)

    def work() -> None:
        sweeps = sweeps_of(asked.datasets, asked.methods, asked.seeds)
        model_sweeps = model_sweeps_of(asked.datasets, asked.methods, asked.seeds)
        folders = {"errors": sweeps, "models": model_sweeps}
        parts = [(part, asked.results_dir / name) for name, part in folders.items() if part]
        if not asked.table_only:
            for part, folder in parts:
                run_sweeps(part, folder, (*LIMITS, "resume=failed"))
        found = [read_cells(part, folder) for part, folder in parts]
        out: Path = asked.out
        for each, name in zip(found, ("mixed", "mixed_models"), strict=False):
            write_csv(each.frame, out / f"{name}.csv")
        lines = page_of(found[0].frame, found[-1].frame, sweeps, model_sweeps)
        every = pd.concat([each.frame for each in found])
        notes = [*page.failures(every), *(f"- {note}" for each in found for note in each.notes)]
        wanted = sum(len(sweep.cells) for sweep in (*sweeps, *model_sweeps))
        provenance = page.provenance(every, wanted, date.today())
        text = "\n".join([*lines, *(notes or ["None."]), "", "## What was run", "", *provenance]) + "\n"
        write_text(out / "mixed.md", text)

    return exit_code(PROGRAM, work)


if __name__ == "__main__":
    sys.exit(main())
