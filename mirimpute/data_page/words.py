"""The numbers of the page as text: the table by column, the tests, the patterns, the coverage."""

from __future__ import annotations

from typing import Any

import numpy as np

from mirimpute.data_page.filled_table import FilledTable
from mirimpute.diagnostics import little, pklm
from mirimpute.diagnostics.changes import Change, changes
from mirimpute.diagnostics.completions import is_categorical
from mirimpute.diagnostics.overimputation import Overimputation
from mirimpute.table.columns import Column, Kind

MOST_PATTERNS = 15


def overview(table: FilledTable) -> list[tuple[str, str]]:
    """Return the numbers at the top of the page."""
    missing = table.holes.missing
    filled = int(table.completions.missing.sum())
    return [
        ("rows", f"{len(missing):,}"),
        ("columns", f"{missing.shape[1]:,}"),
        ("missing cells", f"{int(missing.sum()):,} ({missing.mean():.1%})"),
        ("rows without a hole", f"{int((~missing.any(axis=1)).sum()):,}"),
        ("filled", f"{filled:,}"),
        ("left empty (text)", f"{int(missing.sum()) - filled:,}"),
    ]


def column_lines(table: FilledTable) -> list[dict[str, Any]]:
    """Return the lines of the table by column."""
    found = table.completions
    return [_line(found.columns[each.column], each) for each in changes(found)]


def _line(column: Column, change: Change) -> dict[str, Any]:
    line = {"column": column.name, "filled": f"{change.filled:,} ({change.share:.1%})", "outside": change.outside}
    if is_categorical(column):
        return {
            **line,
            "observed": f"most frequent: {change.observed:.1%}",
            "imputed": f"{change.imputed:.1%}",
            "seen_range": f"{len(column.categories)} categories",
            "range": "the same",
            "difference": f"{change.difference:.2f} of 1",
            "far": abs(change.difference),
        }
    return {
        **line,
        "observed": f"{value(change.observed, column)} ± {spread(change.observed_spread, column)}",
        "imputed": f"{value(change.imputed, column)} ± {spread(change.imputed_spread, column)}",
        "seen_range": f"{value(change.seen_low, column)} to {value(change.seen_high, column)}",
        "range": f"{value(change.low, column)} to {value(change.high, column)}",
        "difference": f"{change.difference:+.2f} sd",
        "far": abs(change.difference),
    }


def value(number: float, column: Column) -> str:
    """Return a value of a column as text.

    >>> value(86_400.0, Column("when", Kind.DATETIME)), value(1234.567, Column("x", Kind.CONTINUOUS))
    ('1970-01-02', '1,235')
    """
    if column.kind is Kind.DATETIME:
        return str(np.datetime64(int(number), "s"))[:10]
    return spread(number, column)


def spread(number: float, column: Column) -> str:
    """Return a difference of values of a column as text: of dates and durations in days."""
    if column.kind in (Kind.DATETIME, Kind.DURATION):
        return f"{number / 86_400:.4g} d"
    return f"{number:,.0f}" if 1000 <= abs(number) < 1e7 else f"{number:.4g}"


def test_lines(table: FilledTable) -> list[dict[str, str]]:
    """Return what the tests of missing completely at random say, with their caveats."""
    by_means = little.little_test(table.numbers)
    by_trees = pklm.pklm_test(table.completions.before, table.n_categories)
    first = (
        f"no answer: {by_means}"
        if isinstance(by_means, str)
        else f"d² = {by_means.statistic:.2f}, {by_means.df} degrees of freedom, {p_text(by_means.p)} "
        f"({by_means.patterns} patterns, {by_means.rows:,} rows)"
    )
    second = (
        f"no answer: {by_trees}"
        if isinstance(by_trees, str)
        else f"{p_text(by_trees.p)} ({by_trees.permutations} permutations, {by_trees.projections} projections, "
        f"{by_trees.rows:,} rows)"
    )
    return [
        {"name": "Little's test", "says": first, "caveat": little.CAVEAT},
        {"name": "PKLM", "says": second, "caveat": pklm.CAVEAT},
    ]


def p_text(p: float) -> str:
    """Return a probability as text.

    >>> p_text(0.04321), p_text(1e-9)
    ('p = 0.043', 'p < 0.001')
    """
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def pattern_lines(table: FilledTable) -> tuple[list[dict[str, str]], str]:
    """Return the most frequent patterns, and how many there are besides."""
    patterns, counts = table.holes.patterns
    rows = len(table.holes.missing)
    lines = [
        {
            "missing": ", ".join(np.array(table.holes.names, dtype=object)[pattern]) or "nothing",
            "rows": f"{count:,}",
            "share": f"{count / rows:.1%}",
        }
        for pattern, count in zip(patterns[:MOST_PATTERNS], counts[:MOST_PATTERNS], strict=True)
    ]
    left = len(counts) - len(lines)
    rest = f"{left:,} more pattern(s) in {int(counts[MOST_PATTERNS:].sum()):,} row(s)" if left else ""
    return lines, rest


def coverage_lines(table: FilledTable) -> list[dict[str, str]]:
    """Return how the hidden cells of each column came back."""
    found = table.overimputation
    if not isinstance(found, Overimputation):
        return []
    return [_coverage(found, int(j)) for j in np.unique(found.column)]


def _coverage(found: Overimputation, j: int) -> dict[str, str]:
    column, truth = found.columns[j], found.truth[found.column == j]
    line = {"column": column.name, "hidden": f"{len(truth):,}"}
    if is_categorical(column):
        most = np.bincount(truth.astype(int)).max() / len(truth)
        return {
            **line,
            "inside": "",
            "error": f"{1 - found.inside(j).mean():.0%} wrong",
            "guess": f"{1 - most:.0%} wrong",
        }
    error = np.sqrt(np.mean((found.middle(j) - truth) ** 2))
    inside = f"{found.inside(j).mean():.0%}" if found.has_intervals else ""
    return {
        **line,
        "inside": inside,
        "error": spread(float(error), column),
        "guess": spread(float(truth.std()), column),
    }
