"""Average ranks that a paper published, beside those that our methods have among the same rivals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np

from mirimpute.report.case import Case
from mirimpute.report.case_ranks import variant_of_mirf
from mirimpute.report.collect import Collection
from mirimpute.report.markup import markdown
from mirimpute.report.measure_table import Entry, MeasureTable
from mirimpute.report.measures import FEWEST_DRAWS
from mirimpute.report.published import published_files
from mirimpute.report.statistics import MIN_DATASETS
from mirimpute.report.summary import summarise

MMD2 = {"draw_mmd2_v": "MMD², all pairs", "draw_mmd2": "MMD², unbiased"}
"""The fields of a row that are ranked; the first is the statistic that the paper's released code prints."""

PAPER = "mirf_paper"


@dataclass(frozen=True)
class PublishedRanks:
    """Average ranks of one method of a paper.

    Attributes:
        method: as the paper calls it.
        values: mechanism, the first word of our names (mcar, mar, mnar) -> average rank, 1 = best.
        rivals: the other ranked methods, as the paper calls them -> as our rows do.
        datasets: over which it is the average, as our rows call them.
        source: where it stands.
    """

    method: str
    values: Mapping[str, float]
    rivals: Mapping[str, str]
    datasets: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class RankBeside:
    """A published average rank beside that of one of our methods.

    Attributes:
        published: the paper's average rank.
        cases: ours, of one mechanism and protocol.
        method: ours.
        ranks: field of a row -> average rank of ``method`` among itself and ``rivals``, 1 = best; it is within each
            dataset over its cases, then over datasets.
        rivals: those of the paper that have rows of all ``cases``, not all failures, as the paper calls them.
        seeds: the fewest and the most seeds that all methods share, over cases.
    """

    published: float
    cases: tuple[Case, ...]
    method: str
    ranks: Mapping[str, float]
    rivals: tuple[str, ...]
    seeds: tuple[int, int]


def published_ranks() -> list[PublishedRanks]:
    """Return the ranks of every file of the folder ``published`` that has some."""
    return [
        PublishedRanks(
            method=content["ranks"]["method"],
            values=content["ranks"]["values"],
            rivals=content["ranks"]["rivals"],
            datasets=tuple(content["ranks"]["datasets"]),
            source=content["source"],
        )
        for content in published_files()
        if "ranks" in content
    ]


def ranks_beside(collection: Collection, published: PublishedRanks) -> list[RankBeside]:
    """Return each of our methods by mechanism among the paper's rivals, where there are rivals and enough datasets.

    A case counts by means over the seeds that all have; a method with a failed seed gets the last rank there. Methods
    without draws are ranked by their only answer, as in the paper, which scores one completed table of each method.
    """
    groups: dict[tuple[str, str], list[Case]] = {}
    for case in collection.cases:
        if _kind(case) in published.values and case.dataset.split(" (")[0] in published.datasets:  # "wine (1,000 rows)"
            groups.setdefault((case.protocol, case.mechanism), []).append(case)
    ours = [each for each in collection.methods if each == PAPER or variant_of_mirf(each)]
    measured = {each.field: each for each in collection.measures}
    if not (groups and ours and set(published.rivals.values()) & set(collection.methods)):
        return []
    tables = [summarise(collection, measured[field]) for field in MMD2 if field in measured]
    order = sorted(groups, key=lambda key: (key[0], groups[key][0].position[2:]))
    found = [_beside(tables, published, method, groups[key]) for key in order for method in ours]
    return [each for each in found if each is not None]


def ranks_page(collection: Collection, published: PublishedRanks, beside: Sequence[RankBeside]) -> str:
    """Return the Markdown page: the table, and in sentences what differs between the two rankings."""
    fields = list(beside[0].ranks)
    heads = ("mechanism", "rates", f"published, {published.method}", "method", *(MMD2[each] for each in fields))
    most = len(published.rivals) + 1
    lines = [
        "# Published average ranks beside ours",
        "",
        f"| {' | '.join(markdown(each) for each in (*heads, 'of', 'datasets', 'seeds'))} |",
        f"|---|---|---:|---|{'---:|' * (len(fields) + 3)}",
    ]
    for each in beside:
        cells = [
            each.cases[0].mechanism_words,
            ", ".join(dict.fromkeys(f"{rate:g}" for rate in sorted(case.missing_rate for case in each.cases))),
            f"{each.published:.1f} of {most}",
            each.method,
            *(f"{each.ranks[field]:.2f}" for field in fields),
            str(len(each.rivals) + 1),
            str(len({case.dataset for case in each.cases})),
            "–".join(dict.fromkeys(str(count) for count in each.seeds)),
        ]
        lines.append(f"| {' | '.join(markdown(cell) for cell in cells)} |")
    return "\n".join([*lines, "", *(f"- {markdown(note)}" for note in _notes(collection, published, beside))]) + "\n"


