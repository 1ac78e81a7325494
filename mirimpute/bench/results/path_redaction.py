"""Remove the folders of this machine from texts, because results are published."""

from __future__ import annotations

import sys
from pathlib import Path


def without_paths(text: str) -> str:
    """Return ``text`` with the folders of the environment, the package and the user's home replaced by their names."""
    folders = {Path(sys.prefix): "<environment>", Path(__file__).parents[3]: "<mirimpute>", Path.home(): "~"}
    for folder, name in folders.items():
        if folder != Path(folder.anchor):
            text = text.replace(str(folder), name)
    return text
