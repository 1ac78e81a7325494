"""`build_report`: everything that a results folder shows, and the index of it."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mirimpute.errors import MirimputeWarning, UserError
from mirimpute.report.collect import Collection, collect
from mirimpute.report.markup import markdown
from mirimpute.report.measures import DRAW_NOTE, ESTIMATES
from mirimpute.report.summary import MeasureTable, failures, gate_warnings, summarise
from mirimpute.report.tables import csv_rows, csv_table, footnotes, latex_table, listed, markdown_table
from mirimpute.results.store import read_rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure


SHOWN_IN_SUMMARY = ("point_rmse", "draw_energy")
"""The measures whose tables stand in the index itself."""


@dataclass(frozen=True)
class Report:
    """What was made.

    Attributes:
        rows: the rows that were read.
        summary: path of ``summary.md``, the index.
        tables: paths below ``tables/``.
        figures: paths below ``figures/``.
        notes: what the reader must know.
    """

    rows: list[dict[str, Any]]
    summary: Path
    tables: tuple[Path, ...]
    figures: tuple[Path, ...]
    notes: tuple[str, ...]


def build_report(results_dir: Path, out: Path | None = None) -> Report:
    """Write ``tables/``, ``figures/`` and ``summary.md`` from the rows of ``results_dir``; equal rows, equal bytes.

    Args:
        results_dir: the folder that the bench wrote to.
        out: where to write; ``results_dir`` when None.

    Raises:
        UserError: there is no row, or ``out`` cannot be written.
    """
    rows = read_rows(results_dir)
    if not rows:
        raise UserError(
            f"no results in '{results_dir}': run mirimpute-bench with results_dir={results_dir}, "
            "or give the folder that holds runs/"
        )
    out = results_dir if out is None else out
    collection = collect(rows, results_dir)
    for note in collection.notes:
        warnings.warn(note, MirimputeWarning, stacklevel=2)
    summaries = [summarise(collection, measure) for measure in collection.measures]
    try:
        tables = _write_tables(out / "tables", collection, summaries)
        figures = _write_figures(out / "figures", collection, summaries)
        summary = out / "summary.md"
        _write(summary, "\n".join(_summary(collection, summaries, figures)) + "\n")
    except OSError as error:
        raise UserError(
            f"cannot write the report to '{out}' ({error.strerror or error}): choose another folder with --out"
        ) from error
    return Report(rows, summary, tuple(tables), tuple(figures), collection.notes)


def _write_tables(folder: Path, collection: Collection, summaries: Sequence[MeasureTable]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    failed = failures(collection)
    texts = {"rows.csv": csv_rows(collection)}
    for table in summaries:
        field = table.measure.field
        texts[f"{field}.csv"] = csv_table(table)
        texts[f"{field}.md"] = markdown_table(table, collection, failed)
        texts[f"{field}.tex"] = latex_table(table, collection, failed)
    return [_write(folder / name, text) for name, text in texts.items()]


def _write_figures(folder: Path, collection: Collection, summaries: Sequence[MeasureTable]) -> list[Path]:
    # Here, because matplotlib takes longer to import than everything else together.
    from mirimpute.report.style import save, styled

    folder.mkdir(parents=True, exist_ok=True)
    with styled():
        return [path for name, figure in _figures(collection, summaries) for path in save(figure, folder / name)]


def _figures(collection: Collection, summaries: Sequence[MeasureTable]) -> Iterator[tuple[str, Figure]]:
    from mirimpute.report.curves import curve_figures
    from mirimpute.report.dotplot import dot_plots
    from mirimpute.report.information import information_figures
    from mirimpute.report.scatter import scatter_figures
    from mirimpute.report.tradeoff import tradeoff_figures

    for table in summaries:
        yield from dot_plots(table, collection)
    yield from tradeoff_figures(collection)
    yield from curve_figures(collection)
    yield from information_figures(collection)
    yield from scatter_figures(collection)


def _summary(collection: Collection, summaries: Sequence[MeasureTable], figures: Sequence[Path]) -> Iterator[str]:
    counts = Counter(run.row["status"] for run in collection.runs)
    yield "# Results"
    yield ""
    yield f"{len(collection.runs)} rows ({', '.join(f'{counts[status]} {status}' for status in sorted(counts))}),"
    yield f"{len(collection.methods)} methods, {len(collection.cases)} cases (dataset, mechanism, rate)."
    yield "Made by `mirimpute-report` from `runs/`; every row is in [tables/rows.csv](tables/rows.csv)."
    yield ""
    for note in (DRAW_NOTE, *collection.notes):
        yield f"- {markdown(note)}"
    for table in summaries:
        if table.measure.field in SHOWN_IN_SUMMARY:
            yield from ["", f"## {markdown(table.measure.label)}", "", markdown_table(table, collection, ()).rstrip()]
    for estimate, meaning in ESTIMATES.items():
        chosen = [table for table in summaries if table.measure.estimate == estimate]
        if chosen:
            yield from ["", f"## Tables: {estimate}", "", f"{meaning[0].upper()}{meaning[1:]}.", ""]
            yield from ["| measure | | what it is | files |", "|---|---|---|---|"]
            for table in chosen:
                field, arrow = table.measure.field, table.measure.arrow
                files = ", ".join(f"[{ending}](tables/{field}.{ending})" for ending in ("md", "csv", "tex"))
                yield f"| {markdown(field)} | {arrow} | {markdown(table.measure.description)} | {files} |"
    if figures:
        yield from ["", "## Figures", ""]
        for stem in dict.fromkeys(path.stem for path in figures):
            yield f"- {markdown(stem)}: [png](figures/{stem}.png), [pdf](figures/{stem}.pdf)"
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
    versions = sorted({str(run.row["versions"]) for run in collection.runs if run.row.get("versions")})
    if versions:
        yield from ["", "## Versions", ""]
        yield from (f"- {markdown(line)}" for line in versions)


def _write(path: Path, text: str) -> Path:
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
        file.write(text)
    return path
