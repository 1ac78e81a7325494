"""Draw how much the completed rows tell of the pattern: python -m scripts.information_picture, for `docs/theory.md`.

The table is scikit-learn's breast_cancer, 30 % of it hidden at random, three masks. The pattern is independent of the
data, so that rows which tell nothing of it are at 0 bits; what the true rows are measured to tell is the noise of that.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from mirimpute.amputation import MECHANISMS
from mirimpute.bench.dataset_catalog import named_dataset
from mirimpute.bench.hide import hide
from mirimpute.bench.protocol import Protocol
from mirimpute.bench.scoring import SCORED_ROWS_SEED, answers_of
from mirimpute.bench.tracing import trace_with_information
from mirimpute.methods.base import Imputation, problem_of
from mirimpute.methods.presets import named_method
from mirimpute.report.palette import BLACK, BLUE, GREEN, VERMILLION
from mirimpute.report.style import styled

PATH = Path(__file__).parents[1] / "docs/information.png"
ROUNDS, SEEDS, RATE = 4, (0, 1, 2), 0.3
METHODS = {"mirf": ("mirf, the pool", VERMILLION), "mirf_flow": ("mirf_flow", BLUE), "mice": ("mice", GREEN)}
OFF_SCALE = "mean"
MOST_BITS = 0.6
"""The first fill of mice, a random value of the column, tells more, and is off the scale."""
TRUE = "true rows"

Curves = dict[str, list[tuple[list[int], list[float]]]]
"""Of each method and seed: rounds, and bits."""


def curves(dataset: str, rounds: int, seeds: tuple[int, ...]) -> Curves:
    """Return the curves of all methods, and the level of the true rows, of a complete table of numbers."""
    found: Curves = {}
    table = named_dataset(dataset).load(Path())
    for seed in seeds:
        hidden = hide(table, dataset, MECHANISMS["mcar"](name="mcar"), RATE, seed)
        scored = hidden.amputation.scored
        problem, encoding, scale = problem_of(hidden.x_incomplete, table.columns, hidden.method_seed)
        rows = np.arange(len(scored))
        answers = answers_of(Protocol(), table.values, hidden.x_incomplete, rows, scored, encoding, scale, None)
        x_true = answers.table_scale.standardise(answers.truth)

        def bits(imputation: Imputation) -> tuple[list[int], list[float]]:
            trace = trace_with_information(problem, imputation, x_true, scored, SCORED_ROWS_SEED)  # noqa: B023
            kept = [each for each in trace if "mi_bits" in each]
            return [int(each["round"]) for each in kept], [float(each["mi_bits"]) for each in kept]

        for name in (*METHODS, OFF_SCALE):
            method = named_method(name, {"rounds": rounds} if name in METHODS else None)
            found.setdefault(name, []).append(bits(method.fit(problem).impute()))
        truth = Imputation(point=x_true, draws=x_true[None], trace=[])
        found.setdefault(TRUE, []).append(bits(truth))
    return found


def figure_of(found: Curves) -> Figure:
    """Return the figure: a line per method and mask, the lines of the true rows across."""
    with styled():
        figure = Figure(figsize=(5.6, 2.6), dpi=110, layout="constrained")
        axes = figure.subplots()
        for name, (label, colour) in METHODS.items():
            for number, (rounds, bits) in enumerate(found[name]):
                axes.plot(rounds, bits, color=colour, marker="o", label="" if number else label)
        for number, (_, bits) in enumerate(found[TRUE]):
            axes.axhline(bits[0], color=BLACK, linestyle=":", linewidth=0.8, label="" if number else TRUE)
        axes.set(xlabel="round (0: the first fill; last: the answer)", ylabel="bits told of the pattern")
        axes.set_ylim(top=MOST_BITS)
        axes.set_xticks(range(ROUNDS + 2))
        figure.legend(loc="outside right upper")
    return figure


def main() -> None:
    """Measure, and draw."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else PATH
    found = curves("breast_cancer", ROUNDS, SEEDS)
    for name, lines in found.items():
        print(name, [np.round(bits, 3).tolist() for _, bits in lines])
    figure_of(found).savefig(path)


if __name__ == "__main__":
    main()
