"""A worker of a sweep finds its libraries loaded by the process that it was forked from."""

import subprocess
import sys

PROGRAM = """
import sys
import mirimpute.bench.sweeps.preload
from pathlib import Path
from mirimpute.amputation.registry import MECHANISMS
from mirimpute.bench.cell import run_cell
from mirimpute.bench.config import CellConfig, Protocol
from mirimpute.bench.dataset_catalog import named_dataset
from mirimpute.methods.presets import named_method

if __name__ == "__main__":
    dataset, mechanism = named_dataset("synthetic/gaussian"), MECHANISMS["mcar"](name="mcar")
    dataset.n_rows = 60
    config = CellConfig(dataset, mechanism, named_method("mean"), Protocol(), results_dir=sys.argv[1])
    loaded = set(sys.modules)
    assert run_cell(config, Path(sys.argv[1])).row["status"] == "ok"
    print(*sorted(set(sys.modules) - loaded))
"""


def test_a_cell_imports_no_library_that_the_preload_left_out(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    command = [sys.executable, str(program), str(tmp_path / "results")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    standard = {*sys.stdlib_module_names, "__mp_main__"}
    assert {name.partition(".")[0] for name in done.stdout.split()} - standard == set()
