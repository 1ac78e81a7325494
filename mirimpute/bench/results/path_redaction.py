"""Texts without the folders of the machine that wrote them: results are shown to others."""

from __future__ import annotations

import sys
from pathlib import Path


def without_places(text: str) -> str:
    """Return ``text`` with the folders of the environment, the package and the user's home replaced by their names."""
    places = {Path(sys.prefix): "<environment>", Path(__file__).parents[3]: "<mirimpute>", Path.home(): "~"}
    for place, name in places.items():
        if place != Path(place.anchor):
            text = text.replace(str(place), name)
    return text
