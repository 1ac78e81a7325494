"""Rankings as CSV, Markdown and LaTeX."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from mirimpute.report.markup import latex, markdown
from mirimpute.report.ranking import Ranking
from mirimpute.report.statistics import ALPHA
from mirimpute.report.tables import csv_text, latex_environment, latex_tabular, markdown_grid

ALL_SETTINGS = "all"
LATEX_SETTINGS = 5
"""Settings that fit beside the other columns of a LaTeX page; the others are in the CSV."""


def csv_ranks(rankings: Sequence[Ranking]) -> str:
    """Return one line per measure, setting ("all" and each mechanism with its rate) and method, best first."""
    return csv_text(line for ranking in rankings for line in _rank_lines(ranking))


def csv_pairs(rankings: Sequence[Ranking]) -> str:
    """Return one line per measure and pair of methods: wins and the tests."""
    return csv_text(
        {
            "field": ranking.measure.field,
            "method": ranking.methods[i],
            "rival": ranking.methods[j],
            "datasets": len(ranking.datasets),
            "wins": float(ranking.pair_wins[i, j]),
            "rank_difference": float(ranking.average[j] - ranking.average[i]),
            "critical_difference": ranking.critical_difference,
            "p_wilcoxon": float(ranking.p_wilcoxon[i, j]),
            "p_holm": float(ranking.p_holm[i, j]),
        }
        for ranking in rankings
        for i, j in combinations(ranking.order, 2)
    )


def markdown_ranking(ranking: Ranking) -> str:
    """Return the ranking in Markdown: best first, with its notes."""
    settings = list(ranking.by_setting)
    heads = ["method", "average rank", "95 % interval", "wins", "failed cases", *settings]
    rows = [[markdown(cell) for cell in row] for row in _body(ranking, settings)]
    lines = [f"**{markdown(caption(ranking))}**", "", *markdown_grid([markdown(head) for head in heads], rows), ""]
    lines += [f"- {markdown(note)}" for note in [*ranking.notes, *pair_notes(ranking)]]
    return "\n".join(lines) + "\n"


def latex_ranking(ranking: Ranking) -> str:
    r"""Return the ranking as a ``table`` environment; the document needs ``\usepackage{booktabs}``."""
    settings = list(ranking.by_setting)[:LATEX_SETTINGS]
    heads = ["method", "rank", "95 % interval", "wins", "failed", *settings]
    rows = [[latex(cell) for cell in row] for row in _body(ranking, settings)]
    tabular = latex_tabular([[latex(head) for head in heads]], rows)
    label = f"ranks-{ranking.measure.field.replace('_', '-')}"
    notes = [*ranking.notes, *pair_notes(ranking)]
    return (
        "\n".join(["% Needs \\usepackage{booktabs}.", *latex_environment(caption(ranking), label, tabular, notes)])
        + "\n"
    )


def caption(ranking: Ranking) -> str:
    """Return the sentence above the table, in plain text."""
    measure = ranking.measure
    return f"Average ranks by {measure.field} {measure.arrow} over {len(ranking.datasets)} datasets, best first."


def pair_notes(ranking: Ranking) -> list[str]:
    """Return the sentence on the pairs that Wilcoxon's test with Holm's correction tells apart."""
    told = [
        f"{ranking.methods[i]} over {ranking.methods[j]} ({ranking.p_holm[i, j]:.2g})"
        for i, j in combinations(ranking.order, 2)
        if ranking.p_holm[i, j] < ALPHA
    ]
    pairs = len(ranking.methods) * (len(ranking.methods) - 1) // 2
    found = "; ".join(told) if told else "none"
    return [f"Pairs told apart by Wilcoxon's test at {ALPHA:g} after Holm's correction for {pairs} pairs: {found}."]


def _rank_lines(ranking: Ranking) -> Iterator[dict[str, object]]:
    test = ranking.friedman
    overall: dict[str, object] = {
        "datasets": len(ranking.datasets),
        "critical_difference": ranking.critical_difference,
        "friedman_chi2": test and test.chi2,
        "friedman_p": test and test.p_chi2,
        "iman_davenport_f": test and test.f,
        "iman_davenport_p": test and test.p_f,
    }
    for setting, ranks in {ALL_SETTINGS: ranking.average, **ranking.by_setting}.items():
        for index in ranking.order:
            own = {"field": ranking.measure.field, "setting": setting, "method": ranking.methods[index]}
            more: dict[str, object] = {
                "low": float(ranking.low[index]),
                "high": float(ranking.high[index]),
                "wins": float(ranking.win_rate[index]),
                "failed_cases": int(ranking.failed[index]),
                **overall,
            }
            rest = more if setting == ALL_SETTINGS else dict.fromkeys(more)
            yield {**own, "average_rank": float(ranks[index]), **rest}


def _body(ranking: Ranking, settings: Sequence[str]) -> list[list[str]]:
    return [
        [
            ranking.methods[index],
            f"{ranking.average[index]:.2f}",
            f"{ranking.low[index]:.2f} to {ranking.high[index]:.2f}",
            f"{100.0 * ranking.win_rate[index]:.0f} %",
            str(ranking.failed[index]),
            *(f"{ranking.by_setting[setting][index]:.2f}" for setting in settings),
        ]
        for index in ranking.order
    ]
