"""A grid of cells, asked of the command ``mirimpute-bench``."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from mirimpute.cli.exits import INTERRUPTED
from mirimpute.errors import UserError

TIMEOUT_S = 900
LIMITS = ("threads=1", f"timeout_s={TIMEOUT_S}")
"""Every method gets one thread, and as many seconds per cell."""

_BENCH = "mirimpute-bench"
_OK, _CELL_FAILED = 0, 1


@dataclass(frozen=True)
class Sweep:
    """One call of ``mirimpute-bench -m``: every combination on one dataset.

    Attributes:
        dataset: the dataset's label in rows.
        methods: names, in the order in which they run.
        mechanisms: names.
        seeds: of the cells.
        missing_rate: target fraction.
        options: further ``key=value``.
        source: the dataset's name on the command line, where it differs from its label.
    """

    dataset: str
    methods: tuple[str, ...]
    mechanisms: tuple[str, ...]
    seeds: tuple[int, ...]
    missing_rate: float
    options: tuple[str, ...] = ()
    source: str = ""

    @property
    def cases(self) -> list[tuple[str, str, float]]:
        """The values of ``CASE``."""
        return [(self.dataset, mechanism, self.missing_rate) for mechanism in self.mechanisms]

    @property
    def cells(self) -> list[tuple[str, str, float, str, int]]:
        """The values of ``CELL``."""
        return [(*case, method, seed) for case, method, seed in product(self.cases, self.methods, self.seeds)]

    @property
    def arguments(self) -> list[str]:
        """What the command is told; methods vary fastest, so that those to be compared run one after the other."""
        return [
            f"dataset={self.source or self.dataset}",
            *([f"dataset.name={self.dataset}"] if self.source else []),
            f"mechanism={','.join(self.mechanisms)}",
            f"missing_rate={self.missing_rate:g}",
            f"seed={','.join(map(str, self.seeds))}",
            f"method={','.join(self.methods)}",
            *self.options,
        ]


def cell_count(sweeps: Iterable[Sweep]) -> int:
    """Return the number of cells of a grid."""
    return sum(len(sweep.cells) for sweep in sweeps)


def run_sweeps(sweeps: Sequence[Sweep], results_dir: Path, options: Sequence[str]) -> None:
    """Run ``sweeps`` one after the other; cells that fail are rows, so they stop nothing.

    Raises:
        UserError: the command is not installed, or refused a sweep.
        KeyboardInterrupt: the command was interrupted.
    """
    beside = Path(sys.executable).parent / _BENCH
    command = str(beside) if beside.is_file() else shutil.which(_BENCH)
    if command is None:
        raise UserError(f"the command {_BENCH} is not installed: run `make setup`")
    for index, sweep in enumerate(sweeps, start=1):
        print(f"[{index}/{len(sweeps)}] {sweep.dataset}: {len(sweep.cells)} cells", flush=True)
        code = _call([command, "-m", *sweep.arguments, f"results_dir={results_dir}", *options])
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        if code not in (_OK, _CELL_FAILED):
            raise UserError(f"{_BENCH} ended with exit code {code} on {sweep.dataset}: mend what it says above")


def _call(command: list[str]) -> int:
    """Run ``command``; a request to stop is its to obey, since it has to end the process of the method first."""
    process = subprocess.Popen(command)
    before = signal.signal(signal.SIGTERM, lambda number, stack: process.terminate())
    try:
        return process.wait()
    except KeyboardInterrupt:  # the terminal has told the command too
        process.wait()
        raise
    finally:
        signal.signal(signal.SIGTERM, before)