def _notes(collection: Collection, published: PublishedRanks, beside: Sequence[RankBeside]) -> Iterator[str]:
    rivals = published.rivals
    yield f"Published: {published.source}; 1 = best of {len(rivals) + 1}."
    yield (
        "Ours: each method alone among those rivals of the paper that have rows of every case of the line, not all of "
        "them failures, 1 = best, on common seeds, averaged within a dataset, then over datasets; a failed seed gives "
        "the last rank."
    )
    absent = [each for each in rivals if not all(each in line.rivals for line in beside)]
    if absent:
        yield (
            f"Without rows of every case, at least in one line: {', '.join(absent)}. A rank among fewer methods is "
            f"smaller by itself: only lines of {len(rivals) + 1} can be held against the published ones."
        )
    drawless = [each for each in collection.methods if each in collection.without_draws]
    known = {*(line.method for line in beside), *rivals.values()}
    yield (
        f"Ours is MMD² of random draws, the mean over {FEWEST_DRAWS}, of a method with fewer draws that of its one "
        f"answer ({', '.join(each for each in drawless if each in known) or 'none here'}); the paper's is of one "
        "completed table of each method."
    )
    protocols = ", ".join(dict.fromkeys(case.protocol for line in beside for case in line.cases))
    yield (
        f"Other differences: rates, seeds and datasets as in the table; protocol {protocols} (what the paper has "
        "instead: docs/protocols/miri2025.md); one kernel width for a table, where the released code takes one for "
        "each method; masks; settings of the rivals, which are this package's; each of our MNAR mechanisms stands "
        "beside the paper's one."
    )
    yield from [collection.cut] if collection.cut else []
    yield from collection.notes


def _beside(
    tables: Sequence[MeasureTable], published: PublishedRanks, method: str, cases: Sequence[Case]
) -> RankBeside | None:
    """Return the line of one of our methods, None without a rival or enough datasets."""
    ranks: dict[str, float] = {}
    rivals: list[str] = []
    compared: dict[Case, tuple[float, int]] = {}
    for table in tables:
        mine = [case for case in cases if _present(table, method, case)]
        rivals = [name for name, own in published.rivals.items() if _took_part(table, own, mine)]
        names = [method, *(published.rivals[name] for name in rivals)]
        found = {case: _first_of([table.entries[name, case] for name in names]) for case in mine}
        compared = {case: (rank, shared) for case, (rank, shared) in found.items() if rank is not None}
        by_dataset: dict[str, list[float]] = {}
        for case, (rank, _) in compared.items():
            by_dataset.setdefault(case.dataset, []).append(rank)
        if not rivals or len(by_dataset) < MIN_DATASETS:
            return None
        ranks[table.measure.field] = float(np.mean([np.mean(each) for each in by_dataset.values()]))
    if not ranks:
        return None
    seeds = [shared for _, shared in compared.values()]
    value = published.values[_kind(cases[0])]
    return RankBeside(value, tuple(compared), method, ranks, tuple(rivals), (min(seeds), max(seeds)))


def _present(table: MeasureTable, method: str, case: Case) -> bool:
    entry = table.entries.get((method, case))
    return entry is not None and entry.present


def _took_part(table: MeasureTable, rival: str, cases: Sequence[Case]) -> bool:
    """Return whether a rival has rows of all ``cases``, and not only failures: an absent program has not lost."""
    everywhere = all(_present(table, rival, case) for case in cases)
    return everywhere and any(table.entries[rival, case].n for case in cases)


def _first_of(entries: Sequence[Entry]) -> tuple[float | None, int]:
    """Return the rank of the first of ``entries``, 1 = lowest mean on common seeds, and the number of these seeds.

    Who failed has the last rank; ties share their average. None: there are no common seeds.
    """
    sound = [each for each in entries if each.mean is not None and not each.not_ok]
    shared = set.intersection(*(set(each.seeds) for each in sound)) if sound else set()
    if not sound or entries[0] is not sound[0]:
        return float(len(entries)), len(shared)
    if not shared:
        return None, 0
    values = np.array([_mean_over(each, shared) for each in sound])
    return float(1 + (values < values[0]).sum() + (values[1:] == values[0]).sum() / 2), len(shared)


def _mean_over(entry: Entry, seeds: Set[int]) -> float:
    return float(np.mean([value for seed, value in zip(entry.seeds, entry.values, strict=True) if seed in seeds]))


def _kind(case: Case) -> str:
    """Return mcar, mar or mnar."""
    return case.mechanism.split("_")[0]
