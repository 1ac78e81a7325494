"""Tables for choosing settings and tables for judging them: the lists of ``tables.yaml``, and what to say of a page."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import yaml

LISTS: dict[str, list[str]] = yaml.safe_load(Path(__file__).with_name("tables.yaml").read_text(encoding="utf-8"))
"""``choosing`` and ``judging`` -> names of datasets."""


def lists_of(datasets: Iterable[str]) -> str:
    """Return which of some datasets are for choosing, which for judging, and which are on neither list, in words.

    >>> lists_of(["uci/wine", "penguins", "iris"])
    'to choose on: uci/wine; to judge on: penguins; on neither list: iris'
    """
    names = sorted(set(datasets))
    known = {each for listed in LISTS.values() for each in listed}
    found = {
        "to choose on": [each for each in names if each in LISTS["choosing"]],
        "to judge on": [each for each in names if each in LISTS["judging"]],
        "on neither list": [each for each in names if each not in known],
    }
    return "; ".join(f"{what}: {', '.join(listed)}" for what, listed in found.items() if listed)
