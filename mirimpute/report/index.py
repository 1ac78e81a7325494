"""`summary.md`: the index of everything that a results folder shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from mirimpute.errors import counted
from mirimpute.report.collect import Collection, methods_of
from mirimpute.report.failures import failures, gate_warnings
from mirimpute.report.markup import markdown
from mirimpute.report.measure_table import MeasureTable
from mirimpute.report.measures import DRAW_NOTE, ESTIMATES
from mirimpute.report.ranking import Ranking
from mirimpute.report.ranking_tables import markdown_ranking
from mirimpute.report.tables import footnotes, listed, markdown_table

SHOWN_IN_SUMMARY = ("point_rmse", "draw_energy")
"""The measures whose tables stand in the index itself."""


def index_page(
    collection: Collection,
    summaries: Sequence[MeasureTable],
    rankings: Sequence[Ranking],
    figures: Sequence[Path],
    advice: Sequence[str],
    published: Mapping[str, str] | None = None,
) -> str:
    """Return the index in Markdown: the main tables, links to all files, failures, warnings and versions.

    Args:
        collection: what was read.
        summaries: the tables that were written.
        rankings: the rankings that were written.
        figures: the files that were written, in order.
        advice: sentences on which method to use.
        published: name below ``tables/`` -> Markdown page that lays published figures beside ours.
    """
    parts = (
        _head(collection),
        _advice(advice),
        _main_tables(collection, summaries),
        _ranking(summaries, rankings),
        _published(published or {}),
        _tables(summaries),
        _figures(figures),
        _failures(collection),
        _methods(collection),
        _versions(collection),
    )
    return "\n".join(line for part in parts for line in part) + "\n"


def _head(collection: Collection) -> Iterator[str]:
    counts = Counter(run.row["status"] for run in collection.runs)
    yield "# Results"
    yield ""
    yield f"{len(collection.runs)} rows ({', '.join(f'{counts[status]} {status}' for status in sorted(counts))}),"
    sizes = f"{counted(len(collection.methods), 'method')}, {counted(len(collection.cases), 'case')}"
    yield f"{sizes} (dataset, mechanism, rate)."
    yield from [collection.cut] if collection.cut else []
    yield "Made by `mirimpute-report` from `runs/`; every row is in [tables/rows.csv](tables/rows.csv)."
    yield ""
    for note in (DRAW_NOTE, *collection.notes):
        yield f"- {markdown(note)}"


def _advice(advice: Sequence[str]) -> Iterator[str]:
    if advice:
        yield from ["", "## Which method", ""]
        yield from (f"- {markdown(sentence)}" for sentence in advice)


def _main_tables(collection: Collection, summaries: Sequence[MeasureTable]) -> Iterator[str]:
    for table in summaries:
        if table.measure.field in SHOWN_IN_SUMMARY:
            yield from ["", f"## {markdown(table.measure.label)}", "", markdown_table(table, collection, ()).rstrip()]


def _ranking(summaries: Sequence[MeasureTable], rankings: Sequence[Ranking]) -> Iterator[str]:
    yield from ["", "## Ranking", ""]
    if not rankings:
        refusals = dict.fromkeys(table.refusal for table in summaries if table.measure.higher_is_better is not None)
        yield from (f"- {markdown(refusal)}" for refusal in refusals)
        return
    yield "All numbers: [tables/ranks.csv](tables/ranks.csv); all pairs: [tables/pairs.csv](tables/pairs.csv)."
    for ranking in rankings:
        if ranking.measure.field in SHOWN_IN_SUMMARY:
            yield from ["", markdown_ranking(ranking).rstrip()]
    heads = ("mechanism", "first", "second", "wins, ties, losses", "p, Wilcoxon-Holm", "Nemenyi", "files")
    yield from ["", f"| measure | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    for whole in rankings:
        field = whole.measure.field
        files = ", ".join(f"[{ending}](tables/ranks_{field}.{ending})" for ending in ("md", "tex"))
        for ranking in whole.all_rankings:
            cells = [field, ranking.mechanism or ("all pooled" if whole.by_mechanism else "the one"), *_claim(ranking)]
            yield f"| {' | '.join(markdown(cell) for cell in cells)} | {files} |"


def _published(pages: Mapping[str, str]) -> Iterator[str]:
    for name, page in pages.items():
        title, _, _ = page.removeprefix("# ").partition("\n")
        yield from ["", f"## {title}", "", f"What a paper says, and what differs: [tables/{name}](tables/{name})."]
        if name == "published_ranks.md":
            yield from ["", *(line for line in page.splitlines() if line.startswith("|"))]


def _claim(ranking: Ranking) -> list[str]:
    """Return who is first and second by average rank, and what tells or does not tell them apart."""
    i, j = ranking.order[:2]
    first, second = (f"{ranking.methods[each]} ({ranking.average[each]:.2f})" for each in (i, j))
    counts = ", ".join(str(int(count)) for count in ranking.counts[:, i, j])
    if ranking.failed[[i, j]].any():
        counts += f" (without failures {', '.join(str(int(count)) for count in ranking.counts_without[:, i, j])})"
    apart = ranking.average[j] - ranking.average[i] > ranking.critical_difference
    return [first, second, counts, f"{ranking.p_holm[i, j]:.2g}", "apart" if apart else "not apart"]


def _tables(summaries: Sequence[MeasureTable]) -> Iterator[str]:
    for estimate, meaning in ESTIMATES.items():
        chosen = [table for table in summaries if table.measure.estimate == estimate]
        if chosen:
            yield from ["", f"## Tables: {estimate}", "", f"{meaning[0].upper()}{meaning[1:]}.", ""]
            yield from ["| measure | | what it is | files |", "|---|---|---|---|"]
            for table in chosen:
                field, arrow = table.measure.field, table.measure.arrow
                files = ", ".join(f"[{ending}](tables/{field}.{ending})" for ending in ("md", "csv", "tex"))
                yield f"| {markdown(field)} | {arrow} | {markdown(table.measure.description)} | {files} |"


def _figures(figures: Sequence[Path]) -> Iterator[str]:
    if figures:
        yield from ["", "## Figures", "", "The main ones; `mirimpute-report --all` draws those of every measure.", ""]
        for stem in dict.fromkeys(path.stem for path in figures):
            yield f"- {markdown(stem)}: [png](figures/{stem}.png), [pdf](figures/{stem}.pdf)"


def _failures(collection: Collection) -> Iterator[str]:
    failed = failures(collection)
    if failed:
        yield from ["", "## Failures", ""]
        yield from (f"- {markdown(line)}" for line in footnotes(failed))
    gated = gate_warnings(collection)
    if gated:
        yield from ["", "## Warnings of the sanity gate", ""]
        for each in gated:
            where = listed(each.cells)
            yield f"- {markdown(f'{each.method}: {each.reason} ({len(each.cells)}: {where})')}"


def _methods(collection: Collection) -> Iterator[str]:
    """Yield which version and settings of each method the rows are of, see :func:`methods_of`."""
    yield from ["", "## Methods", "", "| method | version | hash of its settings | rows |", "|---|---|---|---:|"]
    for cells in methods_of(collection):
        yield f"| {' | '.join(markdown(cell) for cell in cells)} |"


def _versions(collection: Collection) -> Iterator[str]:
    versions = sorted({str(run.row["versions"]) for run in collection.runs if run.row.get("versions")})
    if versions:
        yield from ["", "## Versions", ""]
        yield from (f"- {markdown(line)}" for line in versions)
