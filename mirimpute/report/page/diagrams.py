"""Critical-difference diagrams as SVG that follows the colours of the page."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

import matplotlib as mpl

from mirimpute.report.cd_diagram import cd_figure
from mirimpute.report.palette import method_styles, on_dark
from mirimpute.report.ranking import Ranking
from mirimpute.report.style import INK, MUTED, styled


def diagrams(rankings: Sequence[Ranking], methods: Sequence[str]) -> dict[str, str]:
    """Return measure -> ``<svg>`` of its diagram; texts stay text, colours are variables of the style sheet."""
    variables = {"#000000": "var(--ink)"}  # of ticks, unless a method is black
    variables |= {colour: f"var({name})" for colour, name in _names(methods).items()}
    variables |= {INK: "var(--ink)", MUTED: "var(--muted)", "#444444": "var(--muted)", "#ffffff": "var(--panel)"}
    found = {}
    for ranking in rankings:
        with styled(), mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": ranking.measure.field}):
            out = io.StringIO()
            figure = cd_figure(ranking, methods)
            figure.patch.set_visible(False)
            figure.axes[0].patch.set_visible(False)
            metadata = dict.fromkeys(("Date", "Creator", "Format", "Type"))
            figure.savefig(out, format="svg", metadata=metadata)
        found[ranking.measure.field] = _inline(out.getvalue(), ranking, variables)
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


def _inline(text: str, ranking: Ranking, variables: dict[str, str]) -> str:
    svg = text[text.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    # Ids of several diagrams in one page must differ.
    prefix = f"{ranking.measure.field}-"
    svg = re.sub(r'(id="|url\(#|href="#)', rf"\g<1>{prefix}", svg)
    svg = re.sub(r"#[0-9a-f]{6}(?=[;\"])", lambda found: variables.get(found.group(), found.group()), svg)
    svg = re.sub(r"(<svg[^>]*?) width=\"[^\"]*\"", r"\1", svg, count=1)
    svg = re.sub(r"(<svg[^>]*?) height=\"[^\"]*\"", r"\1", svg, count=1)
    # Text of black has no colour of its own in matplotlib's SVG.
    return svg.replace("<svg", '<svg role="img" fill="var(--ink)"', 1).strip()
