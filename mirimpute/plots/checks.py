"""Pictures that ask whether an imputation can be trusted: by round, overimputation, propensity, tipping point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from mirimpute.analysis.sensitivity import lines_of, tipping_points
from mirimpute.diagnostics.completions import Completions, is_categorical
from mirimpute.diagnostics.convergence import Convergence
from mirimpute.diagnostics.overimputation import Overimputation
from mirimpute.diagnostics.propensity import Propensity
from mirimpute.numerics.thinning import evenly_spaced
from mirimpute.plots.look import IMPUTED, MOST_POINTS, OBSERVED, jitter, legend, spread_of, value_axis
from mirimpute.report.palette import GREEN, INDIGO, ORANGE, PURPLE, SKY, TEAL
from mirimpute.report.style import MUTED, new_figure, short_name, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINES = (TEAL, ORANGE, INDIGO, PURPLE, SKY, GREEN)


def draw_convergence(found: Convergence) -> Figure:
    """Draw mean and standard deviation of the imputed cells by round, of six columns at most: those that move most."""
    moved = np.ptp(found.mean, axis=0)
    columns = sorted(np.argsort(-moved, kind="stable")[: len(LINES)])
    with styled():
        figure = new_figure(2.6)
        panels = figure.subplots(1, 2)
        for axes, values, title in zip(panels, (found.mean, found.spread), ("mean", "standard deviation"), strict=True):
            for colour, j in zip(LINES, columns, strict=False):
                axes.plot(
                    found.rounds, values[:, j], color=colour, marker="o", markersize=3, label=short_name(found.names[j])
                )
            axes.set_title(f"{title} of imputed cells, standardised", loc="left")
            axes.set_xlabel("round")
            axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def trace_names(trace: Sequence[dict[str, Any]]) -> list[str]:
    """Return the quantities of a trace that are numbers, four at most."""
    return [name for name in trace[0] if name != "round" and any(_number(step.get(name)) for step in trace)][:4]


def draw_trace(axes: Axes, trace: Sequence[dict[str, Any]], name: str) -> None:
    """Draw one quantity of a trace by round."""
    values = [step[name] if _number(step.get(name)) else np.nan for step in trace]
    axes.plot(
        [step.get("round", k + 1) for k, step in enumerate(trace)], values, color=OBSERVED, marker="o", markersize=3
    )
    axes.set_title(name.replace("_", " "), loc="left")
    axes.set_xlabel("round")
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and bool(np.isfinite(value))


def draw_overimputation(axes: Axes, found: Overimputation, column: int) -> None:
    """Draw hidden values of a column against what was drawn for them, with intervals where there are enough draws.

    Of a category: how often it was drawn where it was hidden, a bar each; the line is how often by its share alone.
    """
    kind, chosen = found.columns[column], found.column == column
    truth = found.truth[chosen]
    if is_categorical(kind):
        codes = np.arange(len(kind.categories))
        right = [
            np.mean(found.drawn[:, chosen][:, truth == code] == code) if (truth == code).any() else 0 for code in codes
        ]
        share = np.bincount(truth.astype(int), minlength=len(codes)) / len(truth)
        axes.bar(codes, right, width=0.6, color=OBSERVED)
        axes.scatter(codes, share, marker="_", s=200, color=IMPUTED, zorder=3, label="by its share alone")
        axes.set_ylabel("drawn where hidden, share")
        axes.set_ylim(0, 1.15)
        value_axis(axes, "x", kind)
        legend(axes)
        axes.set_title(f"{short_name(kind.name)}  ({len(truth)} hidden)", loc="left")
        return
    some = evenly_spaced(len(truth), MOST_POINTS)
    middle = found.middle(column)
    low, high = float(min(truth.min(), middle.min())), float(max(truth.max(), middle.max()))
    axes.plot([low, high], [low, high], color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)))
    title = f"{short_name(kind.name)}  ({len(truth)} hidden)"
    if found.has_intervals:
        inside, (bottom, top) = found.inside(column), found.ends(column)
        for rows, colour, label in ((inside, OBSERVED, "inside"), (~inside, IMPUTED, "outside")):
            these = some[rows[some]]
            axes.vlines(truth[these], bottom[these], top[these], color=colour, alpha=0.45, linewidth=0.9)
            axes.scatter(truth[these], middle[these], s=7, color=colour, linewidths=0, label=label)
        title = f"{short_name(kind.name)}  ({inside.mean():.0%} of {len(truth)} inside, {found.level:.0%} asked)"
        legend(axes)
    else:
        axes.scatter(truth[some], middle[some], s=7, color=OBSERVED, linewidths=0)
    value_axis(axes, "x", kind)
    value_axis(axes, "y", kind)
    axes.set_xlabel("hidden value")
    axes.set_ylabel("imputed")
    axes.set_title(title, loc="left")


def draw_propensity(axes: Axes, completions: Completions, found: Propensity) -> None:
    """Draw a column against the chance that it is missing: at the same chance, both colours should look alike."""
    column = completions.columns[found.column]
    values, missing = completions.shown[found.rows, found.column], completions.missing[found.rows, found.column]
    observed = completions.observed[found.rows, found.column]
    for rows, colour, label in ((observed, OBSERVED, "observed"), (missing, IMPUTED, "imputed")):
        some = np.flatnonzero(rows)
        some = some[evenly_spaced(len(some), MOST_POINTS)]
        y = values[some] + jitter(7 * len(some))[::7] * spread_of(column, values)
        axes.scatter(found.chance[some], y, s=7, color=colour, alpha=0.55, linewidths=0, label=label)
    value_axis(axes, "y", column)
    axes.set_xlabel("chance of being missing")
    axes.set_title(f"{short_name(column.name)}  (AUC {found.auc:.2f})", loc="left")
    legend(axes)


def draw_tipping_point(table: pd.DataFrame, term: str, alpha: float) -> Figure:
    """Draw estimate and interval of a term, and its p, by shift, with the shifts at which p crosses ``alpha``."""
    lines = lines_of(table, term)
    crossed = tipping_points(table, term, alpha)
    with styled():
        figure = new_figure(3.6, 4.8)
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[2, 1])
        delta = lines["delta"].to_numpy(float)
        upper.fill_between(delta, lines["low"], lines["high"], color=OBSERVED, alpha=0.2, linewidth=0)
        upper.plot(delta, lines["estimate"], color=OBSERVED, marker="o", markersize=3)
        upper.axhline(0, color=MUTED, linewidth=0.8)
        upper.set_title(f"{term}: pooled estimate and interval", loc="left")
        lower.plot(delta, lines["p"], color=OBSERVED, marker="o", markersize=3)
        lower.axhline(alpha, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)))
        lower.set_ylim(0, max(1.1 * float(lines["p"].max()), 1.5 * alpha))
        lower.set_title(f"p, dashed: {alpha:g}", loc="left")
        lower.set_xlabel("shift of the imputed values (0: missing at random)")
        for place in crossed:
            for axes in (upper, lower):
                axes.axvline(place, color=IMPUTED, linewidth=1.0)
            upper.annotate(
                f" tips at {place:.3g}",
                (place, 1),
                xycoords=("data", "axes fraction"),
                va="top",
                color=IMPUTED,
                fontsize=7,
            )
    return figure
