"""One measure, methods × cases: mean and sd over seeds, the best, ranks, and everything that failed."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from mirimpute.report.collect import Case, Collection, Row
from mirimpute.report.markup import number
from mirimpute.report.measures import DRAW, DRAW_NOTE, FEWEST_DRAWS, Measure
from mirimpute.report.reasons import explained
from mirimpute.report.statistics import MIN_DATASETS

_NUMBER = re.compile(r"\d+(\.\d+)?([eE][+-]?\d+)?")


@dataclass(frozen=True)
class Entry:
    """One method on one case.

    Attributes:
        mean: mean over the ``n`` seeds that have a value, None when none has.
        sd: standard deviation over seeds (n - 1 in the denominator), None for fewer than two.
        n: number of seeds with a value.
        not_ok: status -> number of seeds, for failed, timeout and skipped.
        gated: whether the sanity gate warned about any of the seeds.
        best: whether it is the best of the case, as printed; never with a failed seed or without a rival.
        rank: 1 = best, ties share their average; a failed seed gives the worst rank; None when not ranked.
        seeds, values: those with a value, and the values.
        se: standard error of the mean by that of each seed's value (over draws, or over rows), None where it has none.
        own_error: whether ``se`` is the metric's own, over rows.
    """

    mean: float | None
    sd: float | None
    n: int
    not_ok: Mapping[str, int]
    gated: bool
    best: bool = False
    rank: float | None = None
    seeds: tuple[int, ...] = ()
    values: tuple[float, ...] = ()
    se: float | None = None
    own_error: bool = False

    @property
    def error(self) -> float | None:
        """What stands behind the ±: a metric's own standard error, else the sd over seeds, or one seed's over draws."""
        return self.se if self.own_error or self.sd is None else self.sd

    @property
    def present(self) -> bool:
        """Whether the method was tried: it has a value or a failure."""
        return self.n > 0 or bool(self.not_ok)

    @property
    def failures(self) -> str:
        """The failures in words, e.g. ``failed (2), timeout (1)``."""
        return ", ".join(f"{status} ({count})" for status, count in sorted(self.not_ok.items()))


@dataclass(frozen=True)
class Failure:
    """What was said about a method on some cells; where the texts differ in their numbers, that of the first cell."""

    method: str
    status: str
    reason: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class MeasureTable:
    """Everything that a table or figure of one measure shows.

    Attributes:
        measure: what is shown.
        methods: rows, in order.
        cases: columns, in order; a case in which nothing was tried is left out.
        entries: one per method and case.
        ranked: the methods that take part in the ranking: those run on every case; none when ranks are refused.
        refusal: why there are no ranks, "" when there are.
        notes: sentences for below the table.
        by_mechanism: mechanism in words -> the table of its cases alone, with ranks of their own; empty for one.
        without_draws: methods that have no draws, in a measure of draws: shown, but neither ranked nor the best.
        cut: what was cut of the datasets, in a sentence.
    """

    measure: Measure
    methods: tuple[str, ...]
    cases: tuple[Case, ...]
    entries: Mapping[tuple[str, Case], Entry]
    ranked: tuple[str, ...]
    refusal: str
    notes: tuple[str, ...] = field(default=())
    by_mechanism: Mapping[str, MeasureTable] = field(default_factory=dict)
    without_draws: frozenset[str] = frozenset()
    cut: str = ""

    def head(self, method: str) -> str:
        """Return what the line of ``method`` is called: its label, and that it has no draws where these are scored."""
        return f"{method} (no draws)" if method in self.without_draws else method

    @property
    def rank_tables(self) -> dict[str, MeasureTable]:
        """What the columns of average ranks are of: each mechanism that has ranks, then all of them together."""
        found = {name: table for name, table in self.by_mechanism.items() if table.ranked}
        return {**found, ("all" if found else ""): self} if self.ranked else found

    @property
    def datasets(self) -> tuple[str, ...]:
        """The datasets of the cases, in order."""
        return tuple(dict.fromkeys(case.dataset for case in self.cases))

    @property
    def spread(self) -> str:
        """What stands behind the ±, in words."""
        known = [entry for entry in self.entries.values() if entry.se is not None]
        if any(entry.own_error for entry in known):
            return "standard error of the estimate"
        return "standard error over draws" if known and self.usual_n == 1 else "sd"

    def means(self, case: Case) -> dict[str, float]:
        """Return method -> mean on ``case``, of those that have one."""
        found = {method: self.entries.get((method, case)) for method in self.methods}
        return {method: entry.mean for method, entry in found.items() if entry and entry.mean is not None}

    def average_rank(self, method: str) -> float | None:
        """Return the mean rank of ``method``: within each dataset over its cases, then over datasets; None: not ranked.

        Datasets count the same, however many cases they have.
        """
        return self._average_ranks.get(method)

    @cached_property
    def _average_ranks(self) -> dict[str, float]:
        found = {}
        for method in self.ranked:
            by_dataset: dict[str, list[float]] = {}
            for case in self.cases:
                by_dataset.setdefault(case.dataset, []).append(self.entries[method, case].rank or 0.0)
            found[method] = sum(sum(ranks) / len(ranks) for ranks in by_dataset.values()) / len(by_dataset)
        return found

    @cached_property
    def usual_n(self) -> int:
        """The number of seeds behind most means (the larger in a tie), 0 if there is none; the others are marked."""
        counts = Counter(entry.n for entry in self.entries.values() if entry.n)
        return max(counts, key=lambda n: (counts[n], n), default=0)


def summarise(collection: Collection, measure: Measure) -> MeasureTable:
    """Return the table of one measure.

    Ranks come by mechanism first. Those pooled over mechanisms never stand alone: they are refused where no mechanism
    has enough datasets.
    """
    entries = _entries(collection, measure)
    tried_methods, tried_cases = {method for method, _ in entries}, {case for _, case in entries}
    methods = [each for each in collection.methods if each in tried_methods]
    cases = [each for each in collection.cases if each in tried_cases]
    absent = Entry(None, None, 0, {}, False)
    grid = {(method, case): entries.get((method, case), absent) for case in cases for method in methods}
    without_draws = collection.without_draws & set(methods) if measure.of_draws else frozenset()
    for case in cases:
        _mark_best(grid, [each for each in methods if each not in without_draws], case, measure)
    table = MeasureTable(
        measure, tuple(methods), tuple(cases), grid, (), "", without_draws=without_draws, cut=collection.cut
    )
    mechanisms = dict.fromkeys(case.mechanism_words for case in sorted(cases, key=lambda case: case.position[1:]))
    parts = {name: _ranked(table, name) for name in mechanisms} if len(mechanisms) > 1 else {}
    whole = _ranked(table)
    if parts and whole.ranked and not any(part.ranked for part in parts.values()):
        refusal = (
            f"No average rank: no mechanism has {MIN_DATASETS} datasets, and a rank pooled over mechanisms does not "
            "stand alone."
        )
        whole = replace(table, refusal=refusal, notes=(refusal,))
    return replace(whole, by_mechanism=parts, notes=tuple(_notes(whole)))


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


def failures(collection: Collection) -> list[Failure]:
    """Return what went wrong, once per method, status and reason, with the affected cells."""
    return _grouped(collection, lambda row: row["reason"] if row["status"] != "ok" else "")


def gate_warnings(collection: Collection) -> list[Failure]:
    """Return what the sanity gate said about rows that are ok, once per method and warning, with cells and reason."""
    found = _grouped(collection, lambda row: (row.get("gate") or "") if row["status"] == "ok" else "")
    return [replace(each, reason=explained(each.method, each.reason)) for each in found]


def _grouped(collection: Collection, said: Callable[[Row], str]) -> list[Failure]:
    """Return the texts of ``said`` ("": none). Texts that differ only in their numbers are one, given as the first."""
    found: dict[tuple[str, str, str], tuple[str, list[str]]] = {}
    told = [run for run in collection.runs if said(run.row).strip()]
    for run in sorted(told, key=lambda run: (collection.method_index[run.label], run.case.position, run.row["seed"])):
        text = " ".join(said(run.row).split())
        key = run.label, run.row["status"], _NUMBER.sub("#", text)
        dataset, setting = collection.column(run.case)
        cell = f"{dataset}, {setting}, seed {run.row['seed']}"
        found.setdefault(key, (text, []))[1].append(cell)
    return [Failure(method, status, text, tuple(cells)) for (method, status, _), (text, cells) in found.items()]


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


def variant_of_mirf(label: str) -> bool:
    """Return whether a label is one of this package's own variants of mirf, of which one competes in a ranking.

    ``mirf_paper`` is none: it has the settings that its authors published, and is a rival.

    >>> [variant_of_mirf(each) for each in ("mirf", "mirf_fast", "mirf #0123abcd", "mirf_paper", "mice")]
    [True, True, True, False, False]
    """
    name = re.split(r"[ #~]", label, maxsplit=1)[0]
    return name == "mirf" or (name.startswith("mirf_") and name != "mirf_paper")


def _ranked(table: MeasureTable, mechanism: str = "") -> MeasureTable:
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
        return [], f"No average rank: fewer than two methods {_THAT_DRAW[table.measure.of_draws]}ran on every case."
    note = (
        f"Average rank over {datasets} datasets ({len(cases)} cases), 1 = best of {len(ranked)} methods; "
        f"a method with a failed seed gets rank {len(ranked)} in that case."
    )
    if beside:
        note += f" Beside the ranks, as further variants of {_first_mirf(ranked)}: {', '.join(beside)}."
    others = [each for each in tried if each not in everywhere]
    if others:
        note += f" Not ranked, because not run on every case: {', '.join(others)}."
    return ranked, note


_THAT_DRAW = {True: "with draws ", False: ""}


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
