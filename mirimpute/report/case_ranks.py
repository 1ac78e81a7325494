"""Ranks of the methods within each case, or why there are none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from mirimpute.report.case import Case
from mirimpute.report.measure_table import Entry, MeasureTable
from mirimpute.report.measures import Measure
from mirimpute.report.statistics import MIN_DATASETS, least_p


def variant_of_mirf(label: str) -> bool:
    """Return whether a label is one of this package's own variants of mirf, of which one competes in a ranking.

    ``mirf_paper`` is none: it has the settings that its authors published, and is a rival.

    >>> [variant_of_mirf(each) for each in ("mirf", "mirf_fast", "mirf #0123abcd", "mirf_paper", "mice")]
    [True, True, True, False, False]
    """
    name = re.split(r"[ #~]", label, maxsplit=1)[0]
    return name == "mirf" or (name.startswith("mirf_") and name != "mirf_paper")


def with_ranks(table: MeasureTable, mechanism: str = "") -> MeasureTable:
    """Return the table (of the cases of one mechanism, in words; "": of all) with ranks, or with why there are none."""
    cases = [case for case in table.cases if mechanism in ("", case.mechanism_words)]
    grid = {(method, case): table.entries[method, case] for case in cases for method in table.methods}
    ranked, note = _ranked_methods(grid, table, cases)
    if ranked:
        _set_ranks(grid, ranked, cases, table.measure)
    return replace(
        table, cases=tuple(cases), entries=grid, ranked=tuple(ranked), refusal="" if ranked else note, notes=(note,)
    )


def _ranked_methods(
    grid: Mapping[tuple[str, Case], Entry], table: MeasureTable, cases: Sequence[Case]
) -> tuple[list[str], str]:
    """Return the methods that take part in the ranking (none when it is refused) and the note about it."""
    if table.measure.higher_is_better is None:
        return [], "No ranks: neither lower nor higher values are known to be better."
    datasets = len({case.dataset for case in cases})
    if datasets < MIN_DATASETS:
        return [], f"No average rank: it takes {MIN_DATASETS} datasets, {datasets} run."
    tried = [each for each in table.methods if any(grid[each, case].present for case in cases)]
    everywhere = [each for each in tried if all(grid[each, case].present for case in cases)]
    beside = sorted((each for each in everywhere if variant_of_mirf(each)), key=lambda each: each != "mirf")[1:]
    ranked = [each for each in everywhere if each not in table.without_draws and each not in beside]
    if len(ranked) < 2:
        that_draw = "with draws " if table.measure.of_draws else ""
        return [], f"No average rank: fewer than two methods {that_draw}ran on every case."
    note = (
        f"Average rank over {datasets} datasets ({len(cases)} cases), 1 = best of {len(ranked)} methods; "
        f"a method with a failed seed gets rank {len(ranked)} in that case. "
        f"The least p that there can be, of wins on all datasets, is {least_p(len(ranked), datasets):.2g} after Holm's "
        "correction."
    )
    if beside:
        note += f" Beside the ranks, as further variants of {_first_mirf(ranked)}: {', '.join(beside)}."
    others = [each for each in tried if each not in everywhere]
    if others:
        note += f" Not ranked, because not run on every case: {', '.join(others)}."
    return ranked, note


def _first_mirf(ranked: Sequence[str]) -> str:
    return next((each for each in ranked if variant_of_mirf(each)), "mirf")


def _set_ranks(
    grid: dict[tuple[str, Case], Entry], ranked: Sequence[str], cases: Sequence[Case], measure: Measure
) -> None:
    from scipy.stats import rankdata

    sign = -1.0 if measure.higher_is_better else 1.0
    entries = [[grid[method, case] for method in ranked] for case in cases]
    means = [[np.nan if e.mean is None or e.not_ok else sign * e.mean for e in of_case] for of_case in entries]
    ranks = np.nan_to_num(rankdata(means, axis=1, nan_policy="omit"), nan=len(ranked))
    for case, of_case in zip(cases, ranks.tolist(), strict=True):
        for method, rank in zip(ranked, of_case, strict=True):
            grid[method, case] = replace(grid[method, case], rank=rank)
