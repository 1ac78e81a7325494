"""Drawing methods side by side, by their draws: ``python -m benchmarks.draws --help``.

The grid is that of ``mirimpute-bench -m experiment=draws``, read from ``conf/experiment/draws.yaml``: rows of either
command are those of the other.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from benchmarks import page
from benchmarks.cells import Found, run_and_read
from benchmarks.command import exit_code, names, parser_of, write_text
from benchmarks.frame import write_csv
from benchmarks.stale import hashes_now, state_of
from benchmarks.sweep import Sweep, cell_count
from benchmarks.tables import LISTS
from benchmarks.verdicts import collection_of, table_of, verdicts
from mirimpute.bench.conf_location import conf_dir
from mirimpute.errors import UserError
from mirimpute.report.case import Case
from mirimpute.report.markup import markdown
from mirimpute.report.measure_table import MeasureTable

PROGRAM = "bench-draws"
FIELDS = {
    "draws_crps": "CRPS",
    "draws_brier": "Brier score of categories",
    "draw_energy": "energy distance",
    "point_rmse": "RMSE of the point",
    "point_error_rate": "wrong categories",
    "cpu_s": "CPU seconds",
}
BY_TABLE = ("draws_crps", "draw_energy", "point_rmse")

UNTOUCHED = ("california_housing", "phoneme")
SEEN = (
    f"Parts and defaults of mirf versions 9 to 12 were chosen on {', '.join(LISTS['choosing'])}. "
    f"{', '.join(LISTS['judging'])} were not used to set a parameter of these versions. They are not all new to the "
    "project: the idea to add donors from trees came from a comparison of version 6 in which penguins, uci/stock, "
    "uci/parkinsons, uci/bike and adult took part, and versions before 9 had been run on uci/forest and diabetes. "
    f"{' and '.join(UNTOUCHED)} alone had never been used for any version. penguins, uci/stock, uci/parkinsons and "
    "uci/bike were run first, the others were named before their rows were computed, and no setting was changed "
    "between. All nine had been looked at with version 10, and with a first form of version 11: its draws lost to "
    "mice_cart in the energy distance there. What was changed then was chosen on the tables for choosing. Version 12 "
    "changed tables of more than 256 columns alone."
)
NOTES = (
    "mice, mice_cart, mice_rf and missforest are this package's own; the pages mice_r and parity lay them beside their "
    "references. Names with r/, hyperimpute and miceforest are the programs of others. CPU seconds are of one thread "
    "on two cores that other work shared: methods of this package ran in one queue, programs of others in other ones, "
    "on another processor, whose seconds are less comparable. One mask per seed and case; its "
    "noise is in no interval when there is one seed. The point of mice, mice_cart, mice_rf and of theirs in R is the "
    "mean of 20 draws, which costs them about 2.5 % of RMSE (the root of 1 + 1/20) beside an exact mean: differences "
    "of that size are not differences of the methods. A * marks methods without draws: their CRPS, Brier score and "
    "energy distance are those of the point, and they do not compete."
)


def settings() -> dict[str, Any]:
    """Return what ``conf/experiment/draws.yaml`` says: rate, most rows, and the lists of what is swept."""
    import yaml

    values: dict[str, Any] = yaml.safe_load((conf_dir() / "experiment" / "draws.yaml").read_text(encoding="utf-8"))
    swept = values["hydra"]["sweeper"]["params"]
    lists = {name: tuple(str(text).split(",")) for name, text in swept.items()}
    return {"missing_rate": values["missing_rate"], "max_rows": values["dataset"]["max_rows"], **lists}


def grid(
    datasets: Sequence[str],
    methods: Sequence[str],
    mechanisms: Sequence[str],
    seeds: Sequence[int],
    max_rows: int,
    missing_rate: float,
) -> list[Sweep]:
    """Return one sweep per dataset."""
    return [
        Sweep(
            dataset,
            tuple(methods),
            tuple(mechanisms),
            tuple(seeds),
            missing_rate,
            (f"dataset.max_rows={max_rows}",),
        )
        for dataset in datasets
    ]


def refuse_older(found: Found) -> None:
    """Raise where rows are not of the methods of this tree.

    Raises:
        UserError: names the methods and the hashes of their settings.
    """
    state = state_of("draws.md", found.frame, hashes_now())
    if state.stale:
        raise UserError(f"{state.sentence}: run the cells again, without --table-only")


def page_of(found: Found, methods: Sequence[str], wanted: int, part: str, today: date) -> str:
    """Return the page in Markdown.

    Args:
        found: the rows of the grid.
        methods: in the order of the grid.
        wanted: cells of the grid.
        part: how the grid was narrowed by options, "" where it was not.
        today: the date of the page.
    """
    collection = collection_of(found.frame, methods)
    known = {measure.field for measure in collection.measures}
    tables = {field: table_of(collection, field) for field in FIELDS if field in known or field == "cpu_s"}
    labels = [label for label in collection.methods if any(label in each.methods for each in tables.values())]
    lines = [
        "# Methods that draw, by their draws",
        "",
        *([f"A part of the grid only: {markdown(part)}.", ""] if part else []),
        "Made by `make bench-draws` from the rows alone, which are in `draws.csv`; the cells are those of "
        f"`mirimpute-bench -m experiment=draws`. {collection.cut} One thread per method. Numbers are in standard "
        "deviations of the observed cells; lower is better everywhere. CRPS and Brier score are of all draws, the "
        "energy distance is the mean over five, CPU seconds are of fit and impute.",
        "",
        markdown(SEEN),
        "",
        markdown(NOTES),
        "",
        "## Means over the tables",
        "",
        "Of the tables on which the method did not fail (how many, where not on all); average rank in brackets, "
        "failures last.",
        "",
    ]
    for mechanism in dict.fromkeys(case.mechanism_words for case in collection.cases):
        heads = [mechanism, *(FIELDS[field] for field in tables)]
        body = [[markdown(label), *(_mean(each, mechanism, label) for each in tables.values())] for label in labels]
        lines += page.table(heads, body)
    lines += ["## Wins and tests", ""]
    lines += [
        "Differences in the tables are mirf less the other. Intervals are Student's over tables, each for one "
        "comparison. p is Wilcoxon's over datasets, after Holm's correction for all pairs of "
        "the ranking. A failure counts as a loss; beside it stands what is left without such cases.",
        "",
        *verdicts(found.frame, methods, {field: head for field, head in FIELDS.items() if field != "cpu_s"}),
        "## Table by table",
        "",
    ]
    for field in (each for each in BY_TABLE if each in tables):
        lines += [f"### {FIELDS[field]}, `{field}`, mean over the seeds", ""]
        lines += page.table(["table", *map(markdown, labels)], _by_table(tables[field], labels))
    lines += page.last_sections(found.frame, [f"- {markdown(note)}" for note in found.notes], wanted, today)
    return "\n".join(lines)


def _mean(of: MeasureTable, mechanism: str, method: str) -> str:
    """Return mean over datasets and average rank of a method on the cases of a mechanism, in words."""
    cases = [case for case in of.cases if case.mechanism_words == mechanism]
    values = [value for case in cases if (value := _value(of, method, case)) is not None]
    if not values:
        return page.ABSENT
    text = page.value_text(sum(values) / len(values))
    text += "*" * (method in of.without_draws)
    if len(values) < len(cases):
        text += f" on {len(values)} of {len(cases)}"
    if of.measure.field == "cpu_s":
        return text
    rank = of.by_mechanism.get(mechanism, of).average_rank(method)
    return text if rank is None else f"{text} ({rank:.1f})"


def _by_table(of: MeasureTable, methods: Sequence[str]) -> list[list[str]]:
    """Return a line per case, the best in bold."""
    lines = []
    for case in sorted(of.cases, key=lambda case: (*case.position[1:], case.dataset)):
        cells = []
        for method in methods:
            entry = of.entries.get((method, case))
            if entry is None or not entry.present:
                cells.append(page.ABSENT)
            elif entry.mean is None:
                cells.append(entry.failures)
            else:
                text = page.value_text(entry.mean)
                cells.append(f"**{text}**" if entry.best else text)
        lines.append([markdown(f"{case.dataset}, {case.setting}"), *cells])
    return lines


def _value(of: MeasureTable, method: str, case: Case) -> float | None:
    entry = of.entries.get((method, case))
    return None if entry is None or entry.not_ok else entry.mean


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is missing, then write draws.csv and draws.md."""
    parser = _parser(settings())
    asked = parser.parse_args(arguments)
    return exit_code(PROGRAM, lambda: _work(asked, parser))


