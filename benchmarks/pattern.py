"""Can the pattern be told from completed rows? By the classifier of ``mi_bits``, and by one that no method knows."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import page
from benchmarks.cells import run_and_read
from benchmarks.command import exit_code, parser_of, write_text
from benchmarks.frame import CASE, CELL, write_csv
from benchmarks.sweep import Sweep, cell_count
from benchmarks.verdicts import geometric_mean
from mirimpute.bench.results.layout import cell_directory
from mirimpute.bench.results.store import read_rows
from mirimpute.numerics.thinning import evenly_spaced

PROGRAM = "pattern"
DATASETS = tuple(
    f"uci/{name}"
    for name in ("wine", "energy", "housing", "stock", "forest", "solar", "bike", "parkinsons", "pumadyn32nm", "gas")
)
FLOW = "mirf, the flow alone"
METHODS: dict[str, tuple[str, tuple[str, ...]]] = {
    "mean": ("mean", ()),
    "ice": ("ice", ()),
    "mice": ("mice", ()),
    FLOW: ("mirf", ("method.trees=0",)),
    "mirf": ("mirf", ()),
}
"""Name in the page -> method, and what is changed."""
MOST_ROWS = 1000
RATE = 0.4
FOREST = "forest_auc"
_TREES, _LEAF, _FOLDS, _MOST_COLUMNS, _LEAST = 50, 5, 5, 8, 20


def sweeps_of(datasets: Sequence[str], chosen: Sequence[int]) -> dict[str, list[Sweep]]:
    """Return the sweeps of each line of the page; the rows carry its name as the method's."""
    shared = (f"dataset.max_rows={MOST_ROWS}", "save_tables=true")
    return {
        name: [
            Sweep(dataset, (name,), ("mcar",), tuple(chosen), RATE, (*shared, f"method.name='{name}'", *options))
            for dataset in datasets
        ]
        for name, (_, options) in METHODS.items()
    }


def forest_auc(x: np.ndarray, hidden: np.ndarray) -> float:
    """Return how well extremely randomised trees tell ``hidden`` (n, d) from the rows ``x`` (n, d), 0.5 by chance.

    Mean of the cross-validated AUC over at most 8 columns with twenty hidden and twenty other cells; NaN without one.
    """
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import cross_val_predict

    count = hidden.sum(axis=0)
    columns = np.flatnonzero((count >= _LEAST) & (len(x) - count >= _LEAST))
    found = []
    for column in columns[evenly_spaced(len(columns), _MOST_COLUMNS)]:
        trees = ExtraTreesClassifier(_TREES, min_samples_leaf=_LEAF, max_features=0.5, random_state=0)
        chance = cross_val_predict(trees, x, hidden[:, column], cv=_FOLDS, method="predict_proba")[:, 1]
        found.append(roc_auc_score(hidden[:, column], chance))
    return float(np.mean(found)) if found else float("nan")


def with_forests(frame: pd.DataFrame, results_dir: Path) -> pd.DataFrame:
    """Return ``frame`` with the AUC of the forests for draw and truth, of the rows whose tables are there."""
    where = {
        tuple(row[name] for name in CELL): cell_directory(results_dir, row) / "tables" for row in read_rows(results_dir)
    }
    values: dict[str, list[float]] = {f"{part}_{FOREST}": [] for part in ("draw", "truth")}
    of_truth: dict[tuple[Any, ...], float] = {}  # the same for all methods
    for cell in frame[CELL].itertuples(index=False, name=None):
        folder = where.get(cell)
        tables = {}
        if folder is not None and folder.is_dir():
            tables = {part: pd.read_parquet(folder / f"{part}.parquet") for part in ("truth", "incomplete", "draw")}
        case = (*cell[:3], cell[4])
        found = {"draw": float("nan"), "truth": of_truth.get(case, float("nan"))}
        if tables:
            hidden = tables["incomplete"].isna().to_numpy()
            found["draw"] = forest_auc(tables["draw"].to_numpy(float), hidden)
            if case not in of_truth:
                of_truth[case] = found["truth"] = forest_auc(tables["truth"].to_numpy(float), hidden)
        for part, value in found.items():
            values[f"{part}_{FOREST}"].append(value)
    return frame.assign(**values)


