"""What killed runs have left behind: in a results folder, and among the temporary files of this machine."""

from __future__ import annotations

from pathlib import Path

from mirimpute.bench.results.store import clean
from mirimpute.bench.run import scratch


def remove_leftovers(results_dir: Path) -> int:
    """Remove them, and return how many claims, directories and files they were; what lives is left alone.

    Raises:
        OSError: the system refuses.
    """
    return clean(results_dir) + scratch.clean()
