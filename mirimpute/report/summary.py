"""One measure, methods × cases: mean and sd over seeds, the best, ranks, and everything that failed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from mirimpute.report.case import Case
from mirimpute.report.case_ranks import with_ranks
from mirimpute.report.collect import Collection
from mirimpute.report.markup import number
from mirimpute.report.measure_table import Entry, MeasureTable
from mirimpute.report.measures import DRAW, DRAW_NOTE, FEWEST_DRAWS, Measure
from mirimpute.report.statistics import MIN_DATASETS

OF_TRUTH = ("mask_auc", "mi_bits", "mask_auc_boosted", "mi_bits_boosted")
"""Metrics whose best value is that of the true rows."""


def summarise(collection: Collection, measure: Measure) -> MeasureTable:
    """Return the table of one measure.

    Ranks come by mechanism first. Those pooled over mechanisms never stand alone: they are refused where no mechanism
    has enough datasets.
    """
    entries = _entries(collection, measure)
    tried_methods, tried_cases = {method for method, _ in entries}, {case for _, case in entries}
    methods = [each for each in collection.methods if each in tried_methods]
    measured = {
        case for (_, case), entry in entries.items() if entry.values
    }  # elsewhere there may be nothing to measure
    cases = [each for each in collection.cases if each in (measured or tried_cases)]
    absent = Entry(None, None, 0, {}, False)
    grid = {(method, case): entries.get((method, case), absent) for case in cases for method in methods}
    without_draws = collection.without_draws & set(methods) if measure.of_draws else frozenset()
    for case in cases:
        _mark_best(grid, [each for each in methods if each not in without_draws], case, measure)
    table = MeasureTable(
        measure, tuple(methods), tuple(cases), grid, (), "", without_draws=without_draws, cut=collection.cut
    )
    mechanisms = dict.fromkeys(case.mechanism_words for case in sorted(cases, key=lambda case: case.position[1:]))
    parts = {name: with_ranks(table, name) for name in mechanisms} if len(mechanisms) > 1 else {}
    whole = with_ranks(table)
    if parts and whole.ranked and not any(part.ranked for part in parts.values()):
        refusal = (
            f"No average rank: no mechanism has {MIN_DATASETS} datasets, and a rank pooled over mechanisms does not "
            "stand alone."
        )
        whole = replace(table, refusal=refusal, notes=(refusal,))
    return replace(whole, by_mechanism=parts, notes=(*_notes(whole), *_truth_notes(collection, whole)))


def _truth_notes(collection: Collection, table: MeasureTable) -> list[str]:
    """Return what the true rows themselves have, of a measure whose best value that is."""
    field = table.measure.field.partition("_")[2]
    if field not in OF_TRUTH:
        return []
    values: dict[Case, dict[int, float]] = defaultdict(dict)
    for run in collection.runs:
        value = run.row.get(f"truth_{field}")
        if value is not None:
            values[run.case][run.row["seed"]] = float(value)
    means = [
        f"{case.dataset}, {case.setting}: {number(float(np.mean(list(values[case].values()))))}"
        for case in table.cases
        if case in values
    ]
    return [f"Of the true rows: {'; '.join(means)}."] if means else []


def _notes(table: MeasureTable) -> list[str]:
    """Return the sentences for below a table."""
    found = [DRAW_NOTE] if table.measure.estimate == DRAW else []
    if table.without_draws:
        found.append(
            f"Fewer than {FEWEST_DRAWS} draws, so scored on what they gave and not compared with draws: "
            f"{', '.join(each for each in table.methods if each in table.without_draws)}."
        )
    found += table.notes
    found += _seed_notes(table.entries, list(table.cases))
    if any(entry.gated for entry in table.entries.values()):
        found.append("† the sanity gate warned about at least one seed, see the warnings in summary.md.")
    if any(entry.n and entry.not_ok for entry in table.entries.values()):
        found.append("A mean over fewer seeds because others failed is never set in bold.")
    return found


def _entries(collection: Collection, measure: Measure) -> dict[tuple[str, Case], Entry]:
    """Return the entry of every method and case that has a value of ``measure`` or a failure."""
    field = measure.field
    frame, (numbers, keys) = collection.frame, collection.numbered
    status, seeds, values = (frame[name].to_numpy() for name in ("status", "seed", field))
    ok = status == "ok"
    used = np.flatnonzero(ok & ~np.isnan(values))
    used = used[np.lexsort((seeds[used], numbers[used]))]
    found = pd.Series(values[used]).groupby(numbers[used]).agg(["mean", "std", "count"])
    own = frame[f"{field}_se"].to_numpy()[used] if f"{field}_se" in frame else np.full(len(used), np.nan)
    found["se"] = (pd.Series(own**2).groupby(numbers[used]).sum(min_count=1) ** 0.5) / found["count"]
    ends = found["count"].cumsum()[:-1]
    of_seed = zip(np.split(seeds[used], ends), np.split(values[used], ends), strict=True)
    by_key = {row.Index: (row, *of_row) for row, of_row in zip(found.itertuples(), of_seed, strict=False)}
    not_ok: dict[int, Counter[str]] = defaultdict(Counter)
    for key, what in zip(numbers[~ok].tolist(), status[~ok], strict=True):
        not_ok[key][what] += 1
    gated = set(numbers[ok & (frame["gate"].to_numpy() != "")].tolist())
    entries = {}
    for key in dict.fromkeys([*by_key, *not_ok]):
        row, of_row, its_values = by_key.get(key, (None, np.empty(0, dtype=int), np.empty(0)))
        entries[keys[key]] = Entry(
            mean=float(row.mean) if row else None,
            sd=float(row.std) if row and row.count > 1 else None,
            n=int(row.count) if row else 0,
            not_ok=dict(not_ok.get(key, {})),
            gated=key in gated,
            seeds=tuple(of_row.tolist()),
            values=tuple(its_values.tolist()),
            se=float(row.se) if row and np.isfinite(row.se) else None,
            own_error=measure.own_error,
        )
    return entries


def _mark_best(grid: dict[tuple[str, Case], Entry], methods: Sequence[str], case: Case, measure: Measure) -> None:
    means = {m: e.mean for m in methods if (e := grid[m, case]).mean is not None and not e.not_ok}
    tried = sum(grid[m, case].present for m in methods)
    best = measure.best(means.values())
    if tried < 2 or best is None:
        return
    for method, mean in means.items():
        if number(mean) == number(best):  # two equal texts, one of them bold, would puzzle the reader
            grid[method, case] = replace(grid[method, case], best=True)


def _seed_notes(grid: Mapping[tuple[str, Case], Entry], cases: list[Case]) -> list[str]:
    seeds: dict[Case, set[tuple[int, ...]]] = defaultdict(set)
    for (_, case), entry in grid.items():
        if entry.n:
            seeds[case].add(entry.seeds)
    differing = [case for case in cases if len(seeds[case]) > 1]
    if not differing:
        return []
    names = "; ".join(f"{case.dataset}, {case.setting}" for case in differing)
    return [f"Means are over different seeds, so differences include those of the masks: {names}."]
