"""Figures as SVG that stands in a page: texts stay text, colours are variables of the page's style sheet."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping

import matplotlib as mpl
from matplotlib.figure import Figure

from mirimpute.report.style import INK, MUTED, styled

INKS = {INK: "var(--ink)", MUTED: "var(--muted)", "#444444": "var(--muted)", "#ffffff": "var(--panel)"}
"""Colours of every figure as variables of ``page.css``."""


def inline_svg(figure: Figure, name: str, variables: Mapping[str, str]) -> str:
    """Return a figure as ``<svg>`` without a background.

    Args:
        figure: drawn in the house style.
        name: different for each figure of a page; ids begin with it.
        variables: colour, as matplotlib writes it (``#0072b2``) -> what stands in its place.
    """
    with styled(), mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        out = io.StringIO()
        figure.patch.set_visible(False)
        for axes in figure.axes:
            axes.patch.set_visible(False)
        figure.savefig(out, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    text = out.getvalue()
    svg = text[text.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    # Ids of several figures in one page must differ.
    svg = re.sub(r'(id="|url\(#|href="#)', rf"\g<1>{name}-", svg)
    svg = re.sub(r"#[0-9a-f]{6}(?=[;\"])", lambda found: variables.get(found.group(), found.group()), svg)
    svg = re.sub(r"(<svg[^>]*?) width=\"[^\"]*\"", r"\1", svg, count=1)
    svg = re.sub(r"(<svg[^>]*?) height=\"[^\"]*\"", r"\1", svg, count=1)
    # Text of black has no colour of its own in matplotlib's SVG.
    return svg.replace("<svg", '<svg role="img" fill="var(--ink)"', 1).strip()
