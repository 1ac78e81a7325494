"""How categories enter the flow of mirf: as indicators, or as analog bits, on the same hidden cells."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd

from benchmarks import page
from benchmarks.cells import run_and_read
from benchmarks.command import exit_code, parser_of, write_text
from benchmarks.frame import CASE, write_csv
from benchmarks.sweep import Sweep, cell_count
from benchmarks.verdicts import geometric_mean, has_ratios
from mirimpute.methods.base import Completed, Fitted, Imputation, Problem
from mirimpute.methods.columnwise.classifier import Corners
from mirimpute.methods.loop import columns_of
from mirimpute.methods.mirf.method import Mirf
from mirimpute.types import Progress, no_progress

PROGRAM = "codes"
DATASETS = ("penguins", "titanic", "credit-g")
MECHANISMS = ("mcar", "mar")
RATE = 0.3
SHOWN = {
    "point_error_rate": "wrong categories",
    "draws_brier": "Brier",
    "draws_log_score": "log score",
    "point_rmse": "RMSE of numbers",
    "cpu_s": "CPU seconds",
}
_BITS = "method.target=benchmarks.codes.AnalogBits"
VARIANTS: dict[str, tuple[str, ...]] = {
    "indicators, flow only": ("mirf", "method.trees=0"),
    "analog bits, flow only": ("custom", _BITS, "+method.parameters.trees=0"),
    "indicators": ("mirf",),
    "analog bits": ("custom", _BITS),
}
"""Method and options of the command line. The first is the reference of the ratios."""


class Bits:
    """The code of Chen, Zhang, Hinton, "Analog bits", ICLR 2023: category number -> its binary digits.

    Args:
        problem: standardised, with indicators.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._corners: list[Corners | None] = []
        self.blocks: list[np.ndarray] = []
        parts: list[np.ndarray] = []
        for block in columns_of(problem):
            values = problem.x_incomplete[:, block]
            if any(np.array_equal(block, other) for other in problem.categorical):
                known = ~np.isnan(values[:, 0])
                corners = Corners.of(values[known])
                digits = _digits(corners.count)
                bits = np.full((len(values), digits.shape[1]), np.nan)
                bits[known] = digits[corners.labels(values[known])]
                values = bits
                self._corners.append(corners)
            else:
                self._corners.append(None)
            start = sum(part.shape[1] for part in parts)
            self.blocks.append(np.arange(start, start + values.shape[1]))
            parts.append(values)
        raw = np.hstack(parts)
        is_bit = np.concatenate(
            [np.full(len(b), c is not None) for b, c in zip(self.blocks, self._corners, strict=True)]
        )
        spread = np.nanstd(raw, axis=0)
        self._mean = np.where(is_bit, np.nanmean(raw, axis=0), 0.0)
        self._spread = np.where(is_bit & (spread > 0), spread, 1.0)
        self.x_incomplete = (raw - self._mean) / self._spread

    @property
    def coded(self) -> Problem:
        """The problem whose columns are numbers and bits."""
        columns = [
            replace(self.problem.columns[int(place[0])], name=f"{self.problem.columns[int(place[0])].name} bit {digit}")
            for place, block in zip(columns_of(self.problem), self.blocks, strict=True)
            for digit in range(len(block))
        ]
        return Problem(self.x_incomplete, tuple(columns), self.problem.seed, self.problem.device)

    def decode(self, x: np.ndarray) -> np.ndarray:
        """Return the indicators of coded columns (..., n, D): of the category whose bits are the nearest."""
        raw = x * self._spread + self._mean
        result = np.empty((*x.shape[:-1], self.problem.x_incomplete.shape[1]))
        for place, block, corners in zip(columns_of(self.problem), self.blocks, self._corners, strict=True):
            if corners is None:
                result[..., place] = x[..., block]
            else:
                distance = ((raw[..., None, block] - _digits(corners.count)) ** 2).sum(axis=-1)
                result[..., place] = corners.mixed(np.eye(corners.count)[distance.argmin(axis=-1)])
        return np.where(self.problem.missing, result, self.problem.x_incomplete)


