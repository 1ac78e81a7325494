"""Colours and markers: unique, the same whatever else is drawn, and told apart by colour-blind readers."""

from __future__ import annotations

import itertools

import numpy as np
from matplotlib.colors import to_rgb

from mirimpute.report.palette import method_styles, order_methods

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


def test_methods_of_the_bench_differ_for_colour_blind_readers() -> None:
    # Machado, Oliveira and Fernandes (2009), full deuteranopia and protanopia, on linear RGB.
    deutan = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    protan = [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    for simulation in (np.eye(3), np.array(deutan), np.array(protan)):
        looks = {}
        for method, style in method_styles(BENCH).items():
            seen = np.clip(simulation @ np.array(to_rgb(style.colour)) ** 2.2, 0, 1) ** (1 / 2.2)
            looks[method] = (seen, style.marker, style.filled)
        for (_, first), (_, second) in itertools.combinations(looks.items(), 2):
            distance = np.linalg.norm(first[0] - second[0])
            assert distance > 0.12 or first[1:] != second[1:]
        reds, blues = looks["mirf"][0], looks["ice"][0]
        assert np.linalg.norm(reds - blues) > 0.4
