"""The pictures of the page, each as SVG in the colours of the page, with its caption."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from mirimpute.data_page.filled_table import FilledTable
from mirimpute.diagnostics.best_predictors import best_predictors
from mirimpute.diagnostics.overimputation import Overimputation
from mirimpute.diagnostics.propensity import propensity
from mirimpute.plots.checks import draw_convergence, draw_overimputation, draw_propensity, draw_trace, trace_names
from mirimpute.plots.filled import draw_distribution, draw_strip, draw_xy
from mirimpute.plots.look import IMPUTED, OBSERVED, PANEL_HEIGHT, PANEL_WIDTH
from mirimpute.plots.missing import draw_flux, draw_matrix, draw_patterns, draw_shares
from mirimpute.report.page.inline_svg import INKS, inline_svg
from mirimpute.report.style import new_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = {
    **INKS,
    OBSERVED.lower(): "var(--observed)",
    IMPUTED.lower(): "var(--imputed)",
    "#e3e3e3": "var(--line)",
    "#000000": "var(--ink)",
}
MOST_COLUMNS, MOST_STRIPS, MOST_CLOUDS, MOST_CHANCES = 12, 6, 4, 6
"""Pictures by column: of the columns with the most missing cells."""


@dataclass(frozen=True)
class Picture:
    """One picture of the page.

    Attributes:
        svg: without a background.
        says: what it shows, for those who do not see it.
    """

    svg: str
    says: str


def missing_pictures(table: FilledTable) -> dict[str, Picture]:
    """Return the pictures of what is missing, by name."""
    holes = table.holes
    return {
        "matrix": _picture(draw_matrix(holes), "matrix", "every cell of the table, missing ones in colour"),
        "shares": _picture(draw_shares(holes), "shares", "share of missing cells by column"),
        "patterns": _picture(draw_patterns(holes), "patterns", "patterns of missing cells, with their numbers of rows"),
        "flux": _picture(draw_flux(holes), "flux", "influx against outflux by column"),
    }


def filled_pictures(table: FilledTable) -> dict[str, list[Picture]]:
    """Return the pictures of what was filled in, by kind, a list each: none where there is nothing to show."""
    found, names = table.completions, table.completions.names
    clouds = [(j, other) for j in found.incomplete[:MOST_CLOUDS] for other in best_predictors(found, j)]
    chances = [each for j in found.incomplete[:MOST_CHANCES] if not isinstance(each := propensity(found, j), str)]
    return {
        "distributions": _panels(
            "distribution",
            [
                (partial(draw_distribution, completions=found, column=j), names[j])
                for j in found.incomplete[:MOST_COLUMNS]
            ],
        ),
        "strips": _panels(
            "strip",
            [(partial(draw_strip, completions=found, column=j), names[j]) for j in found.incomplete[:MOST_STRIPS]],
        ),
        "clouds": _panels(
            "cloud",
            [
                (partial(draw_xy, completions=found, column=j, predictor=k), f"{names[j]} against {names[k]}")
                for j, k in clouds
            ],
        ),
        "rounds": _rounds(table),
        "overimputation": _overimputation(table),
        "propensity": _panels(
            "propensity",
            [(partial(draw_propensity, completions=found, found=each), names[each.column]) for each in chances],
        ),
    }


def _rounds(table: FilledTable) -> list[Picture]:
    if table.rounds is not None:
        return [_picture(draw_convergence(table.rounds), "rounds", "mean and spread of the imputed cells by round")]
    names = trace_names(table.trace) if len(table.trace) > 1 else []
    return _panels("trace", [(partial(draw_trace, trace=table.trace, name=name), name) for name in names])


def _overimputation(table: FilledTable) -> list[Picture]:
    found = table.overimputation
    if not isinstance(found, Overimputation):
        return []
    hidden = np.bincount(found.column, minlength=len(found.columns))
    chosen = [int(j) for j in np.argsort(-hidden, kind="stable") if hidden[j]]
    chosen.sort(key=lambda j: j not in table.completions.incomplete)  # those that really are imputed come first
    return _panels(
        "overimputation",
        [(partial(draw_overimputation, found=found, column=j), found.columns[j].name) for j in chosen[:MOST_COLUMNS]],
    )


def _panels(kind: str, panels: Sequence[tuple[Callable[[Axes], None], str]]) -> list[Picture]:
    pictures = []
    for number, (draw, name) in enumerate(panels):
        with styled():
            figure = new_figure(PANEL_HEIGHT, PANEL_WIDTH)
            draw(figure.subplots())
        pictures.append(_picture(figure, f"{kind}-{number}", f"{kind} of {name}"))
    return pictures


def _picture(figure: Figure, name: str, says: str) -> Picture:
    return Picture(inline_svg(figure, name, COLOURS), says)
