"""`write_data_page`: the page on a table and its completions, in one file that asks nothing of the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mirimpute import __version__
from mirimpute.data_page import words
from mirimpute.data_page.check_page import check_page
from mirimpute.data_page.figures import MOST_COLUMNS, filled_pictures, missing_pictures
from mirimpute.data_page.filled_table import FilledTable, versions
from mirimpute.diagnostics.changes import FAR, sentences
from mirimpute.diagnostics.completions import completions_of
from mirimpute.diagnostics.holes import holes_of
from mirimpute.diagnostics.overimputation import Overimputation
from mirimpute.errors import UserError
from mirimpute.report.page.assets import inline, own
from mirimpute.report.page.template import policy, template

if TYPE_CHECKING:
    import pandas as pd


def write_data_page(
    path: str | Path,
    before: pd.DataFrame,
    completed: pd.DataFrame,
    draws: Sequence[pd.DataFrame] = (),
    *,
    name: str = "table",
    trace: Sequence[dict[str, Any]] = (),
    notes: Sequence[str] = (),
    made_by: Mapping[str, str] | None = None,
    overimputation: Overimputation | None = None,
) -> Path:
    """Write a page on a DataFrame and its completions, and return its path.

    What is missing (matrix, shares, patterns, flux, tests), what was filled in (by column, distributions, strips,
    clouds) and checks (rounds, overimputation, propensity). The page holds single values of the table.

    Args:
        path: the file to write, .html.
        before: the incomplete table.
        completed: the completed one.
        draws: further completions; the first one is what pictures show.
        name: of the table, the title.
        trace: what the method reports by round, such as ``MirfImputer.trace_``.
        notes: what it says of itself, such as ``MirfImputer.notes_``.
        made_by: what to know to make it again: ``{"method": "mirf", "seed": "0"}``.
        overimputation: of :func:`mirimpute.overimpute`.

    Raises:
        UserError: another suffix than .html, no such folder; tables that are not completions of ``before``, or
            nothing that was missing.
    """
    check_page(Path(path), replace=True)
    completions = completions_of(before, completed, draws)
    if not completions.incomplete:
        raise UserError("nothing was missing before that could be filled: there is nothing to show")
    return write_page(
        Path(path),
        FilledTable(
            name=name,
            holes=holes_of(before),
            completions=completions,
            made_by=made_by or {},
            notes=tuple(notes),
            trace=tuple(trace),
            overimputation="no overimputation was given" if overimputation is None else overimputation,
        ),
    )


def write_page(path: Path, table: FilledTable) -> Path:
    """Write the page and return its path.

    All text of the table reaches the page through Jinja's escaping, or as text of SVG that matplotlib escapes; the
    page's policy forbids every script but its own, and every connection.

    Args:
        path: the file.
        table: what the page says.

    Raises:
        OSError: the file cannot be written.
    """
    script = inline(_own("theme.js"))
    found = table.completions
    patterns, more = words.pattern_lines(table)
    over = table.overimputation
    count, shown = len(found.incomplete), min(len(found.incomplete), MOST_COLUMNS)
    which = f"The {shown} of {count} columns with the most missing cells. " if shown < count else ""
    lines = "Thin lines: five draws" if len(found.draws) > 1 else "No draws: estimates have less spread than values"
    text = template(_own("data_page.html")).render(
        version=__version__,
        policy=policy([script]),
        styles=[own("page.css"), _own("data_page.css")],
        script=script,
        table=table,
        overview=words.overview(table),
        shown="; tables and clouds show the first draw" if len(found.draws) else "",
        warnings=[*table.warnings, *sentences(found)],
        missing=missing_pictures(table),
        patterns=patterns,
        more_patterns=more,
        tests=words.test_lines(table),
        columns=words.column_lines(table),
        far=FAR,
        pictures=filled_pictures(table),
        captions={"distributions": f"{which}{lines}; bars are means over the draws, with their range."},
        coverage=words.coverage_lines(table),
        level=f"{over.level:.0%}" if isinstance(over, Overimputation) else "",
        made_by={**table.made_by, "versions": ", ".join(f"{name} {each}" for name, each in versions().items())},
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    return path


def _own(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
