"""Make a folder of Parquet files of any number of rows, or fill one and print rows, seconds and peak memory.

python -m benchmarks.large_table make big --rows 3000000 --columns 20
python -m benchmarks.large_table fill big filled --method mirf_fast
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pyarrow
import pyarrow.parquet

ROWS_PER_FILE = 250_000
ROWS_PER_GROUP = 125_000
_LATENT = 5


def make(folder: Path, rows: int, columns: int, seed: int = 0) -> None:
    """Write a folder: numbers of five latent ones with noise, every fifth column of four categories, a tenth missing.

    Each file has a stream of its own, so that a folder of more rows begins with the files of one of fewer.
    """
    folder.mkdir(parents=True)
    loadings = np.random.default_rng(seed).normal(size=(_LATENT, columns))
    for number, start in enumerate(range(0, rows, ROWS_PER_FILE)):
        rng = np.random.default_rng([seed, number])
        n = min(ROWS_PER_FILE, rows - start)
        x = rng.normal(size=(n, _LATENT)) @ loadings + 0.5 * rng.normal(size=(n, columns))
        missing = rng.random(x.shape) < 0.1
        arrays = {}
        for j in range(columns):
            values = x[:, j]
            if j % 5 == 4:
                values = np.array(["north", "east", "south", "west"])[np.digitize(values, [-2.0, 0.0, 2.0])]
            arrays[f"x{j}"] = pyarrow.array(values, mask=missing[:, j])
        target = folder / f"part-{number:05d}.parquet"
        pyarrow.parquet.write_table(pyarrow.table(arrays), target, row_group_size=ROWS_PER_GROUP)


def fill(source: Path, target: Path, options: list[str]) -> int:
    """Run ``mirimpute-impute`` and print what it took; the memory is that of all its processes, looked at often."""
    command = [sys.executable, "-m", "mirimpute.cli.impute", str(source), "-o", str(target), *options]
    start, peak = time.monotonic(), 0
    process = subprocess.Popen(command)
    stopped = threading.Event()

    def watch() -> None:
        nonlocal peak
        family = psutil.Process(process.pid)
        while not stopped.wait(0.2):
            try:
                members = [family, *family.children(recursive=True)]
                peak = max(peak, sum(each.memory_info().rss for each in members))
            except psutil.NoSuchProcess:
                continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    code = process.wait()
    stopped.set()
    watcher.join()
    rows = sum(pyarrow.parquet.read_metadata(path).num_rows for path in sorted(source.glob("*.parquet")))
    print(f"{rows:,} rows, {time.monotonic() - start:.0f} s, peak {peak / 2**30:.2f} GiB, exit code {code}")
    return code


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    maker = commands.add_parser("make")
    maker.add_argument("folder", type=Path)
    maker.add_argument("--rows", type=int, required=True)
    maker.add_argument("--columns", type=int, default=20)
    filler = commands.add_parser("fill")
    filler.add_argument("source", type=Path)
    filler.add_argument("target", type=Path)
    options, more = parser.parse_known_args()
    if options.command == "fill":
        return fill(options.source, options.target, more)
    make(options.folder, options.rows, options.columns)
    return 0


if __name__ == "__main__":
    sys.exit(main())
