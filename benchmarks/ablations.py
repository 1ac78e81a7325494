"""What each part of mirf is worth: the defaults against the same with one part changed, on the same hidden cells."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pandas as pd

from benchmarks import page
from benchmarks.cells import run_and_read
from benchmarks.command import exit_code, parser_of, write_text
from benchmarks.frame import CASE, write_csv
from benchmarks.sweep import Sweep, cell_count
from benchmarks.verdicts import geometric_mean, has_ratios
from mirimpute.report.statistics import mean_interval

PROGRAM = "ablations"
DATASETS = ("uci/wine", "uci/energy", "uci/housing", "uci/stock", "wine_recognition")
MECHANISMS = ("mcar", "mar")
DEFAULT = "mirf"
VARIANTS: dict[str, tuple[str, ...]] = {
    DEFAULT: (),
    "no trees": ("method.trees=0",),
    "half of the trees": ("method.trees=10",),
    "one sweep": ("method.sweeps=1",),
    "five sweeps": ("method.sweeps=5",),
    "one long round": ("method.rounds=1", "method.steps=1600"),
    "four rounds": ("method.rounds=4", "method.steps=400"),
    "half of the steps": ("method.steps=400", "method.final_steps=200"),
    "one chain": ("method.chains=1",),
    "ten chains": ("method.chains=10",),
    "no dropout": ("method.dropout=0",),
    "a fifth held out": ("method.held_out=0.2",),
}
"""What is changed, as options of the command line."""

SHOWN = {"point_rmse": "point RMSE", "shrunk_w2": "shrunk W2", "draw_energy": "draw energy", "seconds": "seconds"}


def sweeps_of(datasets: Sequence[str], chosen: Sequence[int]) -> dict[str, list[Sweep]]:
    """Return the sweeps of each variant; the rows carry the variant's name as the method's."""
    return {
        variant: [
            Sweep(dataset, (variant,), MECHANISMS, tuple(chosen), 0.4, (f"method.name='{variant}'", *options))
            for dataset in datasets
        ]
        for variant, options in VARIANTS.items()
    }


def against_defaults(frame: pd.DataFrame, field: str) -> dict[str, str]:
    """Return for each variant how ``field`` compares with the defaults' on the cells that both have, in words.

    The geometric mean of ratios, of what cannot be near zero; of all else the mean difference with its 95 % interval
    over cells (Student). Nothing is left out because of its size.
    """
    wide = frame[frame["status"] == "ok"].pivot_table(index=[*CASE, "seed"], columns="method", values=field)
    found = {}
    for variant in (name for name in VARIANTS if name in wide and DEFAULT in wide and name != DEFAULT):
        both = wide[[variant, DEFAULT]].dropna().to_numpy(dtype=float)
        if has_ratios(field):
            found[variant] = page.value_text(geometric_mean(both[:, 0] / both[:, 1])[0])
        else:
            mean, low, high = map(page.value_text, mean_interval(both[:, 0] - both[:, 1]))
            found[variant] = f"{mean} ({low} to {high})"
    return found


def page_of(frame: pd.DataFrame, notes: Sequence[str], wanted: int, today: date) -> str:
    """Return the Markdown page."""
    lines = [
        "# Ablations of mirf",
        "",
        "Each line is mirf with one thing changed, beside the defaults on the same cells, by mechanism. RMSE, W2 and "
        "seconds: ratio, geometric mean, below 1 where the change is better (faster). Energy: mean difference and its "
        "95 % interval over the cells, below 0 where the change is better. Made by `python -m benchmarks.ablations`.",
        "",
    ]
    for mechanism in (each for each in MECHANISMS if (frame["mechanism"] == each).any()):
        own = frame[frame["mechanism"] == mechanism]
        by_field = {field: against_defaults(own, field) for field in SHOWN}
        lines += [
            f"## {mechanism}",
            "",
            *page.table(
                ["change", *SHOWN.values(), "cells"],
                [
                    [
                        " ".join([variant, *(f"`{option}`" for option in options)]),
                        *(by_field[field].get(variant, page.ABSENT) for field in SHOWN),
                        str(int((own[own["method"] == variant]["status"] == "ok").sum())),
                    ]
                    for variant, options in VARIANTS.items()
                    if variant != DEFAULT
                ],
            ),
        ]
    lines += page.ending(frame, notes, wanted, today)
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is missing, then write ablations.csv and ablations.md."""
    asked = parser_of(PROGRAM, __doc__, "results/ablations", datasets=DATASETS, seeds=(0,)).parse_args(arguments)

    def work() -> None:
        sweeps = [sweep for of_variant in sweeps_of(asked.datasets, asked.seeds).values() for sweep in of_variant]
        found = run_and_read(sweeps, asked, runs=[replace(sweep, methods=(DEFAULT,)) for sweep in sweeps])
        write_csv(found.frame, asked.out / "ablations.csv")
        text = page_of(found.frame, found.notes, cell_count(sweeps), date.today())
        write_text(asked.out / "ablations.md", text)

    return exit_code(PROGRAM, work)


if __name__ == "__main__":
    sys.exit(main())
