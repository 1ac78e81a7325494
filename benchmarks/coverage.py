"""Do 95 % intervals pooled over completed tables cover? ``python -m benchmarks.coverage --help``.

A simulation study in the terms of ADEMP (Morris, White & Crowther, Statistics in Medicine 2019): aims and estimands in
the page, data and estimators in :mod:`benchmarks.coverage_design`, methods in ``WAYS``.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date

import numpy as np
import pandas as pd

from benchmarks import page
from benchmarks.command import exit_code, names, parser_of, write_text
from benchmarks.coverage_design import QUANTITIES, SCENARIOS, Scenario, estimates
from mirimpute import MirfImputer, pool
from mirimpute.errors import UserError, unknown
from mirimpute.imputers import multiple
from mirimpute.methods.base import problem_of
from mirimpute.methods.presets import named_method
from mirimpute.table.columns import Column, Kind

PROGRAM = "coverage"
DRAWS = 10

Complete = Callable[[np.ndarray, np.ndarray, int], Sequence[np.ndarray]]
"""From the complete table, the one with holes and a seed to completed tables."""


def a_model_per_draw(complete: np.ndarray, x: np.ndarray, seed: int) -> Sequence[np.ndarray]:
    """Return ``MirfImputer.impute_multiple``."""
    tables: Sequence[np.ndarray] = MirfImputer(preset="mirf_fast", random_state=seed).impute_multiple(x, DRAWS)
    return tables


def one_model(complete: np.ndarray, x: np.ndarray, seed: int) -> Sequence[np.ndarray]:
    """Return ``MirfImputer.sample``."""
    tables: Sequence[np.ndarray] = MirfImputer(preset="mirf_fast", random_state=seed).fit(x).sample(x, DRAWS)
    return tables


def by_method(name: str, count: str, **parameters: str) -> Complete:
    """Return what completes by a method of the registry; ``count`` is its parameter for the number of draws."""

    def completed(complete: np.ndarray, x: np.ndarray, seed: int) -> Sequence[np.ndarray]:
        columns = tuple(Column(f"c{number}", Kind.CONTINUOUS) for number in range(x.shape[1]))
        problem, _, scale = problem_of(x, columns, seed)
        method = named_method(name, {**parameters, count: DRAWS})
        return list(scale.restore(method.fit(problem).impute().draws))

    return completed


MODELS = "mirf_fast multiple"
WAYS: dict[str, Complete] = {
    "complete data": lambda complete, x, seed: [complete] * 2,
    MODELS: a_model_per_draw,
    "mirf_fast sample": one_model,
    "mice bayes": by_method("mice", "chains", kind="bayes"),
    "mice pmm": by_method("mice", "chains", kind="pmm"),
    "mice cart": by_method("mice_cart", "chains"),
    "R mice norm": by_method("r/mice_norm", "draws"),
    "R mice pmm": by_method("r/mice_pmm", "draws"),
    "R mice cart": by_method("r/mice_cart", "draws"),
}
METHODS = {
    **dict.fromkeys((MODELS, "mirf_fast sample"), "mirf_fast"),
    **dict.fromkeys(("mice bayes", "mice pmm"), "mice"),
    "mice cart": "mice_cart",
}
"""Way -> the method of this package that it runs."""
CHOSEN_ON = (
    *("2-linear-mar-200-0.5", "2-quadratic-mar-200-0.3", "2-quadratic-mar-200-0.5", "2-quadratic-mar-800-0.5"),
    *("5-linear-mar-200-0.5", "5-quadratic-mcar-200-0.3"),
)
PROPER = "mice bayes"
"""Whose intervals are as wide as they need to be where the truth is linear."""


def replication(complete: Complete, scenario: Scenario, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the pooled estimates of one random table, whether their intervals cover the truth, and their widths."""
    rng = np.random.default_rng(seed)
    table = scenario.table(rng)
    found = [estimates(each) for each in complete(table, scenario.with_holes(table, rng), seed)]
    values, variances = (np.array(each) for each in zip(*found, strict=True))
    pooled = pool(values, variances, df_complete=scenario.rows - 2)
    low, high = pooled.interval(0.95)
    return pooled.estimate, (low <= scenario.answers) & (high >= scenario.answers), high - low


def performance(way: str, scenario: Scenario, replications: int) -> list[dict[str, object]]:
    """Return a row per quantity: coverage, bias in per cent of the truth's scale, width, and their errors."""
    begun = time.process_time()
    runs = [replication(WAYS[way], scenario, seed) for seed in range(replications)]
    values, covered, width = (np.array(each, dtype=float) for each in zip(*runs, strict=True))
    share, bias = covered.mean(axis=0), values.mean(axis=0) - scenario.answers
    wrong = values.std(axis=0, ddof=1) / replications**0.5
    return [
        {
            "scenario": scenario.name,
            "way": way,
            "quantity": quantity,
            "replications": replications,
            "coverage": share[k],
            "coverage_se": (share[k] * (1 - share[k]) / replications) ** 0.5,
            "bias": bias[k],
            "bias_se": wrong[k],
            "truth": scenario.answers[k],
            "width": width[:, k].mean(),
            "cpu_s": (time.process_time() - begun) / replications,
            "made": f"{date.today()}",
            "versions": _versions(way),
        }
        for k, quantity in enumerate(QUANTITIES)
    ]


