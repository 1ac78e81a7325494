"""One measure's table as CSV, Markdown and LaTeX."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import TextIO

from mirimpute.bench.results.row import ROW_FIELDS, STATUSES
from mirimpute.report.case import Case
from mirimpute.report.collect import Collection
from mirimpute.report.failures import Failure
from mirimpute.report.markup import latex, latex_number, markdown, mean_sd
from mirimpute.report.measure_table import Entry, MeasureTable
from mirimpute.report.measures import ESTIMATES

ABSENT = "—"
GATED = "†"
MAX_CELLS_LISTED = 3
MAX_REASON = 300
MARKDOWN_CASES = 6
LATEX_CASES = 4
"""Columns of a block; a table with more cases continues in further blocks, so that it fits a page."""


def caption(table: MeasureTable) -> str:
    """Return the sentence above a table, in plain text."""
    measure = table.measure
    arrow = f" {measure.arrow}" if measure.arrow else ""
    parts = [f"{measure.field}{arrow} ({measure.direction}).", measure.description.rstrip(".") + ","]
    parts.append(f"{ESTIMATES[measure.estimate]}.")
    others = any(entry.n not in (0, table.usual_n) for entry in table.entries.values())
    several = f"Mean ± {table.spread} over n = {table.usual_n} seeds"
    one = "One seed" if table.spread == "sd" else f"One seed ± {table.spread}"
    seeds = {0: "No value", 1: one}.get(table.usual_n, several)
    parts.append(f"{seeds}{', unless another n is given' if others else ''}.")
    if any(entry.best for entry in table.entries.values()):
        parts.append("Best mean in bold, untested.")
    if table.cut:
        parts.append(table.cut)
    return " ".join(parts)


def footnotes(failed: Iterable[Failure]) -> list[str]:
    """Return one line per failure: method, status, how many cells, which, and why."""
    return [
        f"{each.method}: {each.status} ({len(each.cells)}), {listed(each.cells)}: {shortened(each.reason)}"
        for each in failed
    ]


def listed(cells: Sequence[str]) -> str:
    """Return the first few cells in words.

    >>> listed(["a", "b", "c", "d", "e"])
    'a; b; c; and 2 more'
    """
    more = len(cells) - MAX_CELLS_LISTED
    return "; ".join([*cells[:MAX_CELLS_LISTED], *([f"and {more} more"] if more > 0 else [])])


def shortened(reason: str) -> str:
    """Return ``reason`` cut to the length that fits below a table; the whole is in ``rows.csv``."""
    return reason if len(reason) <= MAX_REASON else f"{reason[:MAX_REASON]} ..."


def csv_table(table: MeasureTable) -> str:
    """Return one line per method and case, numbers in full precision."""
    lines = [
        {
            "dataset": case.dataset,
            "mechanism": case.mechanism,
            "missing_rate": case.missing_rate,
            "protocol": case.protocol,
            "method": method,
            "field": table.measure.field,
            "mean": entry.mean,
            "sd": entry.sd,
            "se": entry.se,
            "n": entry.n,
            **{status: entry.not_ok.get(status, 0) for status in STATUSES if status != "ok"},
            "gated": int(entry.gated),
            "best": int(entry.best),
            "rank": entry.rank,
            "average_rank": table.average_rank(method),
            "average_rank_of_mechanism": table.by_mechanism.get(case.mechanism_words, table).average_rank(method),
        }
        for case in table.cases
        for method in table.methods
        if (entry := table.entries[method, case]).present
    ]
    return csv_text(lines)


def write_rows(file: TextIO, collection: Collection) -> None:
    """Write every row as CSV with all its fields, and its label in this report, in the order of the folders."""
    found = set().union(*(run.row for run in collection.runs))
    metrics = [measure.field for measure in collection.measures]
    # Documented fields, then metrics in the order of the tables, then what a later version may have added.
    names = [name for name in dict.fromkeys([*ROW_FIELDS, *metrics, *sorted(found)]) if name in found]
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["label", *names])
    writer.writerows([csv_cell(each) for each in (run.label, *map(run.row.get, names))] for run in collection.runs)


def csv_cell(value: object) -> object:
    """Return what is written for a value: a text that a spreadsheet would run as a formula begins with an apostrophe.

    >>> csv_cell("=1+1"), csv_cell("mean"), csv_cell(-1.5)
    ("'=1+1", 'mean', -1.5)
    """
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def csv_text(lines: Iterable[Mapping[str, object]]) -> str:
    """Return dicts of equal keys as CSV; None is empty, floats are written so that they read back equal."""
    out = io.StringIO()
    writer: csv.DictWriter[str] | None = None
    for line in lines:
        if writer is None:
            writer = csv.DictWriter(out, fieldnames=list(line), lineterminator="\n")
            writer.writeheader()
        writer.writerow({name: csv_cell(value) for name, value in line.items()})
    return out.getvalue()


def markdown_table(table: MeasureTable, collection: Collection, failed: Sequence[Failure]) -> str:
    """Return the table in Markdown, with its caption, notes and failures."""
    lines = [f"**{markdown(caption(table))}**", ""]
    for cases, last in _blocks(table, MARKDOWN_CASES):
        heads = [
            "method",
            *(", ".join(collection.column(case)) for case in cases),
            *(_rank_heads(table) if last else []),
        ]
        rows = [
            [
                markdown(table.head(method)),
                *(_cell(table, method, case, markdown, _markdown_value) for case in cases),
                *(_ranks(table, method) if last else []),
            ]
            for method in table.methods
        ]
        lines += [*markdown_grid([markdown(head) for head in heads], rows), ""]
    below = [*table.notes, *footnotes(failed)]
    lines += [f"- {markdown(note)}" for note in below]
    return "\n".join(lines).rstrip("\n") + "\n"


def markdown_grid(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table, first column left, others right; cells must be escaped already."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return [f"| {' | '.join(cells)} |" for cells in lines]


def latex_table(table: MeasureTable, collection: Collection, failed: Sequence[Failure]) -> str:
    r"""Return a ``table`` environment per block of cases; the document needs ``\usepackage{booktabs}``."""
    parts = ["% Needs \\usepackage{booktabs}."]
    blocks = list(_blocks(table, LATEX_CASES))
    for index, (cases, last) in enumerate(blocks):
        part = f" Part {index + 1} of {len(blocks)}." if len(blocks) > 1 else ""
        label = table.measure.field.replace("_", "-") + (f"-{index + 1}" if len(blocks) > 1 else "")
        notes = [*table.notes, *footnotes(failed)] if last else []
        parts += latex_environment(caption(table) + part, label, _tabular(table, collection, cases, last), notes)
    return "\n".join(parts) + "\n"


def latex_environment(caption: str, label: str, tabular: Sequence[str], notes: Iterable[str]) -> list[str]:
    """Return the lines of a ``table`` environment: plain caption and notes, a finished tabular."""
    return [
        r"\begin{table}[htbp]",
        r"\centering\small",
        rf"\caption{{{latex(caption)}}}",
        rf"\label{{tab:{label}}}",
        *tabular,
        *(rf"\par\smallskip\parbox{{\linewidth}}{{\footnotesize {latex(note)}}}" for note in notes),
        r"\end{table}",
    ]


def latex_tabular(heads: Sequence[Sequence[str]], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a tabular, first column left, others right; the last line of ``heads`` has no spans."""
    return [
        rf"\begin{{tabular}}{{l{'r' * (len(heads[-1]) - 1)}}}",
        r"\toprule",
        *(" & ".join(line) + r" \\" for line in heads),
        r"\midrule",
        *(" & ".join(row) + r" \\" for row in rows),
        r"\bottomrule",
        r"\end{tabular}",
    ]


