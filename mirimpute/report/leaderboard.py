"""The leaderboard: how many of its rivals a method beats, how far it is from the best, and how long it takes.

*Win rate* of a method: the share of cases and rivals on which it has the smaller value; a tie counts half. Cases of
one dataset are averaged first, so that datasets count the same. *Improvability* (TabArena, Erickson et al. 2025): by
how much the best value of a case is below its own, 1 - best / own, averaged likewise. A method with a failed seed
loses the case, and its improvability there is 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mirimpute.report.case import Case
from mirimpute.report.case_ranks import variant_of_mirf
from mirimpute.report.collect import Collection
from mirimpute.report.measure_table import MeasureTable
from mirimpute.report.measures import CPU_SECONDS, metric_measure
from mirimpute.report.statistics import pairwise_wins
from mirimpute.report.summary import summarise

MEASURES = {
    "draws_crps": "CRPS of the draws",
    "draw_energy": "Energy distance of a draw",
    "point_rmse": "RMSE of the point",
}
"""Field -> its name for people; lower is better."""

WITH_RATIOS = ("draws_crps", "point_rmse")
"""Those that are above 0. The energy distance is about 0 where distributions agree, so nothing is divided by it."""

OF_CATEGORIES = "point_error_rate"
"""A field that rows of tables with categories have."""

NUMBERS, CATEGORIES = "numbers only", "with categories"


@dataclass(frozen=True)
class Standing:
    """One line of a board.

    Attributes:
        method: its label.
        variant: whether it stands beside the ranking: of several variants of mirf, one competes.
        win_rate: over all cases, in [0, 1].
        by_group: mechanism in words, or kind of table -> win rate there.
        improvability: in [0, 1]; 0: the best on every case; None: no ratio may be taken of the measure.
        seconds: median over cases of the CPU seconds of fit and impute; None without a case that is ok.
        failed: cases with a failed seed.
    """

    method: str
    variant: bool
    win_rate: float
    by_group: dict[str, float]
    improvability: float | None
    seconds: float | None
    failed: int


@dataclass(frozen=True)
class Board:
    """The leaderboard of one measure.

    Attributes:
        field: the measure.
        standings: the highest win rate first.
        groups: mechanism or kind of table -> its datasets.
        cases: of all.
        left_out: methods without a row on every case, or, of a measure of draws, without draws.
    """

    field: str
    standings: tuple[Standing, ...]
    groups: dict[str, tuple[str, ...]]
    cases: tuple[Case, ...]
    left_out: tuple[str, ...]


def board(collection: Collection, field: str) -> Board:
    """Return the leaderboard of a measure.

    Args:
        collection: the rows.
        field: one of ``MEASURES``.
    """
    table = summarise(collection, metric_measure(field))
    seconds = summarise(collection, CPU_SECONDS)
    methods = [each for each in table.methods if each not in table.without_draws and _everywhere(table, each)]
    values = np.array([[_value(table, each, case) for each in methods] for case in table.cases])
    values = values.reshape(len(table.cases), len(methods))
    wins, short = _wins(values, methods), _improvability(values) if field in WITH_RATIOS else None
    groups = _groups(collection, table.cases)
    everything = np.ones(len(table.cases), dtype=bool)
    standings = []
    for i, method in enumerate(methods):
        own = [seconds.entries.get((method, case)) for case in table.cases]
        times = [entry.mean for entry in own if entry is not None and entry.mean is not None and not entry.not_ok]
        standings.append(
            Standing(
                method,
                method != _competing(methods) and variant_of_mirf(method),
                _by_dataset(wins[:, i], table.cases, everything),
                {name: _by_dataset(wins[:, i], table.cases, chosen) for name, chosen in groups.items()},
                None if short is None else _by_dataset(short[:, i], table.cases, everything),
                float(np.median(times)) if times else None,
                int(np.isinf(values[:, i]).sum()),
            )
        )
    return Board(
        field,
        tuple(sorted(standings, key=lambda each: (-each.win_rate, each.method))),
        {name: _datasets(table.cases, chosen) for name, chosen in groups.items()},
        table.cases,
        tuple(each for each in table.methods if each not in methods),
    )


def _everywhere(table: MeasureTable, method: str) -> bool:
    return all(table.entries[method, case].present for case in table.cases)


def _value(table: MeasureTable, method: str, case: Case) -> float:
    """Return the mean over seeds, infinite where a seed failed."""
    entry = table.entries[method, case]
    return np.inf if entry.mean is None or entry.not_ok else entry.mean


def _competing(methods: Sequence[str]) -> str:
    """Return the variant of mirf that competes, "" without one."""
    variants = [each for each in methods if variant_of_mirf(each)]
    return "mirf" if "mirf" in variants else next(iter(variants), "")


def _wins(values: np.ndarray, methods: Sequence[str]) -> np.ndarray:
    """Return the share of rivals that each method beats on each case, (n_cases, n_methods).

    Variants of mirf are no rivals of one another, and others meet one of them.
    """
    variant = np.array([variant_of_mirf(each) for each in methods], dtype=bool)
    competes = np.array([each == _competing(methods) or not variant_of_mirf(each) for each in methods], dtype=bool)
    rivals = (
        np.tile(competes, (len(methods), 1)) & ~(variant[:, None] & variant[None]) & ~np.eye(len(methods), dtype=bool)
    )
    won = pairwise_wins(values) * rivals
    return np.asarray(won.sum(axis=2) / np.maximum(rivals.sum(axis=1), 1))


def _improvability(values: np.ndarray) -> np.ndarray:
    """Return 1 - best / own of each method on each case, (n_cases, n_methods): 0 for the best, 1 for a failure."""
    best = values.min(axis=1, keepdims=True)
    own = np.where((values == best) | np.isinf(values), 1.0, values)
    return np.where(np.isinf(values), 1.0, np.where(values == best, 0.0, 1 - best / own))


def _groups(collection: Collection, cases: Sequence[Case]) -> dict[str, np.ndarray]:
    """Return mechanism in words, then kind of table -> which cases are of it, bool (n_cases,)."""
    frame = collection.frame
    with_categories = set(frame.loc[frame[OF_CATEGORIES].notna(), "dataset"]) if OF_CATEGORIES in frame else set()
    found = {name: [case.mechanism_words == name for case in cases] for name in _mechanisms(cases)}
    kinds = {
        NUMBERS: [case.dataset not in with_categories for case in cases],
        CATEGORIES: [case.dataset in with_categories for case in cases],
    }
    found |= {name: chosen for name, chosen in kinds.items() if any(chosen)}
    return {name: np.array(chosen, dtype=bool) for name, chosen in found.items()}


def _mechanisms(cases: Sequence[Case]) -> list[str]:
    return list(dict.fromkeys(case.mechanism_words for case in sorted(cases, key=lambda each: each.position[1:])))


def _by_dataset(values: np.ndarray, cases: Sequence[Case], chosen: np.ndarray) -> float:
    """Return the mean over datasets of the means over their chosen cases."""
    datasets = np.array([case.dataset for case in cases])
    return float(np.mean([values[chosen & (datasets == name)].mean() for name in _datasets(cases, chosen)]))


def _datasets(cases: Sequence[Case], chosen: np.ndarray) -> tuple[str, ...]:
    return tuple(dict.fromkeys(case.dataset for case, one in zip(cases, chosen, strict=True) if one))
