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
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import page
from benchmarks.command import HERE, exit_code, names, parser_of, seeds, write_text
from mirimpute.amputation import MECHANISMS, amputate
from mirimpute.bench.dataset_catalog import named_dataset
from mirimpute.datasets.location import data_directory
from mirimpute.errors import UserError, unknown
from mirimpute.methods.base import Problem, problem_of
from mirimpute.methods.baselines.mice import Mice
from mirimpute.metrics.categories import brier
from mirimpute.metrics.comparison import Comparison
from mirimpute.metrics.draws import Draws
from mirimpute.metrics.energy import energy
from mirimpute.metrics.w1_marginal import w1_marginal_scored
from mirimpute.numerics.crps import crps
from mirimpute.seeding import generator
from mirimpute.table.columns import Column, Kind
from mirimpute.table.encoding import Encoding
from mirimpute.table.scale import Scale
from mirimpute.types import Array

PROGRAM = "mice_r"
SCRIPT = HERE / "mice_r.R"
KINDS = {"pmm": "pmm", "bayes": "norm", "cart": "cart", "rf": "rf"}
"""Kind of ours to method of R's mice."""
AMOUNTS = {"pmm": (50, 10), "bayes": (50, 10), "cart": (10, 5), "rf": (10, 5)}
"""Kind to chains and rounds of both; R takes minutes for more trees."""
COMPARED_KINDS = ("pmm", "cart", "rf")
RATE = 0.4
MOST_ROWS = 500
SEEDS = tuple(range(9))
TOLERANCE = 0.1
MEASURES = {"energy": "energy", "crps": "CRPS", "w1": "W1", "brier": "Brier", "bias": "bias", "distinct": "distinct"}
COMPARED = ("energy", "crps", "w1", "brier")
"""Measures whose ratio has a meaning; bias and distinct values are shown side by side."""


@dataclass(frozen=True)
class Case:
    """A table with hidden cells.

    Attributes:
        problem: what our method gets, indicators in place of categories.
        encoding, scale: of the problem.
        truth: (n, d), standardised by the observed cells; numbers of categories as they are.
        missing: bool (n, d), hidden cells.
    """

    problem: Problem
    encoding: Encoding
    scale: Scale
    truth: Array
    missing: Array

    @property
    def incomplete(self) -> Array:
        """The table that R gets, (n, d)."""
        return np.where(self.missing, np.nan, self.truth)

    @classmethod
    def of(cls, values: Array, columns: tuple[Column, ...], missing: Array, seed: int) -> Case:
        """Return the case of a complete table (n, d) in original units and a pattern."""
        problem, encoding, scale = problem_of(np.where(missing, np.nan, values), columns, seed)
        return cls(problem, encoding, scale, encoding.table_scale(scale).standardise(values), missing)


def uci(name: str, seed: int) -> Case:
    """Return a set of UCI, at most 500 rows of it, MCAR."""
    table = replace(named_dataset(f"uci/{name}"), max_rows=MOST_ROWS).load(data_directory())
    categorical = Encoding(table.columns).is_categorical
    rng = generator(seed, PROGRAM, name)
    hidden = amputate(table.values, MECHANISMS["mcar"](name="mcar"), RATE, "overall", rng, categorical)
    return Case.of(table.values, table.columns, hidden.scored, seed)


def titanic(seed: int) -> Case:
    """Return the passengers of the Titanic without boat and body, at most 500 complete rows, MCAR."""
    table = named_dataset("titanic").load(data_directory())
    kept = [j for j, column in enumerate(table.columns) if column.name not in ("boat", "body")]
    values, columns = table.values[:, kept], tuple(table.columns[j] for j in kept)
    rng = generator(seed, PROGRAM, "titanic")
    complete = np.flatnonzero(~np.isnan(values).any(axis=1))
    values = values[rng.permutation(complete)[:MOST_ROWS]]
    categorical = Encoding(columns).is_categorical
    hidden = amputate(values, MECHANISMS["mcar"](name="mcar"), RATE, "overall", rng, categorical)
    return Case.of(values, columns, hidden.scored, seed)


def quadratic(seed: int, n: int = 400) -> Case:
    """Return y = x² - 1 + .7 e, with y hidden in the middle (MAR): a line sees nothing of it in the other rows."""
    rng = generator(seed, PROGRAM, "quadratic")
    x = rng.standard_normal(n)
    y = x**2 - 1 + 0.7 * rng.standard_normal(n)
    return _simulated(np.stack([x, y], axis=1), rng.random(n) < 1 / (1 + np.exp(3 * (np.abs(x) - 1))), seed)


def noise(seed: int, n: int = 400) -> Case:
    """Return y independent of x, with two fifths of y hidden (MCAR)."""
    rng = generator(seed, PROGRAM, "noise")
    return _simulated(rng.standard_normal((n, 2)), rng.random(n) < RATE, seed)


