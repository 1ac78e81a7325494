"""`mice` beside the mice of R on the same hidden cells: ``python -m benchmarks.mice_r --help``.

R is run as a program, on ``mice_r.R``. Both draw by the same kind of transport, with as many chains and rounds.
"""

from __future__ import annotations

import argparse
import itertools
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import page
from benchmarks.command import HERE, exit_code, names, parser_of, seeds, write_text
from benchmarks.mice_r_page import page_of
from benchmarks.mice_r_tables import AMOUNTS, PROGRAM, TABLES, Case
from mirimpute.errors import UserError, unknown
from mirimpute.methods.baselines.mice import Mice
from mirimpute.metrics.categories import brier
from mirimpute.metrics.comparison import Comparison
from mirimpute.metrics.draws import Draws
from mirimpute.metrics.energy import energy
from mirimpute.metrics.w1_marginal import w1_marginal_scored
from mirimpute.numerics.crps import crps
from mirimpute.types import Array

SCRIPT = HERE / "mice_r.R"
KINDS = {"pmm": "pmm", "bayes": "norm", "cart": "cart", "rf": "rf"}
"""Kind of ours to method of R's mice."""
COMPARED_KINDS = ("pmm", "cart", "rf")
SEEDS = tuple(range(9))


def ours(case: Case, seed: int, chains: int = 50, rounds: int = 10, kind: str = "pmm") -> Array:
    """Return completed tables (chains, n, d), standardised, of our method."""
    method = Mice(kind=kind, chains=chains, rounds=rounds)
    draws = method.fit(replace(case.problem, seed=seed)).impute().draws
    return np.stack([case.encoding.decode(draw, case.scale) for draw in draws])


def of_r(case: Case, seed: int, chains: int = 50, rounds: int = 10, kind: str = "pmm") -> Array:
    """Return completed tables (chains, n, d), standardised, of R's mice; observed cells are the input's own.

    Raises:
        UserError: R or the package is not installed, or R refused; says what it said.
    """
    program = shutil.which("Rscript")
    if program is None:
        raise UserError("Rscript is not there: install R and its package mice (Debian: r-base-core, r-cran-mice)")
    x, is_categorical = case.incomplete, case.encoding.is_categorical
    columns = [f"x{j}" for j in range(x.shape[1])]
    factors = ",".join(str(j + 1) for j in np.flatnonzero(is_categorical)) or "none"
    with tempfile.TemporaryDirectory(prefix="mice-r-") as folder:
        source, target = Path(folder) / "in.csv", Path(folder) / "out.csv"
        pd.DataFrame(x, columns=columns).to_csv(source, index=False, na_rep="NA")
        given = [source, target, chains, rounds, seed, KINDS[kind], factors]
        done = subprocess.run([program, SCRIPT, *map(str, given)], capture_output=True, text=True, check=False)
        if done.returncode:
            said = " ".join(done.stderr.split()) or "nothing"
            raise UserError(f"R's mice failed (exit code {done.returncode}), it said: {said}")
        stacked = pd.read_csv(target).to_numpy(dtype=float)
    return np.where(case.missing, stacked.reshape(chains, *x.shape), x)


def amount(case: Case, kind: str) -> dict[str, int]:
    """Return how many chains of how many rounds both take; where one column has holes, all rounds are chains."""
    chains, rounds = AMOUNTS[kind]
    alone = case.missing.any(axis=0).sum() == 1
    return {"chains": chains * rounds, "rounds": 1} if alone else {"chains": chains, "rounds": rounds}


WAYS: Mapping[str, Callable[..., Array]] = {"mirimpute": ours, "R": of_r}