def page_of(frame: pd.DataFrame, notes: Sequence[str], wanted: int, today: date) -> str:
    """Return the Markdown page."""
    ok = frame[frame["status"] == "ok"]
    heads = ["dataset", *METHODS, "true rows"]
    lines = []
    for part in ("bits", FOREST):
        for dataset in dict.fromkeys(ok["dataset"]):
            of_dataset = ok[ok["dataset"] == dataset]
            cells = [_cell(of_dataset[of_dataset["method"] == name], part) for name in METHODS]
            lines.append([dataset, *cells, _cell(of_dataset, part, truth=True)])
    half = len(lines) // 2
    at_chance = [[name, *_at_chance(ok[ok["method"] == name]), *_draws(ok, name)] for name in METHODS]
    text = [
        "# Can the pattern be told from completed rows?",
        "",
        f"MCAR {RATE:g}, at most {MOST_ROWS:,} rows, means over the seeds; bits are the mean over five draws, the "
        "AUC below is of one. Under MCAR true rows say nothing of their pattern. Made by "
        "`python -m benchmarks.pattern`.",
        "",
        "## Bits per row, `mi_bits` ± its standard error",
        "",
        *page.table(heads, lines[:half]),
        "Cells whose bits differ from those of the true rows by two standard errors of the difference or less, and how "
        "good draws are: CRPS over that of mirf's flow alone (geometric mean), and how often intervals "
        "between the 5 % and 95 % quantiles of the draws hold the truth (0.9 is right):",
        "",
        *page.table(["method", "cells", "of", "CRPS", "coverage"], at_chance),
        "## AUC of a classifier that no method knows",
        "",
        "Extremely randomised trees that see the whole row, cross-validated, mean over the columns; 0.5 is chance. "
        "Less than the true rows have is no better.",
        "",
        *page.table(heads, lines[half:]),
        *page.ending(frame, notes, wanted, today),
    ]
    return "\n".join(text) + "\n"


def _cell(rows: pd.DataFrame, part: str, *, truth: bool = False) -> str:
    side = "truth" if truth else "draw"
    if rows.empty:
        return page.ABSENT
    if part == FOREST:
        return f"{rows[f'{side}_{FOREST}'].mean():.3f}"
    error = (rows[f"{side}_mi_bits_se"] ** 2).mean() ** 0.5 / len(rows.drop_duplicates("seed")) ** 0.5
    return f"{rows[f'{side}_mi_bits'].mean():.3f} ± {error:.3f}"


def _at_chance(rows: pd.DataFrame) -> list[str]:
    error = np.hypot(rows["draw_mi_bits_se"], rows["truth_mi_bits_se"])
    within = (rows["draw_mi_bits"] - rows["truth_mi_bits"]).abs() <= 2 * error
    return [str(int(within.sum())), str(len(rows))]


def _draws(ok: pd.DataFrame, name: str) -> list[str]:
    """Return the CRPS of a method's draws over that of :data:`FLOW`, and their coverage."""
    wide = ok.pivot_table(index=[*CASE, "seed"], columns="method", values="draws_crps")
    both = name in wide and FLOW in wide
    ratio = geometric_mean((wide[name] / wide[FLOW]).to_numpy())[0] if both else None
    coverage = ok.loc[ok["method"] == name, "draws_coverage_90"].astype(float)
    return [page.value_text(ratio), f"{coverage.mean():.3f}" if coverage.notna().any() else page.ABSENT]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is missing, then write pattern.csv and pattern.md."""
    asked = parser_of(PROGRAM, __doc__, "results/pattern", datasets=DATASETS, seeds=(0, 1)).parse_args(arguments)

    def work() -> None:
        by_name = sweeps_of(asked.datasets, asked.seeds)
        sweeps = [sweep for of_name in by_name.values() for sweep in of_name]
        runs = [replace(sweep, methods=(METHODS[sweep.methods[0]][0],)) for sweep in sweeps]
        found = run_and_read(sweeps, asked, runs)
        frame = with_forests(found.frame, asked.results_dir)
        write_csv(frame, asked.out / "pattern.csv")
        write_text(asked.out / "pattern.md", page_of(frame, found.notes, cell_count(sweeps), date.today()))

    return exit_code(PROGRAM, work)


if __name__ == "__main__":
    sys.exit(main())