def _tabular(table: MeasureTable, collection: Collection, cases: Sequence[Case], last: bool) -> list[str]:
    heads = [collection.column(case) for case in cases]
    # Neighbouring cases of one dataset share its name.
    spans = [(name, len(list(group))) for name, group in groupby(dataset for dataset, _ in heads)]
    upper = ["", *(rf"\multicolumn{{{width}}}{{c}}{{{latex(name)}}}" for name, width in spans)]
    lower = ["method", *(latex(setting) for _, setting in heads)]
    if last:
        heads_of_ranks = [head.removeprefix("average rank").strip(", ") for head in _rank_heads(table)]
        upper = [*upper, *["average rank"] * len(heads_of_ranks)]
        lower = [*lower, *map(latex, heads_of_ranks)]
    rows = [
        [
            latex(table.head(method)),
            *(_cell(table, method, case, latex, _latex_value) for case in cases),
            *(map(latex, _ranks(table, method)) if last else []),
        ]
        for method in table.methods
    ]
    return latex_tabular([upper, lower], rows)


def _blocks(table: MeasureTable, size: int) -> Iterable[tuple[Sequence[Case], bool]]:
    """Yield the cases in blocks, and whether the block is the last, which carries the average rank."""
    for start in range(0, len(table.cases), size):
        yield table.cases[start : start + size], start + size >= len(table.cases)


def _cell(
    table: MeasureTable, method: str, case: Case, escape: Callable[[str], str], value: Callable[[Entry], str]
) -> str:
    entry = table.entries[method, case]
    if not entry.present:
        return escape(ABSENT)
    if entry.mean is None:
        return escape(entry.failures)
    remarks = [f"n={entry.n}"] if entry.n != table.usual_n else []
    remarks += [entry.failures] if entry.not_ok else []
    text = value(entry) + (escape(GATED) if entry.gated else "")
    return f"{text} ({escape(', '.join(remarks))})" if remarks else text


def _markdown_value(entry: Entry) -> str:
    mean, sd = mean_sd(entry.mean or 0.0, entry.error)
    text = mean if sd is None else f"{mean} ± {sd}"
    return f"**{text}**" if entry.best else text


def _latex_value(entry: Entry) -> str:
    mean, sd = mean_sd(entry.mean or 0.0, entry.error)
    text = latex_number(mean) if sd is None else rf"{latex_number(mean)} \pm {latex_number(sd)}"
    return rf"$\mathbf{{{text}}}$" if entry.best else f"${text}$"


def _rank_heads(table: MeasureTable) -> list[str]:
    """Return the heads of the columns of ranks: each mechanism, then all; one where there is one mechanism or none."""
    return [f"average rank, {name}" if name else "average rank" for name in table.rank_tables] or ["average rank"]


def _ranks(table: MeasureTable, method: str) -> list[str]:
    """Return the average ranks of a method below these heads."""
    ranks = [each.average_rank(method) for each in table.rank_tables.values()] or [None]
    return [ABSENT if rank is None else f"{rank:.2f}" for rank in ranks]
