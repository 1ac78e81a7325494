"""The page of the quality benchmark: errors by case, verdicts, failures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from benchmarks.cells import ONE_DRAW, Found, timed
from benchmarks.frame import CASE
from benchmarks.page import last_sections, remarks, table, value_text
from benchmarks.sweep import TIMEOUT_S, Sweep, cell_count
from benchmarks.verdicts import OURS, collection_of, paired_means, per_seed, ratio, table_of, verdicts
from mirimpute.report.markup import markdown
from mirimpute.report.statistics import mean_interval

FAST = "mirf_fast"
SELF_MASKED, SELF_MASKING = "mirf_mnar", "mnar_self"
"""The variant that is told that values are missing by their own size, and the mechanism where they are."""
HYPERIMPUTE = "hyperimpute/hyperimpute"
COMPARED = {
    "point_rmse": "Error of the point",
    "draws_crps": "CRPS of the draws",
    "draw_energy": "Energy distance of the draws",
    "draw_mmd2": "MMD² of the draws",
}


def quality_page(found: Found, sweeps: Sequence[Sweep], told: Sequence[Sweep], part: str, today: date) -> str:
    """Return the page in Markdown.

    Args:
        found: the rows of the grid.
        sweeps: the grid.
        told: the sweeps of ``SELF_MASKED``, which is compared on its own; there may be none.
        part: how the grid was narrowed by options, "" where it was not.
        today: the date of the page.
    """
    methods = list(dict.fromkeys(method for sweep in sweeps for method in sweep.methods))
    notes = [f"- {markdown(note)}" for note in found.notes]
    return "\n".join(
        [
            "# Quality of mirf beside its peers",
            "",
            *([f"A part of the grid only: {markdown(part)}.", ""] if part else []),
            "Made by `make bench-quality` from the rows alone; the rows are in `quality.csv`. One thread per method,"
            f" {TIMEOUT_S} s per cell. Errors are in standard deviations of the observed cells; lower is better.",
            "",
            "## Verdicts",
            "",
            "Each mechanism first, then all of them pooled; means over seeds, then over the cases of a dataset."
            " Datasets are the units of intervals and tests. A failed seed is a loss of its method; beside it stands"
            " what is left without such cases. Differences are mirf less the other, on common seeds, ratios mirf over"
            " the other"
            " (geometric mean, of what cannot be near zero alone). p is Wilcoxon's, after Holm's correction for all"
            " pairs. Methods without draws do not compete on draws. mirf is ranked,"
            f" {markdown(FAST)} is not: it is a variant. The point of {' and of '.join(map(markdown, ONE_DRAW))}"
            " is a draw, and has the error of one.",
            "",
            *verdicts(found.frame, methods, COMPARED),
            f"### Against {markdown(FAST)}, and in seconds",
            "",
            *table(["ratio", "value"], ratio_lines(found.frame)),
            "## Point RMSE",
            "",
            "Median over seeds of `point_rmse`, best in bold; what is not ok or missing is said.",
            "",
            *table(["case", *map(markdown, methods)], case_lines(found.frame, sweeps, methods)),
            *_self_masking(found.frame, told),
            *last_sections(found.frame, notes, cell_count((*sweeps, *told)), today),
        ]
    )


def ratio_lines(frame: pd.DataFrame) -> list[list[str]]:
    """Return geometric means over datasets: of the fast variant, and of seconds, where both rows are of this run."""
    errors = collection_of(frame, (OURS, FAST))
    costs = collection_of(timed(frame), (OURS, FAST, HYPERIMPUTE))
    asked = [(errors, "point_rmse", FAST, OURS), *((costs, "seconds", each, HYPERIMPUTE) for each in (OURS, FAST))]
    lines = []
    for rows, field, method, other in asked:
        there = field in {measure.field for measure in rows.measures}
        value = ratio(table_of(rows, field), method, other) if there else None
        lines.append([markdown(f"{field}, {method} / {other}"), value_text(value)])
    return lines


def _self_masking(frame: pd.DataFrame, told: Sequence[Sweep]) -> list[str]:
    """Return the section on the variant that is told how values are missing, beside those that are not told."""
    if not told:
        return []
    frame = frame[frame["mechanism"] == SELF_MASKING]
    compared = (SELF_MASKED, OURS, HYPERIMPUTE)
    collection = collection_of(frame, compared)
    lines = []
    for field in ("point_rmse", "draw_energy"):
        if field not in {measure.field for measure in collection.measures}:
            continue
        found = table_of(collection, field)
        for other in (OURS, HYPERIMPUTE):
            differences = np.array([a - b for a, b in paired_means(found, SELF_MASKED, other).values()])
            mean, low, high = mean_interval(differences)
            counts = f"{(differences < 0).sum()}, {(differences == 0).sum()}, {(differences > 0).sum()}"
            interval = f"{value_text(low)} to {value_text(high)}"
            lines.append([markdown(f"{field}, against {other}"), counts, value_text(mean), interval])
    return [
        "## Told that values are missing by their own size",
        "",
        f"{markdown(SELF_MASKED)} assumes it, under {markdown(SELF_MASKING)}, where it is so; mirf assumes values are"
        " missing at random. Not ranked: it is a variant.",
        "",
        *table([markdown(SELF_MASKED), "wins, ties, losses", "difference", "95 % interval"], lines),
        *table(["case", *map(markdown, compared)], case_lines(frame, told, compared)),
    ]


def case_lines(frame: pd.DataFrame, sweeps: Sequence[Sweep], methods: Sequence[str]) -> list[list[str]]:
    """Return a line per case: its name, then the median of each method over its seeds, with remarks."""
    medians = {
        method: per_seed(frame, method, ["point_rmse"]).groupby(level=CASE).median().to_dict() for method in methods
    }
    statuses = frame.groupby([*CASE, "method"])["status"].agg(list).to_dict()
    lines = []
    for case, wanted in [(case, len(sweep.seeds)) for sweep in sweeps for case in sweep.cases]:
        values = {method: medians[method].get(case) for method in methods}
        best = min((value for value in values.values() if value is not None), default=None)
        cells = [
            _cell(values[method], values[method] == best, remarks(statuses.get((*case, method), []), wanted))
            for method in methods
        ]
        lines.append([markdown(f"{case[0]} {case[1]} {case[2]:g}"), *cells])
    return lines


def _cell(value: float | None, best: bool, said: str) -> str:
    if value is None:
        return said or "undefined"
    text = f"**{value_text(value)}**" if best else value_text(value)
    return f"{text} ({said})" if said else text
