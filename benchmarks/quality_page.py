"""The page of the quality benchmark: errors by case, verdicts, failures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

from benchmarks.cells import CASE, ONE_DRAW, TIMEOUT_S, Found, Sweep, cell_count, timed
from benchmarks.page import last_sections, remarks, table, value_text
from benchmarks.verdicts import OURS, W2_OTHERS, W2_OURS, Ratio, firsts, per_seed, ratio, ratio_to_best
from mirimpute.report.markup import markdown

FAST = "mirf_fast"
SELF_MASKED, SELF_MASKING = "mirf_mnar", "mnar_self"
"""The variant that is told that values are missing by their own size, and the mechanism where they are."""
HYPERIMPUTE = "hyperimpute/hyperimpute"
DRAWING = ("mice", "gaussian_em", "hyperimpute/mice")
"""Peers with draws: the draws of the others are their points, and lose as such."""


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
    n_cases = sum(len(sweep.cases) for sweep in sweeps)
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
            "Ratios are geometric means over cases (dataset × mechanism × rate), below 1 where the first is better. Two"
            " methods are compared by their medians over the seeds on which both are ok; cases without such a seed"
            " are left out. First means strictly better than every competitor that has a value; mirf variants do not"
            f" compete with each other. Of the peers, {', '.join(map(markdown, DRAWING))} have draws; the others are"
            " scored on their point for one. hyperimpute/mice gives one draw as its point, so its"
            " error is compared with that of a draw. Seconds are compared where both rows are of this run.",
            "",
            *table(["verdict", "value", "cases", "left out"], verdict_lines(found.frame, methods, n_cases)),
            "## Point RMSE",
            "",
            "Median over seeds of `point_rmse`, best in bold; what is not ok or missing is said.",
            "",
            *table(["case", *map(markdown, methods)], case_lines(found.frame, sweeps, methods)),
            *_self_masking(found.frame, told),
            *last_sections(found.frame, notes, cell_count((*sweeps, *told)), today),
        ]
    )


def _self_masking(frame: pd.DataFrame, told: Sequence[Sweep]) -> list[str]:
    """Return the section on the variant that is told how values are missing, among those that are not told."""
    if not told:
        return []
    cases = sum(len(sweep.cases) for sweep in told)
    frame = frame[frame["mechanism"] == SELF_MASKING]
    others = [OURS, HYPERIMPUTE]
    lines = [
        [f"{field}, {SELF_MASKED} / {other}", value_text(found.value), str(found.cases), str(found.left_out)]
        for field in ("point_rmse", "draw_energy")
        for other in others
        for found in [ratio(frame, cases, SELF_MASKED, other, field)]
    ]
    best = firsts(frame, cases, SELF_MASKED, "point_rmse", others)
    said = f"cases in which {SELF_MASKED} is first of {', '.join((SELF_MASKED, *others))} on point_rmse"
    lines.append([said, str(best.first), str(best.cases), str(best.left_out)])
    return [
        "## Told that values are missing by their own size",
        "",
        f"{SELF_MASKED} assumes it, under {SELF_MASKING}, where it is so; mirf assumes values are missing at random.",
        "",
        *table(["verdict", "value", "cases", "left out"], [[markdown(line[0]), *line[1:]] for line in lines]),
        *table(["case", *map(markdown, (SELF_MASKED, *others))], case_lines(frame, told, (SELF_MASKED, *others))),
    ]


def verdict_lines(frame: pd.DataFrame, methods: Sequence[str], n_cases: int) -> list[list[str]]:
    """Return the verdicts: what, value, cases, cases left out."""
    others = [method for method in methods if not method.startswith(OURS)]

    def ratio_line(text: str, value: Ratio) -> list[str]:
        return [text, value_text(value.value), str(value.cases), str(value.left_out)]

    def first_line(field: str) -> list[str]:
        value = firsts(frame, n_cases, OURS, field, others)
        partial = f" (in {value.partial} a competitor has no value)" if value.partial else ""
        text = f"cases in which mirf is first on {field}"
        return [text, f"{value.first}{partial}", str(value.cases), str(value.left_out)]

    w2 = ratio_to_best(frame, n_cases, OURS, W2_OURS, others, W2_OTHERS)
    lines = [
        *(
            ratio_line(f"{field}, mirf / {other}", ratio(frame, n_cases, OURS, other, field))
            for other in others
            for field in ["draw_rmse" if other in ONE_DRAW else "point_rmse"]
        ),
        first_line("point_rmse"),
        ratio_line("w2, best of draw and shrunk of mirf / best of point, draw and shrunk of any competitor", w2),
        first_line("draw_energy"),
        first_line("draw_mmd2"),
        *(
            ratio_line(f"{field}, mirf / {other}", ratio(frame, n_cases, OURS, other, field))
            for field in ("draw_energy", "draw_mmd2")
            for other in DRAWING
            if other in others
        ),
        ratio_line(f"seconds, mirf / {HYPERIMPUTE}", ratio(timed(frame), n_cases, OURS, HYPERIMPUTE, "seconds")),
        ratio_line(f"CPU seconds, mirf / {HYPERIMPUTE}", ratio(timed(frame), n_cases, OURS, HYPERIMPUTE, "cpu_s")),
        ratio_line(f"point_rmse, {FAST} / mirf", ratio(frame, n_cases, FAST, OURS, "point_rmse")),
        ratio_line(f"seconds, {FAST} / {HYPERIMPUTE}", ratio(timed(frame), n_cases, FAST, HYPERIMPUTE, "seconds")),
    ]
    return [[markdown(line[0]), *line[1:]] for line in lines]


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
