"""Each native method beside the library's own version of it, on the same hidden cells: is it as good?"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from benchmarks import page
from benchmarks.cells import ONE_DRAW, run_and_read
from benchmarks.command import exit_code, parser_of, write_text
from benchmarks.frame import CASE, write_csv
from benchmarks.sweep import Sweep, cell_count
from mirimpute.errors import unknown

PROGRAM = "parity"
DATASETS = ("breast_cancer", "uci/wine", "uci/concrete")
MECHANISMS = ("mcar", "mar")
RATE = 0.3
PAIRS = {
    "ice": "sklearn/ice",
    "mice": "statsmodels/mice",
    "mice_by_row": "hyperimpute/mice",
    "missforest": "sklearn/missforest",
    "hyper": "hyperimpute/hyperimpute",
    "gaussian_em": "hyperimpute/EM",
    "gain": "hyperimpute/gain",
    "sinkhorn": "hyperimpute/sinkhorn",
    "miwae": "hyperimpute/miwae",
}
"""Native method -> its reference, the same algorithm in a library."""
OTHERS = {"mice": "hyperimpute/mice"}
"""Native method -> a reference of its name that is another algorithm: matching beside Bayesian regression."""
TOLERANCE = 0.05
MORE_SEEDS = 3
FIELDS = {"point_rmse": "point RMSE", "draw_energy": "draw energy"}
BETTER, WITHIN, NOISE, WORSE = "better", "within 5 %", "worse, within noise", "worse"


@dataclass(frozen=True)
class Comparison:
    """One measure of a pair on one case.

    Attributes:
        native, reference: means over the seeds that both have.
        seeds: how many.
        verdict: one of the four, or "" without a seed.
    """

    native: float
    reference: float
    seeds: int
    verdict: str


def compare(native: np.ndarray, reference: np.ndarray) -> Comparison:
    """Return the comparison of a measure by seed; lower is better.

    "Within noise" says that the mean difference between the two is below two of its standard errors over the seeds.

    >>> compare(np.array([1.0, 1.1]), np.array([1.0, 1.08])).verdict
    'within 5 %'
    """
    if len(native) == 0:
        return Comparison(float("nan"), float("nan"), 0, "")
    ours, theirs, difference = native.mean(), reference.mean(), native - reference
    if ours <= theirs:
        verdict = BETTER
    elif ours <= theirs + TOLERANCE * abs(theirs):
        verdict = WITHIN
    elif len(native) > 1 and difference.mean() < 2 * difference.std(ddof=1) / len(native) ** 0.5:
        verdict = NOISE
    else:
        verdict = WORSE
    return Comparison(float(ours), float(theirs), len(native), verdict)


def sweeps_of(datasets: Sequence[str], natives: Sequence[str], chosen: Sequence[int]) -> list[Sweep]:
    """Return the sweeps of each dataset: each native method, then its reference.

    Those that compare one draw with one draw get three times as many seeds: both have the noise of a draw.
    """
    sweeps = []
    pairs = [
        (native, references[native]) for native in natives for references in (PAIRS, OTHERS) if native in references
    ]
    for dataset in datasets:
        for drawn in (False, True):
            own = [pair for pair in pairs if (pair[1] in ONE_DRAW) == drawn]
            methods = tuple(dict.fromkeys(method for pair in own for method in pair))
            seeds = range(len(chosen) * MORE_SEEDS) if drawn else chosen
            if methods:
                sweeps.append(Sweep(dataset, methods, MECHANISMS, tuple(sorted({*chosen, *seeds})), RATE))
    return sweeps


def comparisons(
    frame: pd.DataFrame, native: str, reference: str, case: tuple[str, str, float]
) -> dict[str, Comparison]:
    """Return field -> comparison of a native method and a reference on the seeds on which both are ok."""
    rows = frame[(frame["status"] == "ok") & (frame[CASE] == list(case)).all(axis=1)]
    ours, theirs = (rows[rows["method"] == name].set_index("seed") for name in (native, reference))
    common = ours.index.intersection(theirs.index).sort_values()
    found = {}
    for field in FIELDS:
        read = field.replace("point", "draw") if reference in ONE_DRAW else field
        have = read in rows
        found[field] = compare(
            *(each.loc[common, read].to_numpy(float) if have else np.empty(0) for each in (ours, theirs))
        )
    return found


def page_of(frame: pd.DataFrame, sweeps: Sequence[Sweep], natives: Sequence[str]) -> list[str]:
    """Return the lines of the page but for its ending."""
    cases = list(dict.fromkeys(case for sweep in sweeps for case in sweep.cases))
    pairs, others = (
        [(native, references[native]) for native in natives if native in references] for references in (PAIRS, OTHERS)
    )
    lines = [
        "# Parity of the native methods with their references",
        "",
        f"Rate {RATE:g} of the cells hidden; means over the seeds on which both are ok; both measures are better when "
        "lower. A reference that draws nothing is scored on its point; the point of "
        f"{' and of '.join(ONE_DRAW)} is a draw, so there the errors are those of draws. "
        "Made by `python -m benchmarks.parity`.",
        "",
        *_table(frame, pairs, cases),
    ]
    if others:
        lines += [
            "",
            "## A reference of the same name, but another algorithm",
            "",
            "hyperimpute/mice draws from a Bayesian regression, as `mice_by_row` does; `mice` matches. Matching draws "
            "observed values, and so cannot go beyond them where the rows that miss a column lie apart from those that "
            "have it, which a regression that holds there can: under MAR on breast_cancer.",
            "",
            *_table(frame, others, cases),
        ]
    return lines


def _table(frame: pd.DataFrame, pairs: Sequence[tuple[str, str]], cases: Sequence[tuple[str, str, float]]) -> list[str]:
    lines, verdicts = [], []
    for native, reference in pairs:
        for case in cases:
            found = comparisons(frame, native, reference, case)
            verdicts += [each.verdict for each in found.values() if each.verdict]
            numbers = [
                text
                for each in found.values()
                for text in (page.value_text(each.native), page.value_text(each.reference), each.verdict or page.ABSENT)
            ]
            lines.append([native, reference, f"{case[0]} {case[1]}", str(found["point_rmse"].seeds), *numbers])
    heads = ["method", "reference", "case", "seeds"]
    heads += [head for label in FIELDS.values() for head in (label, "reference's", "verdict")]
    counts = ", ".join(f"{verdicts.count(each)} {each}" for each in (BETTER, WITHIN, NOISE, WORSE))
    return [*page.table(heads, lines, left=3), f"- Verdicts: {counts}."]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is missing, then write parity.csv and parity.md."""
    known = tuple(PAIRS)
    parser = parser_of(PROGRAM, __doc__, "results/parity", datasets=DATASETS, methods=known, seeds=(0, 1, 2))
    asked = parser.parse_args(arguments)

    def work() -> None:
        for name in asked.methods:
            if name not in known:
                raise unknown("native method", name, known)
        sweeps = sweeps_of(asked.datasets, asked.methods, asked.seeds)
        found = run_and_read(sweeps, asked)
        write_csv(found.frame, asked.out / "parity.csv")
        ending = page.ending(found.frame, found.notes, cell_count(sweeps), date.today())
        write_text(asked.out / "parity.md", "\n".join([*page_of(found.frame, sweeps, asked.methods), *ending]) + "\n")

    return exit_code(PROGRAM, work)


if __name__ == "__main__":
    sys.exit(main())
