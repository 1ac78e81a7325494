"""What a cell costs beside its own work, for each launcher of sweeps: 200 cells of `mean` on iris, in turn.

    python -m benchmarks.launchers --launchers basic,local,dask --cells 200

Prints, for each, the seconds of a sweep of two cells (the start), and seconds per further cell.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time

_CODE = "import sys; from mirimpute.cli.bench import main; main(sys.argv[1:])"
_CELL = ("-m", "dataset=iris", "method=mean", "protocol.metrics=[rmse]", "protocol.shrunk_metrics=[]", "threads=1")
_FEW = 2


def seconds(launcher: str, cells: int) -> float:
    """Return the seconds of a sweep into an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        options = [*_CELL, f"seed=range({cells})", f"hydra/launcher={launcher}", f"results_dir={folder}"]
        start = time.monotonic()
        subprocess.run([sys.executable, "-c", _CODE, *options], check=True, stdout=subprocess.DEVNULL)
        return time.monotonic() - start


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--launchers", default="basic,local,dask")
    parser.add_argument("--cells", type=int, default=200)
    options = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} at the start, {os.cpu_count()} cores")
    for launcher in options.launchers.split(","):
        few, many = (seconds(launcher, cells) for cells in (_FEW, options.cells))
        each = f"{(many - few) / (options.cells - _FEW):.3f} s per further cell"
        print(f"{launcher}: {few:.1f} s for {_FEW} cells, {many:.1f} s for {options.cells}; {each}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
