"""Colours and markers: unique, the same whatever else is drawn, and told apart by colour-blind readers."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from mirimpute.report.palette import MARKER_PATHS, method_styles, on_dark, order_methods

BENCH = ["mirf", "mean", "hot_deck", "ice", "knn", "missforest", "hyperimpute/hyperimpute"]
LIBRARY = [f"hyperimpute/{name}" for name in ("EM", "gain", "ice", "mean", "median", "mice", "missforest", "sinkhorn")]


def test_no_two_methods_look_the_same() -> None:
    labels = [*BENCH, *LIBRARY, "mirf #aaaaaaaa", "mirf #bbbbbbbb", "mirf ~cccccccc", *(f"mine{k}" for k in range(25))]
    styles = method_styles(labels)
    assert list(styles) == order_methods(labels)
    assert len(set(styles.values())) == len(labels)


def test_a_method_keeps_its_look_whatever_else_is_there() -> None:
    alone = method_styles(["mirf"])["mirf"]
    assert method_styles([*LIBRARY, *BENCH, "a", "mirf #aaaaaaaa"])["mirf"] == alone
    variant = method_styles(["mirf", "mirf #aaaaaaaa"])["mirf #aaaaaaaa"]
    assert (variant.colour, variant.marker != alone.marker) == (alone.colour, True)
    library = method_styles(["ice", "hyperimpute/ice"])
    assert library["ice"].colour == library["hyperimpute/ice"].colour
    assert (library["ice"].filled, library["hyperimpute/ice"].filled) == (True, False)


def test_order_is_baselines_first_and_mirf_last() -> None:
    assert order_methods([*BENCH, "mirf", "zoo"]) == [
        *["mean", "hot_deck", "knn", "ice", "missforest", "hyperimpute/hyperimpute", "zoo", "mirf"]
    ]


@pytest.mark.parametrize("shown", [str, on_dark], ids=["light", "dark"])
def test_methods_of_the_bench_differ_for_colour_blind_readers(shown: Callable[[str], str]) -> None:
    # Machado, Oliveira and Fernandes (2009), full deuteranopia and protanopia, on linear RGB.
    deutan = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    protan = [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    for simulation in (np.eye(3), np.array(deutan), np.array(protan)):
        looks = {}
        for method, style in method_styles(BENCH).items():
            seen = np.clip(simulation @ np.array(to_rgb(shown(style.colour))) ** 2.2, 0, 1) ** (1 / 2.2)
            looks[method] = (seen, style.marker, style.filled)
        for (_, first), (_, second) in itertools.combinations(looks.items(), 2):
            distance = np.linalg.norm(first[0] - second[0])
            assert distance > 0.12 or first[1:] != second[1:]
        reds, blues = looks["mirf"][0], looks["ice"][0]
        assert np.linalg.norm(reds - blues) > 0.4


def test_every_colour_stands_out_on_a_dark_page_and_every_marker_can_be_drawn_there() -> None:
    def luminance(colour: str) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
        return float(np.dot([0.2126, 0.7152, 0.0722], linear))

    # Web Content Accessibility Guidelines 2.2, 1.4.11: graphical objects have a contrast of 3 or more.
    for style in method_styles(
        [*BENCH, *LIBRARY, "mirf_paper", "gaussian_em", *(f"mine{k}" for k in range(25))]
    ).values():
        assert (luminance(on_dark(style.colour)) + 0.05) / (luminance("#181c22") + 0.05) >= 3.0
        assert style.marker in MARKER_PATHS
