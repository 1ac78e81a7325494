"""Run the experiments of the paper (``conf/experiment/paper``), after saying how many cells they are and how long.

Everything that has a row is skipped, so the command may be stopped and given again. Used by ``make paper``.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from mirimpute.bench.conf_location import conf_dir
from mirimpute.bench.results.store import read_rows
from mirimpute.cli.bench import main as bench
from mirimpute.cli.exits import INTERRUPTED, USER_ERROR, exit_code
from mirimpute.errors import duration

PROGRAM = "scripts/paper.py"
FULL = ("toy", "uci", "uci_mar", "scaling", "letter")
SMALL = ("small", "small_paper")


def main() -> int:
    """Return the exit code: that of the worst sweep."""
    return exit_code(PROGRAM, _run)


def _run() -> int:
    options = _parser().parse_args()
    experiments = SMALL if options.small else FULL
    given = dict(word.split("=", 1) for word in options.set)
    cells = {name: cells_of(name, given) for name in experiments}
    rows = [row for folder in {options.results_dir, *options.measured} if folder.is_dir() for row in read_rows(folder)]
    asked = [math.inf if each == "null" else float(each) for each in given.get("timeout_s", "").split(",") if each]
    limits = {name: max(asked) if asked else _limit(f"paper/{name}") for name in experiments}
    for line in estimate(cells, rows, limits):
        print(line)
    there = list(read_rows(options.results_dir)) if options.results_dir.is_dir() else []
    print(missing(cells, {name: finished(name, given, there) for name in experiments}))
    codes = [0]
    for name in () if options.dry_run else experiments:
        print(f"\nexperiment=paper/{name}", flush=True)
        arguments = [f"experiment=paper/{name}", f"results_dir={options.results_dir}", *options.set]
        if options.launcher:
            arguments.append(f"hydra/launcher={options.launcher}")
        try:
            bench(["-m", *arguments])
        except SystemExit as ended:
            codes.append(int(ended.code or 0))
        if codes[-1] in (USER_ERROR, INTERRUPTED):
            break
    return max(codes)


def cells_of(name: str, given: Mapping[str, str]) -> Counter[tuple[str, str]]:
    """Return the number of cells of an experiment by method and dataset."""
    values = _values(name, given)
    others = math.prod(len(found) for key, found in values.items() if key not in ("method", "dataset"))
    datasets = values.get("dataset", [f"paper/{name}"])
    return Counter({(method, dataset): others for method in values["method"] for dataset in datasets})


def finished(name: str, given: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> int:
    """Return how many cells of an experiment have a row, by its names, rate, seed and largest number of rows.

    The row may be of an earlier version, which the sweep computes again. A row that does not say whether its dataset
    was cut is one of an experiment that cuts, if it is small enough.
    """
    values, fixed = _values(name, given), _fixed(f"paper/{name}")
    wanted = {key: values.get(key, [str(fixed.get(key))]) for key in ("method", "dataset", "mechanism")}
    rates = {float(each) for each in values.get("missing_rate", [str(fixed.get("missing_rate"))])}
    seeds = {int(each) for each in values["seed"]}
    most = values.get("dataset.max_rows", [fixed.get("max_rows")])[0]
    found = set()
    for row in rows:
        names = [row["method"], row["dataset"], row["mechanism"]]
        if "dataset" not in values and row["dataset"].startswith(f"{fixed['dataset']}_"):  # one name for each size
            names[1] = fixed["dataset"]
        right = all(name in wanted[key] for key, name in zip(wanted, names, strict=True))
        if right and row["missing_rate"] in rates and row["seed"] in seeds and _cut_to(row, most):
            found.add((row["method"], row["dataset"], row["mechanism"], row["missing_rate"], row["seed"]))
    return len(found)


def _cut_to(row: Mapping[str, Any], most: Any) -> bool:
    """Return whether the dataset of a row was cut to at most ``most`` rows (None: not at all)."""
    if "max_rows" in row:
        return row["max_rows"] == (None if most is None else int(most))
    return most is not None and (row.get("n_rows") or math.inf) <= int(most)


def missing(cells: Mapping[str, Counter[tuple[str, str]]], there: Mapping[str, int]) -> str:
    """Return how many cells have no row yet, in a sentence.

    >>> missing({"small": Counter({("mean", "iris"): 3})}, {"small": 2})
    'no row yet: small 1 of 3 (rows of earlier versions count as there, but are computed again)'
    """
    counts = {name: sum(each.values()) for name, each in cells.items()}
    each = ", ".join(f"{name} {counts[name] - there[name]} of {counts[name]}" for name in cells)
    return f"no row yet: {each} (rows of earlier versions count as there, but are computed again)"


def _values(name: str, given: Mapping[str, str]) -> dict[str, list[str]]:
    """Return parameter -> values of an experiment, of those that it goes through."""
    from hydra.core.override_parser.overrides_parser import OverridesParser

    params = {**_params(f"paper/{name}"), **{key: value for key, value in given.items() if not key.startswith("hydra")}}
    parser = OverridesParser.create()
    values = {}
    for key, text in params.items():
        override = parser.parse_override(f"{key}={text}")
        sweep = override.is_sweep_override()
        values[key] = list(override.sweep_string_iterator()) if sweep else [override.get_value_element_as_str()]
    return values


def _params(name: str) -> dict[str, str]:
    """Return the sweep parameters of an experiment, with those of the experiments that it builds on."""
    found: dict[str, str] = {}
    for content in _contents(name):
        found.update(content.get("hydra", {}).get("sweeper", {}).get("params", {}))
    return found


def _fixed(name: str) -> dict[str, Any]:
    """Return dataset, mechanism, rate and largest number of rows that an experiment sets for all of its cells."""
    found: dict[str, Any] = {"mechanism": "mcar"}
    for content in _contents(name):
        for each in content.get("defaults", []):
            if isinstance(each, dict):
                found.update({key.removeprefix("override /"): value for key, value in each.items()})
        found.update({key: content[key] for key in ("missing_rate",) if key in content})
        found.update({key: value for key, value in content.get("dataset", {}).items() if key == "max_rows"})
    return found


def _limit(name: str) -> float:
    """Return the seconds after which a cell of an experiment is stopped."""
    found = [float(content["timeout_s"]) for content in _contents(name) if content.get("timeout_s")]
    return found[-1] if found else math.inf


def _contents(name: str) -> Iterator[dict[str, Any]]:
    """Yield the content of an experiment's file after those of the experiments that it builds on."""
    content = yaml.safe_load((conf_dir() / "experiment" / f"{name}.yaml").read_text(encoding="utf-8"))
    for base in content.get("defaults", []):
        if isinstance(base, str) and base != "_self_":
            yield from _contents(base.removeprefix("/experiment/"))
    yield content


