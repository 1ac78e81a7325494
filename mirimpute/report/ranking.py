"""Which method is best at one measure over all datasets, and how certain that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from mirimpute.report.case import Case
from mirimpute.report.markup import number
from mirimpute.report.measure_table import Entry, MeasureTable
from mirimpute.report.measures import Measure
from mirimpute.report.paired_differences import intervals, mean_by_dataset, pairs, with_failures
from mirimpute.report.statistics import (
    ALPHA,
    FEWEST_FOR_INTERVAL,
    MIN_DATASETS,
    Friedman,
    bootstrap_interval,
    critical_difference,
    friedman,
    paired_wilcoxon_holm,
    pairwise_wins,
    win_counts,
)
from mirimpute.seeding import generator


@dataclass(frozen=True)
class Ranking:
    """The ranked methods of one measure; arrays are in the order of ``methods``.

    Attributes:
        measure: what was ranked.
        methods: those that were run on every case.
        datasets: the units of the tests.
        n_cases: dataset × mechanism × rate.
        average: mean rank, (k,).
        low, high: ends of the 95 % bootstrap interval of ``average`` over datasets, (k,).
        win_rate: mean of ``pair_wins`` over the rivals, (k,).
        failed: cases in which a seed failed, so that the method got the worst rank there, (k,).
        by_setting: mechanism and rate in words -> mean rank there, (k,); only settings with enough datasets.
        friedman: the test over all methods; None where it is not defined.
        critical_difference: Nemenyi's, of average ranks.
        pair_wins: share of cases on which row beats column, ties half, datasets weighted equally, (k, k).
        p_wilcoxon: of each pair over datasets, (k, k).
        p_holm: the same, corrected for the number of pairs, (k, k).
        counts: cases on which row beats, ties with, loses to column, a failure lost to whoever did not fail, (3, k, k).
        counts_without: the same without the cases on which one of the two failed, (3, k, k).
        p_holm_without: as p_holm, likewise.
        average_without: mean rank among those that did not fail, over the cases on which the method did not, (k,).
        difference: mean over datasets of row - column in the unit of the measure, on common seeds, where both are ok,
            (k, k).
        difference_low, difference_high: its 95 % interval over datasets (Student), (k, k).
        mechanism: whose cases these are, in words; "": of several, or of the only one.
        by_mechanism: the ranking of each mechanism with enough datasets; what is pooled never stands without it.
    """

    measure: Measure
    methods: tuple[str, ...]
    datasets: tuple[str, ...]
    n_cases: int
    average: np.ndarray
    low: np.ndarray
    high: np.ndarray
    win_rate: np.ndarray
    failed: np.ndarray
    by_setting: dict[str, np.ndarray]
    friedman: Friedman | None
    critical_difference: float
    pair_wins: np.ndarray
    p_wilcoxon: np.ndarray
    p_holm: np.ndarray
    counts: np.ndarray
    counts_without: np.ndarray
    p_holm_without: np.ndarray
    average_without: np.ndarray
    difference: np.ndarray
    difference_low: np.ndarray
    difference_high: np.ndarray
    mechanism: str = ""
    by_mechanism: Mapping[str, Ranking] = field(default_factory=dict)

    @property
    def all_rankings(self) -> list[Ranking]:
        """That of each mechanism, then this one, unless it is of the only mechanism with a ranking."""
        return [*self.by_mechanism.values(), self]

    @property
    def first(self) -> str:
        """Who is first, by how much over the second, and whether that can be told: one sentence or more."""
        i, j = self.order[:2]
        names = self.methods[i], self.methods[j]
        gap = float(self.average[j] - self.average[i])
        places = f"is first (average rank {self.average[i]:.2f}), {names[1]} second ({self.average[j]:.2f})"
        if gap < 1e-9:
            places = f"and {names[1]} share the first place (average rank {self.average[i]:.2f})"
        text = (
            f"{names[0]} {places}: "
            f"{_counted(self.counts[:, i, j])} over cases; Wilcoxon-Holm p = {self.p_holm[i, j]:.2g} "
            f"{_told(self.p_holm[i, j] < ALPHA)}; Nemenyi: ranks differ by {gap:.2f}, critical is "
            f"{self.critical_difference:.2f}, {_told(gap > self.critical_difference)}; difference, "
            f"first less second, {number(float(self.difference[i, j]))} {self._interval(i, j)}"
        )
        if self.failed[[i, j]].any():
            text += (
                f"; without the cases on which one of the two failed: {_counted(self.counts_without[:, i, j])}, "
                f"p = {self.p_holm_without[i, j]:.2g}"
            )
        return f"{text}."

    def _interval(self, i: int, j: int) -> str:
        low, high = self.difference_low[i, j], self.difference_high[i, j]
        if not (np.isfinite(low) and np.isfinite(high)):
            return "(no interval of one dataset)"
        return f"(95 % interval over datasets {number(float(low))} to {number(float(high))})"

    @property
    def order(self) -> list[int]:
        """Indices of the methods from best to worst average rank; ties in the order of tables."""
        return [int(index) for index in np.argsort(self.average, kind="stable")]

    @property
    def notes(self) -> list[str]:
        """Sentences for below a table: how it was made, what the tests say, what they cannot say."""
        n, k = len(self.datasets), len(self.methods)
        notes = [
            self.first,
            f"Ranks are averaged within each of {n} datasets ({self.n_cases} cases), then over datasets; "
            f"1 = best of {k}. A method with a failed seed gets rank {k} in that case.",
            "Interval: 95 % bootstrap over datasets (expanded percentiles). Wins: share of rivals beaten, ties half.",
        ]
        if n < FEWEST_FOR_INTERVAL:
            notes.append(f"The interval is over {n} datasets and covers the rank of another draw of them less often.")
        test = self.friedman
        if test is not None:
            verdict = "differ" if test.p_f < ALPHA else "are not shown to differ"
            notes.append(
                f"Friedman: chi2 = {test.chi2:.2f}, p = {test.p_chi2:.2g}; Iman-Davenport: F = {test.f:.2f}, "
                f"p = {test.p_f:.2g}: the methods {verdict} at {ALPHA:g}."
            )
        notes.append(
            f"Critical difference of average ranks (Nemenyi, {ALPHA:g}): {self.critical_difference:.2f}; conservative "
            "where a dataset has several cases."
        )
        smallest = 2.0 ** (1 - n) * k * (k - 1) / 2
        if smallest >= ALPHA:
            notes.append(
                f"With {n} datasets and {k * (k - 1) // 2} pairs the smallest p-value of Wilcoxon's test after Holm's "
                f"correction is {min(smallest, 1.0):.2g}: it cannot tell the best pair apart at {ALPHA:g}."
            )
        return notes


def _counted(counts: np.ndarray) -> str:
    """Return wins, ties and losses in words."""
    wins, ties, losses = (int(count) for count in counts)
    return f"{wins} wins, {ties} ties, {losses} losses"


def _told(apart: bool) -> str:
    return "tells them apart" if apart else "does not tell them apart"


def rank(table: MeasureTable) -> Ranking | None:
    """Return the ranking of ``table``, None when the table refuses ranks (its notes say why).

    Each mechanism has one of its own, :attr:`Ranking.by_mechanism`. Where only one has a ranking, that is it.

    Wilcoxon's test compares means over the cases of a dataset; a method with a failed seed in any of them counts as
    worse than all others.
    """
    parts = {name: found for name, part in table.by_mechanism.items() if (found := _rank(part)) is not None}
    parts = {name: replace(found, mechanism=name) for name, found in parts.items()}
    whole = _rank(table)
    if whole is None:
        return next(iter(parts.values())) if len(parts) == 1 else None
    return replace(whole, by_mechanism=parts)


def _rank(table: MeasureTable) -> Ranking | None:
    """Return the ranking of the cases of ``table`` together."""
    if not table.ranked:
        return None
    n_datasets, n_methods = len(table.datasets), len(table.ranked)
    ranks = np.array(
        [[table.entries[method, case].rank for method in table.ranked] for case in table.cases], dtype=float
    )
    scores = _by_dataset(ranks, table.cases, table.datasets)
    low, high = bootstrap_interval(scores, generator(0, "bootstrap of average ranks"))
    pair_wins = _by_dataset(pairwise_wins(ranks), table.cases, table.datasets).mean(axis=0)
    failed = np.array([[not _sound(table.entries[m, case]) for m in table.ranked] for case in table.cases])
    differences = pairs(table, failed)
    by_dataset = mean_by_dataset(differences, table)
    failed_there = mean_by_dataset(failed.astype(float), table) > 0
    p_wilcoxon, p_holm = paired_wilcoxon_holm(with_failures(by_dataset, failed_there))
    means = np.array([[table.entries[m, case].mean for m in table.ranked] for case in table.cases], dtype=float)
    sign = -1.0 if table.measure.higher_is_better else 1.0
    interval = intervals(sign * by_dataset)
    return Ranking(
        measure=table.measure,
        methods=table.ranked,
        datasets=table.datasets,
        n_cases=len(table.cases),
        average=scores.mean(axis=0),
        low=low,
        high=high,
        win_rate=(pair_wins.sum(axis=1) - 0.5) / (n_methods - 1),
        failed=np.array([sum(bool(table.entries[m, case].not_ok) for case in table.cases) for m in table.ranked]),
        by_setting=_by_setting(ranks, table.cases),
        friedman=friedman(scores),
        critical_difference=critical_difference(n_methods, n_datasets),
        pair_wins=pair_wins,
        p_wilcoxon=p_wilcoxon,
        p_holm=p_holm,
        counts=win_counts(with_failures(differences, failed)),
        counts_without=win_counts(differences),
        p_holm_without=paired_wilcoxon_holm(by_dataset)[1] if failed.any() else p_holm,
        average_without=_average_without(table, np.where(failed, np.nan, sign * means)),
        difference=interval[0],
        difference_low=interval[1],
        difference_high=interval[2],
    )


def _sound(entry: Entry) -> bool:
    return entry.mean is not None and not entry.not_ok


def _average_without(table: MeasureTable, ok: np.ndarray) -> np.ndarray:
    """Return the mean rank among those that did not fail, within each dataset, then over datasets, (k,)."""
    from scipy.stats import rankdata

    ranks = mean_by_dataset(rankdata(ok, axis=1, nan_policy="omit"), table)
    counts = np.isfinite(ranks).sum(axis=0)
    return np.where(counts > 0, np.nansum(ranks, axis=0) / np.maximum(counts, 1), np.nan)


def _by_dataset(values: np.ndarray, cases: Sequence[Case], datasets: Sequence[str]) -> np.ndarray:
    """Return the means of ``values``, (n_cases, ...), over the cases of each dataset, (n_datasets, ...)."""
    names = np.array([case.dataset for case in cases], dtype=object)
    return np.stack([values[names == dataset].mean(axis=0) for dataset in datasets])


def _by_setting(ranks: np.ndarray, cases: Sequence[Case]) -> dict[str, np.ndarray]:
    """Return mean ranks per mechanism and rate, in the order of tables, where these have enough datasets."""
    several = len({case.protocol for case in cases}) > 1
    found: dict[str, list[int]] = {}
    for index in sorted(range(len(cases)), key=lambda index: cases[index].position[1:]):
        case = cases[index]
        found.setdefault(f"{case.setting} [{case.protocol}]" if several else case.setting, []).append(index)
    enough = {
        setting: chosen
        for setting, chosen in found.items()
        if len({cases[index].dataset for index in chosen}) >= MIN_DATASETS
    }
    return {setting: ranks[chosen].mean(axis=0) for setting, chosen in enough.items()} if len(found) > 1 else {}
