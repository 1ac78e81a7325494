"""What each part of mirf is worth: the defaults against the same with one part changed, on the same hidden cells."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from types import ModuleType
from typing import Annotated, Any
from unittest import mock

import numpy as np
import pandas as pd

from benchmarks import page
from benchmarks.cells import run_and_read
from benchmarks.command import exit_code, parser_of, write_text
from benchmarks.frame import CASE, write_csv
from benchmarks.sweep import Sweep, cell_count
from benchmarks.verdicts import geometric_mean, has_ratios
from mirimpute.methods.base import Completed, Fitted, Problem
from mirimpute.methods.mirf import donors, learn, pool, pool_transport
from mirimpute.methods.mirf.donors import MEMBERS
from mirimpute.methods.mirf.method import Mirf
from mirimpute.methods.mirf.pool import Pool
from mirimpute.methods.parameters import Options
from mirimpute.report.statistics import mean_interval
from mirimpute.types import Progress, no_progress

PROGRAM = "ablations"
DATASETS = ("uci/concrete", "uci/wine", "uci/energy", "uci/solar", "titanic")
"""Of those for choosing."""
MECHANISMS = ("mcar", "mar")
RATE = 0.3
_CUT = ("dataset.max_rows=1000",)
DEFAULT = "mirf"
_WITHOUT = ("method.target=benchmarks.ablations.Without",)
VARIANTS: dict[str, tuple[str, ...]] = {
    DEFAULT: (),
    "no trees": ("method.trees=0",),
    "hardly a network": ("method.steps=1", "method.final_steps=1"),
    "leaves of five alone": (*_WITHOUT, "+method.parameters.part=sizes"),
    "weights not learnt": (*_WITHOUT, "+method.parameters.part=weights"),
    "weights that start even": (*_WITHOUT, "+method.parameters.part=start"),
    "half of the trees": ("method.trees=10",),
    "one sweep": ("method.sweeps=1",),
    "three sweeps": ("method.sweeps=3",),
    "six sweeps": ("method.sweeps=6",),
    "two rounds": ("method.rounds=2",),
    "twice the steps": ("method.steps=800", "method.final_steps=800"),
    "half of the steps": ("method.steps=200", "method.final_steps=200"),
    "one chain": ("method.chains=1",),
    "no dropout": ("method.dropout=0",),
    "a fifth held out": ("method.held_out=0.2",),
}
"""What is changed, as options of the command line."""

SHOWN = {
    "draws_crps": "CRPS",
    "point_rmse": "RMSE of the point",
    "draw_energy": "energy distance",
    "draws_brier": "Brier score",
}


@dataclass
class Without(Mirf):
    """mirf without one of its parts.

    Attributes:
        part: sizes (donors come from leaves of five rows alone), weights (those of the pool are not learnt: half for
            the flow, the rest even), or start (they are learnt from that beginning, worth four cells).
    """

    name: str = "mirf without a part"
    part: Annotated[str, Options(("sizes", "weights", "start"))] = "sizes"

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Fit without the part."""
        with _without(self.part):
            return Completed(super().fit(problem, progress).impute())


@contextmanager
def _without(part: str) -> Iterator[None]:
    even = Pool.even(1).of_draws[0, 0]
    changes: dict[str, list[tuple[ModuleType, str, Any]]] = {
        "sizes": [(donors, "_SIZE_OF_MEMBER", np.full(MEMBERS, 5))],
        "weights": [(pool_transport, "fit_pool", lambda evidence, blocks, n_columns, before: Pool.even(n_columns))],
        "start": [(learn, "BEFORE", even), (pool, "OF_TABLE", 4.0)],
    }
    with ExitStack() as stack:
        for module, attribute, value in changes[part]:
            stack.enter_context(mock.patch.object(module, attribute, value))
        yield


def sweeps_of(datasets: Sequence[str], chosen: Sequence[int]) -> dict[str, list[Sweep]]:
    """Return the sweeps of each variant; the rows carry the variant's name as the method's."""
    return {
        variant: [
            Sweep(dataset, (variant,), MECHANISMS, tuple(chosen), RATE, (f"method.name='{variant}'", *options, *_CUT))
            for dataset in datasets
        ]
        for variant, options in VARIANTS.items()
    }


def _class_of(sweep: Sweep) -> str:
    return "custom" if set(_WITHOUT) <= set(sweep.options) else DEFAULT


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
            ratio = page.value_text(geometric_mean(both[:, 0] / both[:, 1])[0])
            found[variant] = f"{ratio} ({(both[:, 0] < both[:, 1]).sum()} of {len(both)})"
        else:
            mean, low, high = map(page.value_text, mean_interval(both[:, 0] - both[:, 1]))
            found[variant] = f"{mean} ({low} to {high})" if len(both) > 1 else f"{mean} (one cell)"
    return found


def page_of(frame: pd.DataFrame, notes: Sequence[str], wanted: int, today: date) -> str:
    """Return the Markdown page."""
    lines = [
        "# Ablations of mirf",
        "",
        "Each line is mirf with one thing changed, beside the defaults on the same cells, by mechanism; tables are cut "
        "to 1,000 rows. CRPS and RMSE: ratio, geometric mean, below 1 where the change is better, and in "
        "how many cells it is. Energy and Brier score: mean difference and its 95 % interval over the cells, "
        "below 0 where the change is better. Made by `python -m benchmarks.ablations`.",
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
        found = run_and_read(sweeps, asked, runs=[replace(sweep, methods=(_class_of(sweep),)) for sweep in sweeps])
        write_csv(found.frame, asked.out / "ablations.csv")
        text = page_of(found.frame, found.notes, cell_count(sweeps), date.today())
        write_text(asked.out / "ablations.md", text)

    return exit_code(PROGRAM, work)


if __name__ == "__main__":
    sys.exit(main())