def estimate(
    cells: Mapping[str, Counter[tuple[str, str]]], rows: Sequence[Mapping[str, Any]], limits: Mapping[str, float]
) -> Iterable[str]:
    """Yield one line per experiment and one in all: cells, and the time of one core by the seconds of measured rows.

    The seconds of a method on a dataset are the median of its rows there, else of all its rows; at most the limit of
    the experiment, which is also what a cell takes that was stopped before.

    Args:
        cells: experiment -> (method, dataset) -> number.
        rows: measured ones.
        limits: experiment -> seconds after which a cell is stopped.
    """
    seconds: dict[Any, list[float]] = defaultdict(list)
    for row in rows:
        if row["status"] in ("ok", "timeout"):
            took = row["fit_s"] + row["impute_s"] if row["status"] == "ok" else math.inf
            seconds[row["method"], row["dataset"]].append(took)
            seconds[row["method"]].append(took)
    total, unknown = 0.0, Counter[str]()
    for name, counts in cells.items():
        known = 0.0
        for (method, dataset), count in counts.items():
            measured = seconds.get((method, dataset)) or seconds.get(method)
            took = min(statistics.median_low(measured), limits[name]) if measured else math.inf
            if took < math.inf:
                known += count * took
            else:
                unknown[method] += count
        total += known
        yield f"paper/{name}: {sum(counts.values())} cells, {duration(known)} of one core as far as measured"
    in_all = sum(sum(counts.values()) for counts in cells.values())
    yield f"{in_all} cells, {duration(total)} of one core (finished cells are skipped, and counted here)"
    if unknown:
        never = ", ".join(f"{method} ({count} cells)" for method, count in sorted(unknown.items()))
        yield f"not in the estimate, because never measured here: {never}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=PROGRAM, description="Run the experiments of the paper.")
    parser.add_argument("--results-dir", type=Path, default=Path("results/paper"), help="rows go here (%(default)s)")
    parser.add_argument("--launcher", default="", help="as in hydra/launcher=: local, slurm, ... (one process)")
    parser.add_argument("--small", action="store_true", help="a small grid on at most 1,000 rows")
    parser.add_argument("--dry-run", action="store_true", help="only say how many cells and how long")
    measured = [Path("results"), Path("results/quality"), Path("results/speed")]
    parser.add_argument("--measured", type=Path, nargs="*", default=measured, help="folders of rows to estimate from")
    parser.add_argument("set", nargs="*", metavar="key=value", help="further options, such as method=mean,ice")
    return parser


if __name__ == "__main__":
    sys.exit(main())
