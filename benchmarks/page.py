"""The parts that the pages of all benchmarks share: tables, failures, and what was run by which versions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date

import pandas as pd

from benchmarks.tables import lists_of
from mirimpute.bench.config import hash_of_method
from mirimpute.methods.presets import named_method
from mirimpute.report.markup import markdown, number
from mirimpute.report.reasons import WORSE, explained
from mirimpute.report.tables import listed, shortened

ABSENT = "—"


def table(heads: Sequence[str], lines: Iterable[Sequence[str]], left: int = 1) -> list[str]:
    """Return a Markdown table whose first ``left`` columns are text and whose others are numbers."""
    rule = "|" + "---|" * left + "---:|" * (len(heads) - left)
    return [_line(heads), rule, *(_line(cells) for cells in lines), ""]


def value_text(value: float | None) -> str:
    """Return three significant digits, or a dash where there is no number.

    >>> value_text(0.34512), value_text(None), value_text(float("nan"))
    ('0.345', '—', '—')
    """
    return ABSENT if value is None or pd.isna(value) else number(value)


def remarks(statuses: Sequence[str], wanted: int) -> str:
    """Return in words which of the ``wanted`` rows of a cell of a table are not ok or not there.

    >>> remarks(["ok", "timeout"], 3)
    '1 timeout, 1 missing'
    """
    counts = {status: statuses.count(status) for status in dict.fromkeys(statuses) if status != "ok"}
    counts["missing"] = wanted - len(statuses)
    return ", ".join(f"{count} {status}" for status, count in counts.items() if count)


def below_mean(frame: pd.DataFrame) -> list[str]:
    """Return a line per method that the sanity gate found worse than mean imputation: how often, where and why."""
    lines: list[str] = []
    if "gate" not in frame:
        return lines
    for method, group in frame[frame["gate"].fillna("").str.contains(WORSE)].groupby("method", sort=False):
        cells = [f"{row.dataset} {row.mechanism} {row.missing_rate:g} seed {row.seed}" for row in group.itertuples()]
        lines.append(f"- {markdown(explained(str(method), f'{method}: {WORSE} ({len(cells)}), {listed(cells)}'))}")
    return lines


def failures(frame: pd.DataFrame) -> list[str]:
    """Return a line per method and reason of rows that are not ok: how many and which; then :func:`below_mean`."""
    lines = []
    for (method, status, reason), group in frame[frame["status"] != "ok"].groupby(["method", "status", "reason"]):
        cells = [f"{row.dataset} {row.mechanism} {row.missing_rate:g} seed {row.seed}" for row in group.itertuples()]
        lines.append(f"- {markdown(f'{method}: {status} ({len(cells)}), {listed(cells)}: {shortened(reason)}')}")
    return [*lines, *below_mean(frame)]


def provenance(frame: pd.DataFrame, wanted: int, today: date) -> list[str]:
    """Return what was there of a grid of ``wanted`` cells, and by which version and settings of each method."""
    ok = int((frame["status"] == "ok").sum())
    lines = [
        f"- {len(frame)} of the {wanted} cells of the grid have a row, {wanted - len(frame)} are missing; "
        f"{ok} are ok, {len(frame) - ok} are not.",
        f"- Tables {markdown(lists_of(frame['dataset']))}.",
        f"- Page of {today.isoformat()}. Versions that made the rows:",
    ]
    counts = frame["versions"].fillna("not recorded").value_counts()
    lines += [f"  - {markdown(str(versions))} ({count} rows)" for versions, count in counts.items()]
    heads = ["method", "version", "hash of its settings", "rows"]
    return [*lines, "", *table(heads, methods_of(frame), left=3)]


def methods_of(frame: pd.DataFrame) -> list[list[str]]:
    """Return a line per method: name, version, first digits of the hash of its settings, rows."""
    lines = []
    for method, own in frame.groupby("method", sort=False):
        versions, hashes = (
            ", ".join(sorted({str(each)[:8].removesuffix(".0") for each in own[name].dropna()})) if name in own else ""
            for name in ("method_version", "method_hash")
        )
        lines.append([markdown(str(method)), versions or "not recorded", hashes or "not recorded", str(len(own))])
    return lines


MADE_WITH = re.compile(r"(\S+) version (\d+), settings ([0-9a-f]{8})")
"""What :func:`made_with` says of a method."""


MULTIPLE = "impute_multiple version"
"""What a page says of multiple imputation by models of rows, before the number."""


def made_with(*names: str) -> str:
    """Return the line of a page that has no rows: version and hash of the settings of each method of this tree.

    >>> made_with("mean")
    '- Methods, before what the page changes of them: mean version 1, settings 5714899f.'
    """
    each = [
        f"{name} version {named_method(name).version}, settings {hash_of_method(named_method(name))[:8]}"
        for name in names
    ]
    return f"- Methods, before what the page changes of them: {'; '.join(each)}."


def ending(frame: pd.DataFrame, notes: Iterable[str], wanted: int, today: date) -> list[str]:
    """Return the last lines of a page: :func:`failures`, notes, and :func:`provenance`."""
    return [*failures(frame), *(f"- {note}" for note in notes), *provenance(frame, wanted, today)]


def last_sections(frame: pd.DataFrame, notes: Sequence[str], wanted: int, today: date) -> list[str]:
    """Return the same as two sections with heads, for a long page; notes are lines already."""
    said = failures(frame) + list(notes) or ["None."]
    what = ["", "## What was run", "", *provenance(frame, wanted, today), ""]
    return ["## Failures and notes", "", *said, *what]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
