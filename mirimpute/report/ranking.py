"""Which method is best at one measure over all datasets, and how certain that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mirimpute.report.collect import Case
from mirimpute.report.measures import Measure
from mirimpute.report.statistics import (
    ALPHA,
    FEWEST_FOR_INTERVAL,
    MIN_DATASETS,
    Friedman,
    bootstrap_interval,
    critical_difference,
    friedman,
    pairwise_wins,
    wilcoxon_holm,
)
from mirimpute.report.summary import MeasureTable
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

    @property
    def order(self) -> list[int]:
        """Indices of the methods from best to worst average rank; ties in the order of tables."""
        return [int(index) for index in np.argsort(self.average, kind="stable")]

    @property
    def notes(self) -> list[str]:
        """Sentences for below a table: how it was made, what the tests say, what they cannot say."""
        n, k = len(self.datasets), len(self.methods)
        notes = [
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


def rank(table: MeasureTable) -> Ranking | None:
    """Return the ranking of ``table``, None when the table refuses ranks (its notes say why).

    Wilcoxon's test compares means over the cases of a dataset; a method with a failed seed in any of them counts as
    worse than all others.
    """
    if not table.ranked:
        return None
    n_datasets, n_methods = len(table.datasets), len(table.ranked)
    ranks = np.array(
        [[table.entries[method, case].rank for method in table.ranked] for case in table.cases], dtype=float
    )
    scores = _by_dataset(ranks, table.cases, table.datasets)
    low, high = bootstrap_interval(scores, generator(0, "bootstrap of average ranks"))
    pair_wins = _by_dataset(pairwise_wins(ranks), table.cases, table.datasets).mean(axis=0)
    p_wilcoxon, p_holm = wilcoxon_holm(_by_dataset(_losses(table), table.cases, table.datasets))
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
    )


def _losses(table: MeasureTable) -> np.ndarray:
    """Return the means, (n_cases, k), turned so that lower is better, +inf where a seed failed."""
    sign = -1.0 if table.measure.higher_is_better else 1.0

    def loss(method: str, case: Case) -> float:
        entry = table.entries[method, case]
        return np.inf if entry.not_ok or entry.mean is None else sign * entry.mean

    return np.array([[loss(method, case) for method in table.ranked] for case in table.cases])


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