def measures(case: Case, completed: Array) -> dict[str, float]:
    """Return the measures of completed tables (m, n, d) by name; those of no meaning for the table are absent.

    Energy distance of the rows, and W1 of the hidden cells summed over the columns: means over the tables. CRPS of
    hidden numbers and Brier score of hidden categories: of all tables together. Where one column is incomplete: bias,
    the difference of the mean of its hidden cells from the true one, and the share of distinct values among them.
    """
    counts = case.encoding.n_categories
    compared = [
        Comparison(
            case.truth,
            table,
            case.missing,
            max_rows=len(table),
            rng_seed=0,
            n_categories=counts,
            category_spread=case.encoding.category_spread(case.scale),
        )
        for table in completed
    ]
    found = {
        "energy": float(np.mean([energy(each) for each in compared])),
        "w1": float(np.mean([w1_marginal_scored(each) for each in compared])),
    }
    numbers, categories = case.missing & (counts == 0), case.missing & (counts > 0)
    found["crps"] = float(crps(completed[:, numbers], case.truth[numbers]).mean())
    if categories.any():
        many = np.broadcast_to(counts, case.truth.shape)[categories]
        found["brier"] = brier(Draws(case.truth[categories], completed[:, categories], many))
    incomplete = np.flatnonzero(case.missing.any(axis=0))
    if len(incomplete) == 1:
        hidden = case.missing[:, incomplete[0]]
        values = completed[:, hidden, incomplete[0]]
        found["bias"] = float(values.mean() - case.truth[hidden, incomplete[0]].mean())
        found["distinct"] = float(np.mean([len(np.unique(each)) for each in values]) / hidden.sum())
    return found


def run(tables: Sequence[str], kinds: Sequence[str], chosen: Sequence[int]) -> pd.DataFrame:
    """Return a row per kind, table, seed and way; measures of a way that refused are absent."""
    rows = []
    for kind, name, seed in itertools.product(kinds, tables, chosen):
        case = TABLES[name](seed)
        for way, complete in WAYS.items():
            try:
                found = measures(case, complete(case, seed, kind=kind, **amount(case, kind)))
            except UserError as refused:
                print(f"{kind} {name} {seed} {way}: {refused}", flush=True)
                found = {}
            rows.append({"kind": kind, "table": name, "seed": seed, "way": way, **found})
        print(*rows[-2:], sep="\n", flush=True)
    return pd.DataFrame(rows)


def r_versions() -> str:
    """Return the versions of R and of its packages mice and nnet."""
    code = 'cat(R.version$major, ".", R.version$minor, "; mice ", as.character(packageVersion("mice")), sep = "")'
    done = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=True)
    return f"R {done.stdout.strip()}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Complete by both, then write mice_r.csv and mice_r.md."""
    options = _parser().parse_args(arguments)
    return exit_code(PROGRAM, lambda: _work(options))


def _work(options: argparse.Namespace) -> None:
    for name in options.tables:
        if name not in TABLES:
            raise unknown("table", name, TABLES)
    for kind in options.kinds:
        if kind not in KINDS:
            raise unknown("kind", kind, KINDS)
    rows = options.out / "mice_r.csv"
    if options.table_only:
        frame = pd.read_csv(rows)
    else:
        frame = run(options.tables, options.kinds, options.seeds)
        write_text(rows, frame.to_csv(index=False, float_format="%.6g"))
    made = f"- Page of {date.today()}. python {platform.python_version()}; numpy {np.__version__}; {r_versions()}."
    methods = [] if options.table_only else [page.made_with("mice")]  # whose the rows of a CSV are, it does not say
    write_text(options.out / "mice_r.md", "\n".join([*page_of(frame), made, *methods]) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = parser_of(PROGRAM, __doc__ or "", None)
    parser.add_argument("--tables", type=names, default=tuple(TABLES), help=f"some of {', '.join(TABLES)} (all)")
    parser.add_argument("--kinds", type=names, default=COMPARED_KINDS, help=f"some of {', '.join(KINDS)} (pmm,cart,rf)")
    parser.add_argument("--seeds", type=seeds, default=SEEDS, help="whole numbers (0 to 8)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
