"""How methods compare over the cases of a grid: rows in, statistics out; by mechanism first, in pairs, nothing dropped.

The statistics are those of the report (:mod:`mirimpute.report.ranking`). A geometric mean of ratios is given of
quantities that cannot be near zero alone; energy distance, MMD² and information are compared by differences.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.frame import CASE
from benchmarks.page import ABSENT, table, value_text
from mirimpute.bench.results.row import METRIC_FIELD
from mirimpute.report.case import Case
from mirimpute.report.case_ranks import variant_of_mirf
from mirimpute.report.collect import Collection, collect
from mirimpute.report.markup import markdown
from mirimpute.report.measure_table import MeasureTable
from mirimpute.report.measures import CPU_SECONDS, DRAW_NOTE, SECONDS, metric_measure
from mirimpute.report.ranking import Ranking, rank
from mirimpute.report.summary import summarise

OURS = "mirf"
AWAY_FROM_ZERO = ("rmse", "mae", "w2", "w2sq_half", "crps", "sliced_w2", "seconds", "cpu_s", "peak_rss_mb")
"""What ratios may be taken of: errors and costs, not distances that are zero where distributions agree."""


_OF_THE_REPORT = ("†", DRAW_NOTE)
"""How notes begin that a page has no need of."""


def geometric_mean(values: np.ndarray) -> tuple[float | None, int]:
    """Return the geometric mean of the values that are there (None without one), and how many these are.

    Raises:
        ValueError: a value is not above 0: it has no logarithm, and leaving it out would flatter one side.

    >>> geometric_mean(np.array([2.0, 8.0, np.nan]))
    (4.0, 2)
    """
    values = values[~np.isnan(values)]
    if not (np.isfinite(values) & (values > 0)).all():
        raise ValueError(f"no geometric mean of {values.min():g}: compare differences instead")
    return float(np.exp(np.log(values).mean())) if len(values) else None, len(values)


def has_ratios(field: str) -> bool:
    """Return whether ratios of a field may be taken.

    >>> has_ratios("point_rmse"), has_ratios("draw_energy"), has_ratios("seconds")
    (True, False, True)
    """
    found = METRIC_FIELD.fullmatch(field)
    return (found[2] if found else field) in AWAY_FROM_ZERO


def collection_of(frame: pd.DataFrame, methods: Sequence[str]) -> Collection:
    """Return the rows of some methods as the report takes them."""
    chosen = frame[frame["method"].isin(list(methods))]
    rows = [
        {key: _plain(value) for key, value in row.items() if not _is_absent(value)} for row in chosen.to_dict("records")
    ]
    return collect([_whole(row) for row in rows], Path("."))


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _is_absent(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _whole(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row with what a CSV leaves out where it is empty."""
    known = {"max_rows": None} if "method_version" in row else {}  # an older row does not say that it was not cut
    return {"reason": "", "gate": "", "protocol": "default", **known, **row}


def table_of(collection: Collection, field: str) -> MeasureTable:
    """Return the report's table of ``field``, a metric, "seconds" or "cpu_s"."""
    costs = {each.field: each for each in (SECONDS, CPU_SECONDS)}
    return summarise(collection, costs[field] if field in costs else metric_measure(field))


def ratio(of: MeasureTable, method: str, rival: str) -> float | None:
    """Return the geometric mean over datasets of method / rival, of means over common seeds.

    None without any, or of a measure of which no ratio may be taken.
    """
    if not has_ratios(of.measure.field):
        return None
    by_dataset: dict[str, list[float]] = {}
    for case, (mine, theirs) in paired_means(of, method, rival).items():
        by_dataset.setdefault(case.dataset, []).append(mine / theirs)
    means = [geometric_mean(np.array(each))[0] for each in by_dataset.values()]
    return geometric_mean(np.array(means, dtype=float))[0]


def paired_means(of: MeasureTable, method: str, rival: str) -> dict[Case, tuple[float, float]]:
    """Return the means of two methods over the seeds that both have, by case; cases without one are absent."""
    found = {}
    for case in of.cases:
        mine, theirs = (_by_seed(of, each, case) for each in (method, rival))
        common = [seed for seed in mine if seed in theirs]
        if common:
            first, second = (sum(each[seed] for seed in common) / len(common) for each in (mine, theirs))
            found[case] = first, second
    return found


def _by_seed(of: MeasureTable, method: str, case: Case) -> dict[int, float]:
    entry = of.entries.get((method, case))
    return dict(zip(entry.seeds, entry.values, strict=True)) if entry else {}


def pair_table(ranking: Ranking, of: MeasureTable, method: str) -> list[str]:
    """Return the lines of a table of ``method`` against each rival of a ranking.

    Args:
        ranking: of the cases of ``of``.
        of: the values.
        method: whose side is taken; it is ranked.
    """
    i = ranking.methods.index(method)
    lines = []
    for j in (each for each in ranking.order if each != i):
        low, high = (value_text(float(end[i, j])) for end in (ranking.difference_low, ranking.difference_high))
        lines.append(
            [
                markdown(ranking.methods[j]),
                _counts(ranking.counts[:, i, j]),
                _counts(ranking.counts_without[:, i, j]),
                value_text(float(ranking.difference[i, j])),
                f"{low} to {high}",
                *([value_text(ratio(of, method, ranking.methods[j]))] if has_ratios(of.measure.field) else []),
                f"{ranking.p_holm[i, j]:.2g}",
            ]
        )
    heads = [f"{method} against", "wins, ties, losses", "the same without failures", "difference", "95 % interval"]
    heads += ["ratio"] if has_ratios(of.measure.field) else []
    return table([*map(markdown, heads), "p, Wilcoxon-Holm"], lines)


def verdicts(frame: pd.DataFrame, methods: Sequence[str], fields: Mapping[str, str], method: str = OURS) -> list[str]:
    """Return the sections of a page: for each field, each mechanism, then all; who is first, and ``method`` in pairs.

    Args:
        frame: rows, see :mod:`benchmarks.cells`.
        methods: those that are compared; of several variants of mirf one is ranked.
        fields: field -> its head.
        method: whose pairs are shown.
    """
    collection = collection_of(frame, methods)
    known = {measure.field for measure in collection.measures}
    lines: list[str] = []
    for field, head in fields.items():
        lines += [f"### {head}, `{field}`", ""]
        if field not in known:
            lines += [f"{ABSENT} no row has it.", ""]
            continue
        of = table_of(collection, field)
        whole = rank(of)
        if whole is None:
            lines += [markdown(of.refusal), ""]
            continue
        for ranking in whole.all_rankings:
            part = of.by_mechanism.get(ranking.mechanism, of)
            name = ranking.mechanism or ("All mechanisms pooled" if whole.by_mechanism else "")
            lines += [markdown(f"{name}: {ranking.first}" if name else ranking.first), ""]
            ours = method if method in ranking.methods else next(filter(variant_of_mirf, ranking.methods), None)
            lines += pair_table(ranking, part, ours) if ours else []
            lines += [*(markdown(note) for note in part.notes if note and not note.startswith(_OF_THE_REPORT)), ""]
    return lines


def per_seed(frame: pd.DataFrame, method: str, fields: Sequence[str]) -> pd.Series:
    """Return the smallest of ``fields`` of each ok row of ``method``, indexed by case and seed."""
    rows = frame[(frame["method"] == method) & (frame["status"] == "ok")].set_index([*CASE, "seed"])
    return rows.reindex(columns=list(fields)).astype(float).min(axis=1).dropna()


def _counts(counts: np.ndarray) -> str:
    return ", ".join(str(int(count)) for count in counts)