@dataclass
class AnalogBits(Mirf):
    """mirf whose flow sees the binary digits of a category, each a column of two values, for its indicators.

    The digits of one category are hidden together, in the training and among the held-out cells.
    """

    name: str = "analog bits"

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Fit to the coded table, and decode what comes back."""
        from mirimpute.methods.mirf import learn as mirf_learning

        bits = Bits(problem)
        choose = mirf_learning._hold_out
        together = tuple(block for block in bits.blocks if len(block) > 1)

        def hold_out(part: Problem, *rest: Any) -> np.ndarray:
            return choose(replace(part, categorical=together), *rest)

        with mock.patch.object(mirf_learning, "_hold_out", hold_out):
            found = super().fit(bits.coded, progress).impute()
        return Completed(Imputation(bits.decode(found.point), bits.decode(found.draws), found.trace, found.notes))


def _digits(count: int) -> np.ndarray:
    """Return the binary digits of the numbers below ``count``, (count, digits)."""
    return np.arange(count)[:, None] >> np.arange(max(1, (count - 1).bit_length())) & 1


def sweeps_of(datasets: Sequence[str], chosen: Sequence[int]) -> list[Sweep]:
    """Return the sweeps; the rows carry the variant's name as the method's."""
    return [
        Sweep(dataset, (variant,), MECHANISMS, tuple(chosen), RATE, (*options[1:], f"method.name='{variant}'"))
        for dataset in datasets
        for variant, options in VARIANTS.items()
    ]


def page_of(frame: pd.DataFrame) -> list[str]:
    """Return the lines of the page but for its ending: means over the seeds."""
    ok = frame[frame["status"] == "ok"].reindex(columns=list(dict.fromkeys([*frame.columns, *SHOWN])))
    means = {
        case: ok[(ok[CASE[:2]] == list(case)).all(axis=1)].groupby("method")[list(SHOWN)].mean()
        for case in sorted(set(ok[CASE[:2]].itertuples(index=False, name=None)))
    }
    lines = [
        [" ".join(case), variant, *(page.value_text(of_case.loc[variant, field]) for field in SHOWN)]
        for case, of_case in means.items()
        for variant in VARIANTS
        if variant in of_case.index
    ]
    reference = next(iter(VARIANTS))
    compared = [
        [mechanism, variant, *(_against(means, mechanism, variant, reference, field) for field in SHOWN)]
        for mechanism in MECHANISMS
        if any(case[1] == mechanism for case in means)
        for variant in VARIANTS
        if variant != reference
    ]
    return [
        "# Categories in the flow: indicators or analog bits",
        "",
        f"Rate {RATE:g} of the observed cells hidden; means over the seeds, lower is better. An indicator is a "
        "column per category; analog bits are the binary digits of its number, rounded to the nearest category. "
        "Without trees the flow and its Gaussian base stand alone. Made by `python -m benchmarks.codes`.",
        "",
        *page.table(["case", "code", *SHOWN.values()], lines, left=2),
        f"Against {reference}, by mechanism: mean difference over the tables and how many of them it is better on; of "
        "RMSE and CPU seconds the geometric mean of ratios:",
        "",
        *page.table(["mechanism", "code", *SHOWN.values()], compared, left=2),
    ]


def _against(
    means: dict[tuple[str, str], pd.DataFrame], mechanism: str, variant: str, reference: str, field: str
) -> str:
    """Return how a variant compares with the reference on the tables of one mechanism, in words."""
    of = [table for case, table in means.items() if case[1] == mechanism and {variant, reference} <= set(table.index)]
    both = np.array([[table.loc[variant, field], table.loc[reference, field]] for table in of], dtype=float)
    both = both.reshape(-1, 2)
    both = both[~np.isnan(both).any(axis=1)]
    if not len(both):
        return page.ABSENT
    better = f"{(both[:, 0] < both[:, 1]).sum()} of {len(both)}"
    if has_ratios(field):
        return f"{page.value_text(geometric_mean(both[:, 0] / both[:, 1])[0])} ({better})"
    return f"{page.value_text(float((both[:, 0] - both[:, 1]).mean()))} ({better})"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is missing, then write codes.csv and codes.md."""
    asked = parser_of(PROGRAM, __doc__, "results/codes", datasets=DATASETS, seeds=(0,)).parse_args(arguments)

    def work() -> None:
        sweeps = sweeps_of(asked.datasets, asked.seeds)
        runs = [replace(sweep, methods=VARIANTS[sweep.methods[0]][:1]) for sweep in sweeps]
        found = run_and_read(sweeps, asked, runs)
        write_csv(found.frame, asked.out / "codes.csv")
        ending = page.ending(found.frame, found.notes, cell_count(sweeps), date.today())
        write_text(asked.out / "codes.md", "\n".join([*page_of(found.frame), *ending]) + "\n")

    return exit_code(PROGRAM, work)


if __name__ == "__main__":
    sys.exit(main())