def _versions(way: str) -> str:
    """Return which method a way runs, and by which version of multiple imputation; "" for what is not ours."""
    if way not in METHODS:
        return ""
    found = page.made_with(METHODS[way]).removeprefix("- ")
    return f"{found[:-1]}; {page.MULTIPLE} {multiple.VERSION}." if way == MODELS else found


def merged(former: pd.DataFrame, rows: Sequence[dict[str, object]]) -> pd.DataFrame:
    """Return the rows of a page before, those of the same scenario and way replaced."""
    new = pd.DataFrame(list(rows))
    if former.empty or new.empty:
        return new if former.empty else former
    again = former.set_index(["scenario", "way"]).index.isin(new.set_index(["scenario", "way"]).index)
    return pd.concat([former[~again], new], ignore_index=True)


def text_of(frame: pd.DataFrame) -> str:
    """Return the page."""
    lines = [
        "# Coverage of intervals pooled over completed tables",
        "",
        "Aim: do 95 % intervals by Rubin's rules cover, and at which width? Data: y = m(z_1, z_2) + noise, all normal; "
        "holes at random (mcar) or by z_1 (mar, logistic, slope 1.5); a scenario is columns, m, mechanism, rows and "
        "rate. Estimands: mean of y, slope of y on z_1, their correlation (Fisher's z), third quartile of y. Methods: "
        f"{DRAWS} completed tables each. Performance: coverage ± its Monte-Carlo error; bias ± its error; width of the "
        f"interval over that of {PROPER} in the same scenario. Made by `make adem`, whose options choose scenarios, "
        "ways and replications; a scenario that is not here was not run. The settings of impute_multiple were chosen "
        f"on {', '.join(CHOSEN_ON)}; other scenarios are a test of them.",
        "",
    ]
    for scenario in dict.fromkeys(frame["scenario"]):
        part = frame[frame["scenario"] == scenario]
        heads = [scenario, "tables", *(f"{each}: coverage, bias, width" for each in QUANTITIES)]
        proper = part[part["way"] == PROPER].set_index("quantity")["width"]
        body = []
        for way in dict.fromkeys(part["way"]):
            own = part[part["way"] == way].set_index("quantity")
            cells = []
            for quantity in QUANTITIES:
                row = own.loc[quantity]
                ratio = f"{row['width'] / proper[quantity]:.2f}" if quantity in proper else f"({row['width']:.3f})"
                pairs = ((row["coverage"], row["coverage_se"], ""), (row["bias"], row["bias_se"], "+"))
                cells.append(", ".join([*(f"{a:{sign}.3f} ± {b:.3f}" for a, b, sign in pairs), ratio]))
            body.append([way, str(int(own["replications"].iloc[0])), *cells])
        lines += page.table(heads, body)
    known = frame[["made", "versions"]].dropna().drop_duplicates()
    lines += [f"- {made}: {versions}" for made, versions in known.to_numpy() if versions]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate, and write coverage.csv and coverage.md."""
    parser = parser_of(PROGRAM, __doc__, None)
    known = {scenario.name: scenario for scenario in SCENARIOS}
    parser.add_argument(
        "--scenarios", type=names, default=tuple(known), help="names, such as 2-linear-mar-200-0.5 (all)"
    )
    parser.add_argument("--ways", type=names, default=tuple(WAYS), help=f"default: {', '.join(WAYS)}")
    parser.add_argument("--replications", type=int, default=500, help="random tables (%(default)s)")
    options = parser.parse_args(arguments)
    return exit_code(PROGRAM, lambda: _work(options, known))


def _work(options: argparse.Namespace, known: dict[str, Scenario]) -> None:
    for name in options.scenarios:
        if name not in known:
            raise unknown("scenario", name, known)
    for name in options.ways:
        if name not in WAYS:
            raise unknown("way", name, WAYS)
    if options.replications < 2:
        raise UserError(f"--replications {options.replications} is too few: give 2 or more")
    path = options.out / "coverage.csv"
    frame = pd.read_csv(path) if path.is_file() else pd.DataFrame()
    for scenario in options.scenarios if not options.table_only else ():
        for way in options.ways:
            frame = merged(frame, performance(way, known[scenario], options.replications))
            write_text(path, frame.to_csv(index=False, float_format="%.6g"))
            print(scenario, way, "done", flush=True)
    write_text(options.out / "coverage.md", text_of(frame))


if __name__ == "__main__":
    sys.exit(main())
