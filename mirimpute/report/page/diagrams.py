"""Critical-difference diagrams as SVG that follows the colours of the page."""

from __future__ import annotations

from collections.abc import Sequence

from mirimpute.report.cd_diagram import cd_figure
from mirimpute.report.page.inline_svg import INKS, inline_svg
from mirimpute.report.palette import method_styles, on_dark
from mirimpute.report.ranking import Ranking
from mirimpute.report.style import styled


def diagrams(rankings: Sequence[Ranking], methods: Sequence[str]) -> dict[str, str]:
    """Return measure -> ``<svg>`` of its diagram; texts stay text, colours are variables of the style sheet."""
    variables = {"#000000": "var(--ink)"}  # of ticks, unless a method is black
    variables |= {colour: f"var({name})" for colour, name in _names(methods).items()}
    variables |= INKS
    found = {}
    for ranking in rankings:
        with styled():
            figure = cd_figure([ranking], methods)
        found[ranking.measure.field] = inline_svg(figure, ranking.measure.field, variables)
    return found


def method_variables(methods: Sequence[str]) -> str:
    """Return the style sheet that sets the variables of the methods' colours, for light and for dark pages."""
    names = _names(methods)
    light = " ".join(f"{name}: {colour};" for colour, name in names.items())
    dark = " ".join(f"{name}: {on_dark(colour.upper())};" for colour, name in names.items())
    return (
        f":root {{ {light} }}\n"
        f'@media (prefers-color-scheme: dark) {{ :root:not([data-theme="light"]) {{ {dark} }} }}\n'
        f':root[data-theme="dark"] {{ {dark} }}\n'
    )


def _names(methods: Sequence[str]) -> dict[str, str]:
    """Return colour, as matplotlib writes it -> the name of its variable."""
    colours = sorted({style.colour.lower() for style in method_styles(methods).values()})
    return {colour: f"--m-{colour[1:]}" for colour in colours}
