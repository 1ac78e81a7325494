"""mirf_paper on the two clusters of its paper, in the paper's units, beside what its released notebook prints."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
import torch

from benchmarks import page
from benchmarks.command import exit_code, parser_of, seeds, write_text
from mirimpute.datasets.synthetic import TwoGaussians
from mirimpute.methods.base import Problem
from mirimpute.methods.baselines.mirf_paper import MirfPaper, PaperFlowTransport, fill_noise
from mirimpute.methods.loop import Schedule, reduce
from mirimpute.metrics.comparison import Comparison
from mirimpute.metrics.mmd2 import mmd2, mmd2_v
from mirimpute.seeding import generator
from mirimpute.types import no_progress

PROGRAM = "paper-toy"
NOTEBOOK = (0.0212, 0.0017, 0.0010, 0.0001, 0.0001)
"""MMD² before rounds 1 to 5 that the released notebook prints, for its own 1,000 rows and mask."""
RATE = 0.3
ROUNDS = len(NOTEBOOK)
FIELDS = {"mmd2_all_rows": "all rows, V-statistic", "mmd2": "incomplete rows, unbiased"}


class Watched(PaperFlowTransport):
    """The paper's transport, which keeps the completed table that each round starts from."""

    before: list[np.ndarray]

    def fit(self, x: np.ndarray, missing: np.ndarray, block: np.ndarray, rng: np.random.Generator) -> None:
        """Keep a copy, then train."""
        self.before.append(x[0].copy())
        super().fit(x, missing, block, rng)


def run(seed: int) -> pd.DataFrame:
    """Return MMD² before each round and after the last, one line each.

    The table is not standardised: the learning rate of the paper was chosen for the units of its example.
    """
    x_true = TwoGaussians(name="two_gaussians", data_seed=seed).sample()
    missing = generator(seed, "paper toy").random(x_true.shape) < RATE
    problem = Problem(np.where(missing, np.nan, x_true), (), seed)
    method = MirfPaper(rounds=ROUNDS)
    transport = Watched(method, problem, no_progress)
    transport.before = []
    schedule = Schedule(sweep="joint", step="draw", rounds=ROUNDS)
    done = reduce(problem, transport, schedule, fill_noise, generator(seed, "mirf_paper"), no_progress)
    lines = []
    for number, x_imputed in enumerate([*transport.before, done.point], start=1):
        every = Comparison(x_true, x_imputed, np.ones_like(missing), max_rows=len(x_true), rng_seed=seed)
        some = Comparison(x_true, x_imputed, missing, max_rows=len(x_true), rng_seed=seed)
        lines.append({"seed": seed, "before_round": number, "mmd2_all_rows": mmd2_v(every), "mmd2": mmd2(some)})
        print(lines[-1], flush=True)
    return pd.DataFrame(lines)


def page_of(frame: pd.DataFrame, today: date) -> str:
    """Return the Markdown page."""
    lines = [
        "# mirf_paper on its paper's example",
        "",
        "Two clusters at ±2 with standard deviation 0.5, 1,000 rows, 30 % missing completely at random, in the paper's "
        "units. MMD² between completed and true rows before each round: over all rows, as the released notebook "
        "prints it, and over the rows with a missing cell, as everywhere else in this project. "
        "Made by `python -m benchmarks.paper_toy`.",
        "",
    ]
    heads = ["rows", "seed", *(f"before round {number}" for number in range(1, ROUNDS + 1)), f"after round {ROUNDS}"]
    notebook = ["released notebook", page.ABSENT, *(f"{value:.4f}" for value in NOTEBOOK), page.ABSENT]
    ours = [
        [label, str(seed), *(f"{value:.4f}" for value in own[field])]
        for field, label in FIELDS.items()
        for seed, own in frame.groupby("seed")
    ]
    made = [f"- Page of {today.isoformat()}.", page.made_with("mirf_paper")]
    return "\n".join([*lines, *page.table(heads, [notebook, *ours], left=2), *made]) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, then write paper_toy.csv and paper_toy.md."""
    parser = parser_of(PROGRAM, __doc__ or "", None)
    parser.add_argument("--seeds", type=seeds, default=(0, 1, 2), help="default: 0,1,2 (four minutes each)")
    asked = parser.parse_args(arguments)

    def work() -> None:
        torch.set_num_threads(1)
        path = asked.out / "paper_toy.csv"
        frame = pd.read_csv(path) if asked.table_only else pd.concat([run(seed) for seed in asked.seeds])
        if not asked.table_only:
            write_text(path, frame.to_csv(index=False, float_format="%.6g"))
        write_text(asked.out / "paper_toy.md", page_of(frame, date.today()))

    return exit_code(PROGRAM, work)


if __name__ == "__main__":
    sys.exit(main())