def mixed(seed: int, n: int = 400) -> Case:
    """Return two numbers, a category of two values and one of three that depend on each other (MCAR)."""
    rng = generator(seed, PROGRAM, "mixed")
    x = rng.standard_normal((n, 2)) @ np.array([[1.0, 0.6], [0.0, 0.8]])
    two = x[:, 0] + rng.logistic(size=n) > 0
    three = np.argmax(np.stack([x[:, 0], x[:, 1], two - 0.5], axis=1) + rng.gumbel(size=(n, 3)), axis=1)
    values = np.column_stack([x, two, three])
    kinds = [((), Kind.CONTINUOUS), ((), Kind.CONTINUOUS), ((0, 1), Kind.CATEGORICAL), ((0, 1, 2), Kind.CATEGORICAL)]
    columns = tuple(Column(f"x{j}", kind, categories) for j, (categories, kind) in enumerate(kinds))
    missing = rng.random(values.shape) < 0.3
    missing[missing.all(axis=1), 0] = False
    return Case.of(values, columns, missing, seed)


def _simulated(values: Array, hidden: Array, seed: int) -> Case:
    columns = tuple(Column(name, Kind.CONTINUOUS) for name in ("x", "y"))
    return Case.of(values, columns, np.stack([np.zeros_like(hidden), hidden], axis=1), seed)


TABLES: dict[str, Callable[[int], Case]] = {
    **{f"uci/{name}": partial(uci, name) for name in ("wine", "housing", "concrete")},
    "titanic": titanic,
    "quadratic": quadratic,
    "noise": noise,
    "mixed": mixed,
}


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


def ratio_of_means(ours: pd.Series, theirs: pd.Series) -> tuple[float, float]:
    """Return the ratio of two means over the same seeds, and half its 95 % interval by the delta method, in pairs.

    >>> ratio_of_means(pd.Series([1.1, 2.2]), pd.Series([1.0, 2.0]))[0]
    1.1
    """
    from scipy import stats

    n, ratio = len(ours), float(ours.mean() / theirs.mean())
    error = float((ours - ratio * theirs).std(ddof=1)) / n**0.5 / float(theirs.mean())
    return round(ratio, 12), float(stats.t.ppf(0.975, n - 1)) * error


def page_of(frame: pd.DataFrame) -> list[str]:
    """Return the lines of the page but for where it is from: means over the seeds, side by side."""
    lines, ratios = [], []
    for (kind, name), rows in frame.groupby(["kind", "table"], sort=False):
        by_way = {way: rows[rows["way"] == way].set_index("seed") for way in WAYS}
        for measure, label in MEASURES.items():
            if measure not in rows or rows[measure].isna().all():
                continue
            pairs = pd.DataFrame({way: by_way[way][measure] for way in WAYS}).dropna()
            our, theirs = (pairs[way] for way in WAYS)
            apart = our - theirs
            error = apart.std(ddof=1) / len(apart) ** 0.5
            compared = "—"
            if measure in COMPARED:
                ratio, half = ratio_of_means(our, theirs)
                ratios.append(ratio)
                compared = f"{ratio:.3f} ± {half:.3f}"
            cells = [page.value_text(float(each.mean())) for each in (our, theirs)]
            lines.append(
                [str(kind), str(name), label, str(len(pairs)), *cells, compared, f"{apart.mean():+.2g} ± {error:.2g}"]
            )
    beyond = sum(abs(ratio - 1) > TOLERANCE for ratio in ratios)
    heads = ["kind", "table", "measure", "seeds", *WAYS, "ratio ± 95 %", "difference ± standard error"]
    amounts = "; ".join(
        f"{kind}: {chains} chains of {rounds} rounds, {chains * rounds} of one where one column has holes"
        for kind, (chains, rounds) in AMOUNTS.items()
        if kind in set(frame["kind"])
    )
    return [
        "# `mice` beside R's mice",
        "",
        f"The same tables and hidden cells, as many chains and rounds in both ({amounts}), means over the seeds."
        " pmm: predictive mean matching from five donors; cart: donors from the leaves of one tree; rf: of ten"
        f" randomised trees. UCI and titanic (without boat and body, complete rows): at most {MOST_ROWS} rows, MCAR"
        f" {RATE:g}. quadratic: y = x² - 1 + .7 e, 400 rows, y hidden where |x| is small. noise: y independent of x."
        " mixed: two numbers and two categories (R's pmm: logreg, polyreg). Energy distance of the rows and W1 of the"
        " hidden cells: means over the completed tables; CRPS and Brier score: of all together. Standardised; lower is"
        " better. bias: mean of the hidden cells less that of the true ones; distinct: share of distinct values among"
        " the hidden cells. Made by `python -m benchmarks.mice_r`.",
        "",
        *page.table(heads, lines, left=3),
        f"- {len(ratios) - beyond} of {len(ratios)} ratios are within {TOLERANCE:.0%} of 1.",
        "- mixed, pmm: of a category of three and more values, R's polyreg draws from fitted probabilities, without a"
        " draw of the parameters; `mice` draws them too, by bootstrapped rows. Its tables differ from one another by"
        " what the data leave open, and each is a little farther from the truth.",
        "- rf: ranger leaves a node whole if none of the columns that its split may use varies in it; here, as in"
        " scikit-learn, another column is used, so that leaves are smaller where columns have few values (titanic)."
        " R reads a category of k values as k - 1 columns, `mice` as k, so that others are used less often (mixed).",
    ]


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