def _work(asked: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    sweeps = grid(
        asked.datasets, asked.methods, asked.mechanisms, asked.seeds, asked.max_rows, settings()["missing_rate"]
    )
    found = run_and_read(sweeps, asked)
    refuse_older(found)
    write_csv(found.frame, asked.out / "draws.csv")
    text = page_of(found, asked.methods, cell_count(sweeps), _part(vars(asked), parser), date.today())
    write_text(asked.out / "draws.md", text)


def _part(asked: Mapping[str, Any], parser: argparse.ArgumentParser) -> str:
    """Return in words what was not left at its default."""
    narrowed = {name: asked[name] for name in ("datasets", "methods", "mechanisms", "seeds", "max_rows")}
    words = {
        name: ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
        for name, value in narrowed.items()
        if value != parser.get_default(name)
    }
    return "; ".join(f"{name} {value}" for name, value in words.items())


def _parser(defaults: Mapping[str, Any]) -> argparse.ArgumentParser:
    parser = parser_of(
        PROGRAM,
        "Run the drawing methods on the tables of conf/experiment/draws.yaml, then write draws.csv and draws.md.",
        "results/draws",
        datasets=defaults["dataset"],
        methods=defaults["method"],
        seeds=tuple(int(seed) for seed in defaults["seed"]),
    )
    parser.add_argument("--mechanisms", type=names, default=defaults["mechanism"], help="how cells go missing")
    parser.add_argument("--max-rows", type=int, default=defaults["max_rows"], help="rows at most")
    return parser


if __name__ == "__main__":
    sys.exit(main())
