"""Rankings as CSV, Markdown and LaTeX."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from mirimpute.report.markup import latex, markdown
from mirimpute.report.ranking import Ranking
from mirimpute.report.statistics import ALPHA
from mirimpute.report.tables import csv_text, latex_environment, latex_tabular, markdown_grid

ALL_SETTINGS = "all"
LATEX_SETTINGS = 5
"""Settings that fit beside the other columns of a LaTeX page; the others are in the CSV."""


def csv_ranks(rankings: Sequence[Ranking]) -> str:
    """Return one line per measure, setting (each mechanism, all, each with its rate) and method, best first."""
    return csv_text(line for ranking in rankings for each in ranking.all_rankings for line in _rank_lines(each))


def csv_pairs(rankings: Sequence[Ranking]) -> str:
    """Return one line per measure, mechanism and pair of methods: wins, difference and the tests.

    A failure is counted in both ways: as a loss, and, in ``*_without``, as if the case had not been.
    """
    return csv_text(
        {
            "field": ranking.measure.field,
            "mechanism": ranking.mechanism or ALL_SETTINGS,
            "method": ranking.methods[i],
            "rival": ranking.methods[j],
            "datasets": len(ranking.datasets),
            "win_share": float(ranking.pair_wins[i, j]),
            **_counts("", ranking.counts[:, i, j]),
            **_counts("_without", ranking.counts_without[:, i, j]),
            "difference": float(ranking.difference[i, j]),
            "difference_low": float(ranking.difference_low[i, j]),
            "difference_high": float(ranking.difference_high[i, j]),
            "rank_difference": float(ranking.average[j] - ranking.average[i]),
            "critical_difference": ranking.critical_difference,
            "p_wilcoxon": float(ranking.p_wilcoxon[i, j]),
            "p_holm": float(ranking.p_holm[i, j]),
            "p_holm_without": float(ranking.p_holm_without[i, j]),
        }
        for whole in rankings
        for ranking in whole.all_rankings
        for i, j in combinations(ranking.order, 2)
    )


def _counts(suffix: str, counts: np.ndarray) -> dict[str, int]:
    return {f"{name}{suffix}": int(count) for name, count in zip(("wins", "ties", "losses"), counts, strict=True)}


def markdown_ranking(ranking: Ranking) -> str:
    """Return the ranking in Markdown: that of each mechanism, then that of all, best first, with their notes."""
    return "\n".join(_markdown(each) for each in ranking.all_rankings)


def _markdown(ranking: Ranking) -> str:
    settings = list(ranking.by_setting)
    heads = [*_heads(ranking), *settings]
    rows = [[markdown(cell) for cell in row] for row in _body(ranking, settings)]
    lines = [f"**{markdown(caption(ranking))}**", "", *markdown_grid([markdown(head) for head in heads], rows), ""]
    lines += [f"- {markdown(note)}" for note in [*ranking.notes, *pair_notes(ranking)]]
    return "\n".join(lines) + "\n"


def latex_ranking(ranking: Ranking) -> str:
    r"""Return a ``table`` environment for each mechanism and for all; the document needs ``\usepackage{booktabs}``."""
    parts = ["% Needs \\usepackage{booktabs}."]
    for each in ranking.all_rankings:
        settings = list(each.by_setting)[:LATEX_SETTINGS]
        rows = [[latex(cell) for cell in row] for row in _body(each, settings)]
        tabular = latex_tabular([[latex(head) for head in [*_heads(each), *settings]]], rows)
        name = "-".join(["ranks", each.measure.field, *each.mechanism.lower().split()]).replace("_", "-")
        parts += latex_environment(caption(each), name, tabular, [*each.notes, *pair_notes(each)])
    return "\n".join(parts) + "\n"


def _heads(ranking: Ranking) -> list[str]:
    without = ["rank without failures"] if ranking.failed.any() else []
    return ["method", "average rank", "95 % interval", "wins", "failed cases", *without]


def caption(ranking: Ranking) -> str:
    """Return the sentence above the table, in plain text."""
    measure = ranking.measure
    where = ranking.mechanism or ("all mechanisms pooled" if ranking.by_mechanism else "")
    head = f"{where}: average" if where else "Average"
    return f"{head} ranks by {measure.field} {measure.arrow} over {len(ranking.datasets)} datasets, best first."


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
    own_setting = ranking.mechanism or ALL_SETTINGS
    for setting, ranks in {own_setting: ranking.average, **ranking.by_setting}.items():
        for index in ranking.order:
            own = {"field": ranking.measure.field, "setting": setting, "method": ranking.methods[index]}
            more: dict[str, object] = {
                "low": float(ranking.low[index]),
                "high": float(ranking.high[index]),
                "wins": float(ranking.win_rate[index]),
                "failed_cases": int(ranking.failed[index]),
                "average_rank_without": float(ranking.average_without[index]),
                **overall,
            }
            rest = more if setting == own_setting else dict.fromkeys(more)
            yield {**own, "average_rank": float(ranks[index]), **rest}


def _body(ranking: Ranking, settings: Sequence[str]) -> list[list[str]]:
    return [
        [
            ranking.methods[index],
            f"{ranking.average[index]:.2f}",
            f"{ranking.low[index]:.2f} to {ranking.high[index]:.2f}",
            f"{100.0 * ranking.win_rate[index]:.0f} %",
            str(ranking.failed[index]),
            *([f"{ranking.average_without[index]:.2f}"] if ranking.failed.any() else []),
            *(f"{ranking.by_setting[setting][index]:.2f}" for setting in settings),
        ]
        for index in ranking.order
    ]
