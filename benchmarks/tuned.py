"""Neural methods and mirf, tuned with the same budget on held-out observed cells: what do they gain, who is ahead?"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import page
from benchmarks.cells import run_and_read
from benchmarks.command import exit_code, parser_of, write_text
from benchmarks.frame import write_csv
from benchmarks.sweep import Sweep, cell_count
from mirimpute.bench.hide import HELD_OUT
from mirimpute.bench.tuning import Tuned, masked_problem, tune
from mirimpute.errors import UserError, unknown

PROGRAM = "tuned"
DATASETS = ("breast_cancer", "uci/concrete")
METHODS = ("mirf", "gain", "sinkhorn", "tdm", "knewimp", "missdiff", "tabcsdi", "miwae")
RATE, TRIALS, TUNED_ON = 0.3, 8, 0
FIELDS = {"point_rmse": "point RMSE", "draw_energy": "draw energy"}

Found = Mapping[tuple[str, str], Mapping[str, Any]]
"""Dataset and method -> the fields of :class:`mirimpute.bench.tuning.Tuned`."""


def tuned_name(method: str) -> str:
    """Return the name in rows of a method with its tuned parameters."""
    return f"{method}_tuned"


def search(dataset: str, method: str, trials: int, folder: Path) -> dict[str, Any]:
    """Return what a search found, from its file in ``folder`` if it was made before.

    It sees the mask of seed 0, and hides a tenth of the observed cells of it.
    """
    path = folder / f"{dataset.replace('/', '-')}-{method}-{trials}.json"
    if path.is_file():
        stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return stored
    print(f"tuning {method} on {dataset}: {trials} trials", flush=True)
    found: Tuned = tune(method, [masked_problem(dataset, RATE, TUNED_ON)], trials)
    write_text(path, json.dumps(vars(found), indent=1))
    return dict(vars(found))


def sweeps_of(found: Found, chosen: Sequence[int]) -> list[Sweep]:
    """Return a sweep per dataset with the defaults of all methods, and one per method whose parameters changed."""
    sweeps = []
    for dataset in dict.fromkeys(dataset for dataset, _ in found):
        methods = tuple(method for each, method in found if each == dataset)
        sweeps.append(Sweep(dataset, methods, ("mcar",), tuple(chosen), RATE))
        for method in methods:
            options = tuple(f"method.{key}={value}" for key, value in found[dataset, method]["parameters"].items())
            if options:
                sweeps.append(Sweep(dataset, (tuned_name(method),), ("mcar",), tuple(chosen), RATE, options))
    return sweeps


def runs_of(sweeps: Iterable[Sweep]) -> list[Sweep]:
    """Return the sweeps as the command takes them: a tuned method is its method by another name."""
    runs = []
    for sweep in sweeps:
        (first, *_) = sweep.methods
        if sweep.options:
            plain = first.removesuffix(tuned_name(""))
            sweep = Sweep(
                sweep.dataset, (plain,), sweep.mechanisms, sweep.seeds, RATE, (f"method.name={first}", *sweep.options)
            )
        runs.append(sweep)
    return runs


def page_of(frame: pd.DataFrame, found: Found, trials: int, notes: Sequence[str], wanted: int, today: date) -> str:
    """Return the Markdown page."""
    ok = frame[frame["status"] == "ok"]
    lines = []
    for (dataset, method), each in found.items():
        parameters = ", ".join(f"{key} {_short(value)}" for key, value in each["parameters"].items())
        cells = [dataset, method, parameters or "the defaults"]
        cells += [page.value_text(each["default_error"]), page.value_text(each["error"])]
        for field in FIELDS:
            by_name = [_mean(ok, dataset, name, field) for name in (method, tuned_name(method))]
            cells += [page.value_text(value) for value in by_name]
        lines.append(cells)
    heads = ["dataset", "method", "best parameters", "held-out, defaults", "held-out, best"]
    heads += [f"{label}, {which}" for label in FIELDS.values() for which in ("defaults", "tuned")]
    text = [
        "# The same tuning budget for neural methods and mirf",
        "",
        f"MCAR {RATE:g}. {trials} trials each, the first of which are the defaults, of Optuna's tree-structured Parzen "
        f"estimator in the ranges of `mirimpute/bench/search_spaces.py`; judged by the RMSE of the point on "
        f"{HELD_OUT:.0%} of the observed cells of seed {TUNED_ON}'s mask. Errors are means over other masks; a dash "
        "stands where nothing beat the defaults. Made by `python -m benchmarks.tuned`.",
        "",
        *page.table(heads, lines, left=3),
        *_verdicts(ok, found),
        *page.ending(frame, notes, wanted, today),
    ]
    return "\n".join(text) + "\n"


def _verdicts(ok: pd.DataFrame, found: Found) -> list[str]:
    """Return, for each field, who is first of the tuned ones on each dataset, and by how much."""
    lines = []
    for field, label in FIELDS.items():
        for dataset in dict.fromkeys(dataset for dataset, _ in found):
            values = {}
            for method in (method for each, method in found if each == dataset):
                tuned, plain = (_mean(ok, dataset, name, field) for name in (tuned_name(method), method))
                values[method] = plain if np.isnan(tuned) else tuned
            values = {method: value for method, value in values.items() if not np.isnan(value)}
            if len(values) > 1:
                first, second = sorted(values, key=lambda method: values[method])[:2]
                lines.append(
                    f"- {label} on {dataset}, each as tuned: {first} {page.value_text(values[first])}, then {second} "
                    f"{page.value_text(values[second])}."
                )
    return lines


def _mean(ok: pd.DataFrame, dataset: str, method: str, field: str) -> float:
    rows = ok[(ok["dataset"] == dataset) & (ok["method"] == method)]
    return float(rows[field].astype(float).mean()) if field in rows and len(rows) else float("nan")


def _short(value: float) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def main(arguments: Sequence[str] | None = None) -> int:
    """Search and run what is missing, then write tuned.csv and tuned.md."""
    parser = parser_of(PROGRAM, __doc__, "results/tuned", datasets=DATASETS, methods=METHODS, seeds=(1, 2, 3))
    parser.add_argument("--trials", type=int, default=TRIALS, help=f"settings to try, the defaults too ({TRIALS})")
    asked = parser.parse_args(arguments)

    def work() -> None:
        for method in asked.methods:
            if method not in METHODS:
                raise unknown("method to tune", method, METHODS)
        if TUNED_ON in asked.seeds:
            raise UserError(f"seed {TUNED_ON} is the mask that is tuned on: score others, such as --seeds 1,2,3")
        folder = asked.results_dir / "tuned"
        found = {
            (dataset, method): search(dataset, method, asked.trials, folder)
            for dataset in asked.datasets
            for method in asked.methods
        }
        sweeps = sweeps_of(found, asked.seeds)
        cells = run_and_read(sweeps, asked, runs_of(sweeps))
        write_csv(cells.frame, asked.out / "tuned.csv")
        text = page_of(cells.frame, found, asked.trials, cells.notes, cell_count(sweeps), date.today())
        write_text(asked.out / "tuned.md", text)

    return exit_code(PROGRAM, work)


if __name__ == "__main__":
    sys.exit(main())
