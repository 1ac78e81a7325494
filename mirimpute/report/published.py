"""Published figures beside ours: those of papers, those of rows of the same protocol, and how far apart they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import yaml

from mirimpute.report.case import Case, Run
from mirimpute.report.collect import Collection
from mirimpute.report.markup import markdown, number
from mirimpute.report.summary import summarise


@dataclass(frozen=True)
class Published:
    """One figure of a paper.

    Attributes:
        method: as the paper calls it.
        case: dataset, mechanism, rate and protocol, as our rows name them.
        field: the field of a row that is the same quantity.
        value: as printed.
        source: where it stands.
    """

    method: str
    case: Case
    field: str
    value: float
    source: str


@dataclass(frozen=True)
class Beside:
    """A published figure beside one of our methods on the same case.

    Attributes:
        published: the paper's.
        method: ours; None when we have no row of the case.
        mean, sd, n: ours over seeds; sd is None for fewer than two.
        rows: that ours were cut to; None: they were not.
    """

    published: Published
    method: str | None = None
    mean: float | None = None
    sd: float | None = None
    n: int = 0
    rows: int | None = None

    @property
    def difference(self) -> float | None:
        """Ours minus theirs, in standard deviations of ours over seeds; None without one, or of a part of the table."""
        if self.mean is None or not self.sd or self.rows is not None:
            return None
        return (self.mean - self.published.value) / self.sd


def published_files() -> list[dict[str, Any]]:
    """Return the content of every file of the folder ``published`` beside this module, in order."""
    folder = resources.files("mirimpute.report") / "published"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda each: each.name)
    return [yaml.safe_load(file.read_text(encoding="utf-8")) for file in files]


def published_figures() -> list[Published]:
    """Return the figures of every file that has some, in order."""
    return [figure for content in published_files() if "figures" in content for figure in _figures(content)]


def laid_beside(collection: Collection, figures: Sequence[Published]) -> list[Beside]:
    """Return each published figure once for every method of ours with a value on its case, then those without any."""
    asked = {figure.field for figure in figures}
    tables = {each.field: summarise(collection, each) for each in collection.measures if each.field in asked}
    result: list[Beside] = []
    cut = {run.case: run.row["n_rows"] for run in collection.runs if _is_cut(run)}
    for figure in figures:
        table = tables.get(figure.field)
        found = {method: table.entries.get((method, figure.case)) for method in table.methods} if table else {}
        rows = cut.get(figure.case)
        ours = [
            Beside(figure, method, each.mean, each.sd, each.n, rows)
            for method, each in found.items()
            if each and each.n
        ]
        result += ours or [Beside(figure)]
    return sorted(result, key=lambda each: each.method is None)


def _is_cut(run: Run) -> bool:
    rows = run.row.get("n_rows")
    return rows is not None and rows == run.row.get("max_rows")


def published_table(beside: Sequence[Beside]) -> str:
    """Return the Markdown page."""
    lines = [
        "# Published figures beside ours",
        "",
        "Ours are means over seeds of rows of the same protocol, dataset, mechanism and rate; the last column is ours "
        "minus theirs in our standard deviations over seeds. A dash: we have no such row, one seed only, or a part of "
        "the table, whose rows are named. Masks and versions of data differ, so small differences say nothing.",
        "",
        "| dataset | mechanism | rate | measure | published by | theirs | method | ours | seeds | difference (sd) |",
        "|---|---|---:|---|---|---:|---|---:|---:|---:|",
    ]
    for each in beside:
        case = each.published.case
        ours = "—" if each.mean is None else number(each.mean) + (f" ± {number(each.sd)}" if each.sd else "")
        ours += "" if each.rows is None else f", cut to {each.rows:,} rows"
        cells = [
            markdown(case.dataset),
            markdown(case.mechanism),
            f"{case.missing_rate:g}",
            markdown(each.published.field),
            markdown(each.published.method),
            f"{each.published.value:g}",
            markdown(each.method or "—"),
            ours,
            str(each.n or "—"),
            "—" if each.difference is None else f"{each.difference:+.1f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    sources = dict.fromkeys(each.published.source for each in beside)
    return "\n".join([*lines, "", *(f"- {markdown(source)}" for source in sources), *_of_averages(beside)]) + "\n"


def _of_averages(beside: Sequence[Beside]) -> list[str]:
    """Return why nothing of ours stands beside an average over several tables, if there is one."""
    if not any(each.published.case.dataset.startswith("average of ") for each in beside):
        return []
    return [
        "- An average over several tables has nothing of ours beside it: its source does not say all that rows of ours "
        "would have to share. Lay your own average beside it by hand."
    ]


def published_page() -> str:
    """Return the Markdown page of every published figure and rank, with its source, without ours."""
    lines = [
        "# Published figures",
        "",
        "All figures of other papers that this package holds. `mirimpute-report` lays yours beside them: figures in "
        "`tables/published.md`, where you have rows of the same protocol, dataset, mechanism and rate; average ranks "
        "in `tables/published_ranks.md`, where you have rows of enough of the paper's tables and rivals. Masks and "
        "versions of data differ, so small differences say nothing.",
    ]
    for content in published_files():
        lines += ["", f"## {markdown(content['source'].partition(':')[0])}", "", f"{markdown(content['source'])}.", ""]
        if ranks := content.get("ranks"):
            lines += ["| method | mechanism | average rank |", "|---|---|---:|"]
            lines += [f"| {ranks['method']} | {name} | {value:g} |" for name, value in ranks["values"].items()]
            lines += ["", f"Rivals: {', '.join(ranks['rivals'])}. Tables: {', '.join(ranks['datasets'])}."]
        if "figures" in content:
            heads = ("dataset", "mechanism", "rate", "measure", "method", "value")
            lines += [
                f"`protocol={content['protocol']}`",
                "",
                f"| {' | '.join(heads)} |",
                "|---|---|---:|---|---|---:|",
            ]
            for each in _figures(content):
                place = f"{markdown(each.case.dataset)} | {each.case.mechanism} | {each.case.missing_rate:g}"
                lines.append(f"| {place} | `{each.field}` | {each.method} | {each.value:g} |")
    return "\n".join(lines) + "\n"


def _figures(content: dict[str, Any]) -> list[Published]:
    shared = {key: content[key] for key in ("protocol", "mechanism", "missing_rate") if key in content}
    found = []
    for entry in content["figures"]:
        one = {**shared, **entry}
        case = Case(one["dataset"], one["mechanism"], float(one["missing_rate"]), one["protocol"])
        found += [
            Published(one["method"], case, field, float(value), content["source"])
            for field, value in one.items()
            if field.startswith(("point_", "draw_"))
        ]
    return found
