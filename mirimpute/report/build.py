"""`build_report`: everything that a results folder shows, and the index of it; `build_page`: the same on one page."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mirimpute.bench.results.disk import open_new
from mirimpute.bench.results.store import read_rows
from mirimpute.errors import MirimputeWarning, UserError, printable
from mirimpute.report.advice import advice_on
from mirimpute.report.collect import Collection, collect
from mirimpute.report.failures import failures
from mirimpute.report.index import index_page
from mirimpute.report.measure_table import MeasureTable
from mirimpute.report.over_datasets import mean_over_many
from mirimpute.report.parallel import in_parallel, without_collector
from mirimpute.report.published import laid_beside, published_figures, published_table
from mirimpute.report.published_ranks import published_ranks, ranks_beside, ranks_page
from mirimpute.report.ranking import Ranking, rank
from mirimpute.report.ranking_tables import csv_pairs, csv_ranks, latex_ranking, markdown_ranking
from mirimpute.report.summary import summarise
from mirimpute.report.tables import csv_table, latex_table, markdown_table, write_rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure


FEW_FIGURES = 12
MAIN = ("point_rmse", "point_error_rate", "draws_crps", "draws_brier", "draw_energy")
"""The measures whose figures are drawn where not all are wanted."""


@dataclass(frozen=True)
class Report:
    """What was made.

    Attributes:
        rows: the rows that were read.
        summary: path of ``summary.md``, the index.
        tables: paths below ``tables/``.
        figures: paths below ``figures/``.
        notes: what the reader must know.
        advice: which method to use, where there are few cases.
    """

    rows: list[dict[str, Any]]
    summary: Path
    tables: tuple[Path, ...]
    figures: tuple[Path, ...]
    notes: tuple[str, ...]
    advice: tuple[str, ...]


@without_collector()
def build_report(results_dir: Path, out: Path | None = None, *, every_figure: bool = False) -> Report:
    """Write ``tables/``, ``figures/`` and ``summary.md`` from the rows of ``results_dir``; equal rows, equal bytes.

    Args:
        results_dir: the folder that the bench wrote to.
        out: where to write; ``results_dir`` when None.
        every_figure: not only twelve: means and ranks by the main measures, the trade-off with seconds, the information
            by round, and tables of two columns as clouds of points, in this order.

    Raises:
        UserError: there is no row, or ``out`` cannot be written.
    """
    rows, collection, summaries, rankings = _read(results_dir)
    advice = advice_on(collection)
    published = _published(collection)
    out = results_dir if out is None else out
    try:
        drawn = _figures(collection, summaries, rankings) if every_figure else _few(collection, summaries, rankings)
        jobs = [
            *(partial(_save_figures, out / "figures", kind) for kind in drawn),
            partial(_write_tables, out / "tables", collection, summaries, rankings, published),
        ]
        *kinds, tables = in_parallel(jobs)
        figures = [path for kind in kinds for path in kind]
        summary = _write(out / "summary.md", index_page(collection, summaries, rankings, figures, advice, published))
    except OSError as error:
        raise UserError(
            f"cannot write the report to '{out}' ({error.strerror or error}): choose another folder with --out"
        ) from error
    return Report(rows, summary, tuple(tables), tuple(figures), collection.notes, tuple(advice))


@without_collector()
def build_page(results_dir: Path, path: Path) -> Path:
    """Write one self-contained HTML page from the rows of ``results_dir`` and return ``path``; equal rows, equal bytes.

    Args:
        results_dir: the folder that the bench wrote to.
        path: the file to write.

    Raises:
        UserError: there is no row, or the file cannot be written.
    """
    from mirimpute.report.page.write_page import write_page

    _, collection, summaries, rankings = _read(results_dir)
    try:
        return write_page(path, collection, summaries, rankings)
    except OSError as error:
        raise UserError(
            f"cannot write the page to '{path}' ({error.strerror or error}): choose another file with --html=FILE"
        ) from error


def _read(results_dir: Path) -> tuple[list[dict[str, Any]], Collection, list[MeasureTable], list[Ranking]]:
    rows = [_with_printable_texts(row) for row in read_rows(results_dir)]
    if not rows:
        raise UserError(
            f"no results in '{results_dir}': run mirimpute-bench with results_dir={results_dir}, "
            "or give the folder that holds runs/"
        )
    collection = collect(rows, results_dir)
    for note in collection.notes:
        warnings.warn(note, MirimputeWarning, stacklevel=3)
    summaries = [summarise(collection, measure) for measure in collection.measures]
    return rows, collection, summaries, [ranking for table in summaries if (ranking := rank(table)) is not None]


def _write_tables(
    folder: Path,
    collection: Collection,
    summaries: Sequence[MeasureTable],
    rankings: Sequence[Ranking],
    published: Mapping[str, str],
) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    failed = failures(collection)
    texts = {}
    for table in summaries:
        field = table.measure.field
        texts[f"{field}.csv"] = csv_table(table)
        texts[f"{field}.md"] = markdown_table(table, collection, failed)
        texts[f"{field}.tex"] = latex_table(table, collection, failed)
    if rankings:
        texts |= {"ranks.csv": csv_ranks(rankings), "pairs.csv": csv_pairs(rankings)}
    for ranking in rankings:
        texts[f"ranks_{ranking.measure.field}.md"] = markdown_ranking(ranking)
        texts[f"ranks_{ranking.measure.field}.tex"] = latex_ranking(ranking)
    texts |= published
    rows = folder / "rows.csv"
    with open_new(rows) as file:
        write_rows(file, collection)
    return [rows, *(_write(folder / name, text) for name, text in texts.items())]


def _published(collection: Collection) -> dict[str, str]:
    """Return name -> text of the pages that lay what papers published beside our rows."""
    texts = {}
    beside = laid_beside(collection, published_figures())
    if any(each.method for each in beside):
        texts["published.md"] = published_table(beside)
    pages = [(ranks, ranks_beside(collection, ranks)) for ranks in published_ranks()]
    made = [ranks_page(collection, ranks, lines) for ranks, lines in pages if lines]
    if made:
        texts["published_ranks.md"] = "\n".join(made)
    return texts


def _save_figures(folder: Path, kind: Iterable[tuple[str, Figure]]) -> list[Path]:
    from mirimpute.report.style import save, styled

    folder.mkdir(parents=True, exist_ok=True)
    with styled():
        return [path for name, figure in kind for path in save(figure, folder / name)]


def _few(
    collection: Collection, summaries: Sequence[MeasureTable], rankings: Sequence[Ranking]
) -> Iterator[Iterable[tuple[str, Figure]]]:
    """Yield the figures of the main measures, then others up to twelve in all."""
    from mirimpute.report.cd_diagram import cd_figures
    from mirimpute.report.curves import curve_figures
    from mirimpute.report.information import KEY
    from mirimpute.report.scatter import scatter_figures
    from mirimpute.report.tradeoff import tradeoff_figures

    shown = mean_over_many(collection)
    main = [table for table in summaries if table.measure.field in MAIN]
    ranked = [ranking for ranking in rankings if ranking.measure.field in MAIN]
    for table in main:
        yield islice(_dots(table, collection, shown), 1)
    yield cd_figures(ranked, collection)
    others = chain(tradeoff_figures(shown), curve_figures(shown, (KEY,)), scatter_figures(collection))
    yield islice(others, FEW_FIGURES - len(main) - len(ranked))


def _figures(
    collection: Collection, summaries: Sequence[MeasureTable], rankings: Sequence[Ranking]
) -> Iterator[Iterable[tuple[str, Figure]]]:
    """Yield the figures of one kind after those of another."""
    # Here, because matplotlib takes longer to import than everything else together.
    from mirimpute.report.cd_diagram import cd_figures
    from mirimpute.report.curves import curve_figures
    from mirimpute.report.information import information_figures
    from mirimpute.report.scatter import scatter_figures
    from mirimpute.report.tradeoff import tradeoff_figures

    shown = mean_over_many(collection)
    for table in summaries:
        yield _dots(table, collection, shown)
    yield cd_figures(rankings, collection)
    yield tradeoff_figures(shown)
    yield curve_figures(shown)
    yield information_figures(collection)
    yield scatter_figures(collection)


def _dots(table: MeasureTable, collection: Collection, shown: Collection) -> Iterator[tuple[str, Figure]]:
    from mirimpute.report.dotplot import dot_plots

    return dot_plots(table if shown is collection else summarise(shown, table.measure), shown)


def _with_printable_texts(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row as every table, figure and page can have it; each medium has its own marks besides."""
    return {name: printable(each) if isinstance(each, str) else each for name, each in row.items()}


def _write(path: Path, text: str) -> Path:
    with open_new(path) as file:
        file.write(text)
    return path
