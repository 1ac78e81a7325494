"""One measure, methods × cases: an entry for each, and what tables and figures ask of them all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from mirimpute.report.case import Case
from mirimpute.report.measures import Measure


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
