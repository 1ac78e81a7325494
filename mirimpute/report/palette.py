"""Order, colour and marker of each method: the same in every table and figure, safe for colour-blind readers.

Colours are those of Okabe and Ito (2008) and the muted scheme of Tol (2021). Methods differ in
colour *and* marker; the library's own version of a method has the same colour with a hollow marker.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

GREY, BLACK = "#7F7F7F", "#000000"
ORANGE, SKY, GREEN, BLUE, VERMILLION, PURPLE = "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7"
INDIGO, OLIVE, WINE, TEAL = "#332288", "#999933", "#882255", "#44AA99"

_KNOWN: dict[str, tuple[str, str]] = {
    "mean": (GREY, "s"),
    "median": (GREY, "^"),
    "most_frequent": (GREY, "v"),
    "nop": (GREY, "x"),
    "hot_deck": (OLIVE, "D"),
    "knn": (ORANGE, "^"),
    "softimpute": (OLIVE, "<"),
    "gaussian_em": (INDIGO, "h"),
    "EM": (INDIGO, "H"),
    "ice": (BLUE, "o"),
    "sklearn_ice": (BLUE, ">"),
    "mice": (SKY, "v"),
    "mice_cart": (SKY, "s"),
    "mice_rf": (SKY, "^"),
    "missforest": (GREEN, "P"),
    "sklearn_missforest": (GREEN, ">"),
    "hyper": (PURPLE, "X"),
    "hyperimpute": (PURPLE, "d"),
    "gain": (WINE, ">"),
    "miracle": (WINE, "p"),
    "sinkhorn": (TEAL, "h"),
    "miwae": (TEAL, "p"),
    "tdm": (INDIGO, "<"),
    "knewimp": (WINE, "D"),
    "missdiff": (SKY, "p"),
    "tabcsdi": (SKY, "<"),
    "diffputer": (SKY, "D"),
    "remasker": (ORANGE, "p"),
    "cacti": (ORANGE, "h"),
    "mirf_paper": (BLACK, "X"),
    "mirf_fast": (VERMILLION, "<"),
    "mirf_flow": (VERMILLION, "^"),
    "mirf_mnar": (VERMILLION, "D"),
    "mirf": (VERMILLION, "o"),
}
"""Name without the library's prefix -> colour and marker, in the order of tables and figures."""

_ON_DARK = {BLACK: "#F2F2F2", INDIGO: "#9C8FF2", WINE: "#E0709F", BLUE: "#3D9BE0"}
"""The same hue, lighter, for the colours that would drown in a dark page."""

MARKER_PATHS = {
    "o": "M-1,0A1,1,0,1,1,1,0A1,1,0,1,1,-1,0Z",
    "s": "M-0.9,-0.9H0.9V0.9H-0.9Z",
    "^": "M0,-1.1L1.1,0.9H-1.1Z",
    "v": "M0,1.1L1.1,-0.9H-1.1Z",
    "<": "M-1.1,0L0.9,-1.1V1.1Z",
    ">": "M1.1,0L-0.9,-1.1V1.1Z",
    "D": "M0,-1.25L1.25,0L0,1.25L-1.25,0Z",
    "d": "M0,-1.35L0.8,0L0,1.35L-0.8,0Z",
    "P": "M-0.4,-1.1H0.4V-0.4H1.1V0.4H0.4V1.1H-0.4V0.4H-1.1V-0.4H-0.4Z",
    "X": "M-0.5,-1.1L0,-0.5L0.5,-1.1L1.1,-0.5L0.5,0L1.1,0.5L0.5,1.1L0,0.5L-0.5,1.1L-1.1,0.5L-0.5,0L-1.1,-0.5Z",
    "x": "M-0.8,-1.1L0,-0.3L0.8,-1.1L1.1,-0.8L0.3,0L1.1,0.8L0.8,1.1L0,0.3L-0.8,1.1L-1.1,0.8L-0.3,0L-1.1,-0.8Z",
    "p": "M0,-1.15L1.09,-0.36L0.68,0.93H-0.68L-1.09,-0.36Z",
    "h": "M0,-1.15L1,-0.58V0.58L0,1.15L-1,0.58V-0.58Z",
    "H": "M-1.15,0L-0.58,-1H0.58L1.15,0L0.58,1H-0.58Z",
}
"""The markers of matplotlib as SVG paths of about two units, for the page."""

_COLOURS = (TEAL, WINE, INDIGO, ORANGE, SKY, OLIVE, PURPLE, GREEN, BLUE, GREY)
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h", "d")
_SUFFIX = re.compile(r" [#~][0-9a-f]{8}$")


@dataclass(frozen=True)
class MethodStyle:
    """How a method is drawn."""

    colour: str
    marker: str
    filled: bool


def on_dark(colour: str) -> str:
    """Return the colour that stands for ``colour`` on a dark page."""
    return _ON_DARK.get(colour, colour)


def order_methods(labels: Iterable[str]) -> list[str]:
    """Return the distinct labels in the order of tables and figures: baselines first, MIRF last.

    Methods that are not known by name come before MIRF, by alphabet.

    >>> order_methods(["mirf", "zzz", "ice", "hyperimpute/ice", "mean"])
    ['mean', 'ice', 'hyperimpute/ice', 'zzz', 'mirf']
    """
    names = list(_KNOWN)

    def position(label: str) -> tuple[float, bool, str]:
        base = _base(label)
        index = names.index(base) if base in _KNOWN else names.index("mirf_paper") - 0.5
        return index, "/" in label, label

    return sorted(set(labels), key=position)


def method_styles(labels: Iterable[str]) -> Mapping[str, MethodStyle]:
    """Return one style per label; no two labels share colour, marker and filling while combinations last."""
    ordered = order_methods(labels)
    styles: dict[str, MethodStyle] = {}
    # Names as they are first, so that a variant of a method never takes the marker of the method itself.
    for label in sorted(ordered, key=lambda each: (_SUFFIX.search(each) is not None, _base(each) not in _KNOWN)):
        base, filled = _base(label), "/" not in label
        colours = (_KNOWN[base][0],) if base in _KNOWN else _COLOURS
        preferred = [MethodStyle(*_KNOWN[base], filled)] if base in _KNOWN else []
        # A variant keeps its method's colour; an unknown method takes the next colour, then the next marker.
        spare = [MethodStyle(colour, marker, filled) for marker in _MARKERS for colour in colours]
        free = [style for style in preferred + spare if style not in styles.values()]
        styles[label] = free[0] if free else spare[len(styles) % len(spare)]
    return {label: styles[label] for label in ordered}


def _base(label: str) -> str:
    return _SUFFIX.sub("", label).split("/")[-1]
