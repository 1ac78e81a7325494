"""What assuming self-masking costs where values are missing at random. ``python -m benchmarks.selection --help``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import page
from benchmarks.command import HERE, exit_code, seeds, write_text
from mirimpute.methods.base import problem_of
from mirimpute.methods.presets import named_method
from mirimpute.table.columns import Column, Kind

PROGRAM = "selection"
DRIVERS, SLOPES, ROWS = (1, 2, 4), (0.5, 1.0, 2.0, 3.0), (200, 1000, 5000)
SELF = 0
"""Number of driving columns that stands for self-masking: the column drives its own pattern."""
RATE, CORRELATION = 0.3, 0.6
QUICK = {"steps": 40, "final_steps": 40, "width": 24, "draws": 2, "trees": 8}
"""The networks matter little for what is asked here."""
ANSWERS: dict[str, dict[str, Any]] = {
    "default": {},
    "self_masking": {"selection": "self_masking"},
}


def table(drivers: int, slope: float, rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return normal columns (rows, 1 + drivers) of correlation 0.6, and which cells of the first are missing, (rows,).

    The log-odds of a missing cell are ``slope`` times the standardised sum of the driving columns, all others, or, for
    no driving column, the first column itself (one other column is there to predict it); three in ten are missing.
    """
    rng = np.random.default_rng(seed)
    d = 1 + max(drivers, 1)
    x = rng.multivariate_normal(np.zeros(d), CORRELATION + (1 - CORRELATION) * np.eye(d), size=rows)
    score = x[:, 1:].sum(axis=1) if drivers else x[:, 0]
    odds = slope * score / score.std()
    low, high = -20.0, 20.0
    for _ in range(50):
        level = (low + high) / 2
        low, high = (low, level) if _chance(odds + level).mean() > RATE else (level, high)
    return x, rng.random(rows) < _chance(odds + low)


def _chance(odds: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-odds))


def answered(drivers: int, slope: float, rows: int, seed: int) -> dict[str, Any]:
    """Return what each of :data:`ANSWERS` says of one table: RMSE, whether it is tilted, and whether a note says so."""
    x, hidden = table(drivers, slope, rows, seed)
    x_incomplete = x.copy()
    x_incomplete[hidden, 0] = np.nan
    columns = tuple(Column(f"x{j}", Kind.CONTINUOUS) for j in range(x.shape[1]))
    problem, _, scale = problem_of(x_incomplete, columns, seed)
    truth = scale.standardise(x)[hidden, 0]
    line: dict[str, Any] = {"drivers": drivers, "slope": slope, "rows": rows, "seed": seed}
    for name, given in ANSWERS.items():
        found = named_method("mirf_fast", {**QUICK, **given}).fit(problem).impute()
        line[f"{name}_rmse"] = float(np.sqrt(((found.point[hidden, 0] - truth) ** 2).mean()))
        line[f"{name}_noted"] = any("self_masking" in note for note in found.notes)
    tilted = {f"{name}_tilted": line[f"{name}_rmse"] != line["default_rmse"] for name in ANSWERS}
    return {**line, **{name: found for name, found in tilted.items() if name != "default_tilted"}}


def page_of(frame: pd.DataFrame, today: date) -> str:
    """Return the Markdown page."""
    mar = frame[frame["drivers"] > SELF]
    heads = ["tables", "RMSE, default", "tilted if assumed", "RMSE, assumed"]
    text = [
        "# Values missing at random, and what assuming self-masking makes of them",
        "",
        f"Normal columns of correlation {CORRELATION:g}, one of which loses {RATE:.0%} of its cells by the logistic"
        " model of one, two or four others (MAR), or of its own values (self-masking, with one other column to predict"
        " it). `mirf_fast` with small networks, as it is (default: nothing is tilted), and with"
        " `method.selection=self_masking`, which is `mirf_mnar`'s assumption. Errors in standard deviations of the"
        " observed cells. Made by `python -m benchmarks.selection`.",
        "",
        f"Assumed, self-masking tilts {int(mar['self_masking_tilted'].sum())} of {len(mar)} MAR tables: from data"
        " alone the two are not told apart. A note says so in"
        f" {int(frame['self_masking_noted'].sum())} of {len(frame)} answers that assume it, and in"
        f" {int(frame['default_noted'].sum())} that do not.",
        "",
        "## By strength of the mechanism",
        "",
        *page.table(["pattern", "slope", *heads], _lines(frame, "slope")),
        "## By size of the table",
        "",
        *page.table(["pattern", "rows", *heads], _lines(frame, "rows")),
        f"- Page of {today}.",
        page.made_with("mirf_fast"),
    ]
    return "\n".join(text) + "\n"


def _lines(frame: pd.DataFrame, by: str) -> list[list[str]]:
    lines = []
    for drivers, value in frame[["drivers", by]].drop_duplicates().sort_values(["drivers", by]).to_numpy():
        group = frame[(frame["drivers"] == drivers) & (frame[by] == value)]
        pattern = "self-masking" if drivers == SELF else f"MAR, {drivers:g} column{'s' if drivers > 1 else ''}"
        errors = {name: page.value_text(group[f"{name}_rmse"].mean()) for name in ANSWERS}
        lines.append(
            [
                pattern,
                f"{value:g}",
                str(len(group)),
                errors["default"],
                str(int(group["self_masking_tilted"].sum())),
                errors["self_masking"],
            ]
        )
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate, and write selection.csv and selection.md."""
    parser = argparse.ArgumentParser(prog=PROGRAM, description=__doc__)
    parser.add_argument("--seeds", type=seeds, default=(0, 1), help="of the tables (default: 0,1)")
    parser.add_argument("--largest", type=int, default=max(ROWS), help="rows of a table at most (%(default)s)")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of the CSV file and the page (benchmarks)")
    asked = parser.parse_args(arguments)

    def work() -> None:
        sizes = [rows for rows in ROWS if rows <= asked.largest]
        grid = product((SELF, *DRIVERS), SLOPES, sizes, asked.seeds)
        frame = pd.DataFrame([answered(*each) for each in grid])
        write_text(asked.out / "selection.csv", frame.to_csv(index=False, float_format="%.6g"))
        write_text(asked.out / "selection.md", page_of(frame, date.today()))

    return exit_code(PROGRAM, work)


if __name__ == "__main__":
    sys.exit(main())
