"""No file in the working directory is run by a command, whatever its name."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

NAMES = (
    *("json", "socket", "numpy", "pickle", "struct", "types", "enum", "random", "tempfile", "threading"),
    *("multiprocessing", "pandas", "torch", "joblib", "mirimpute", "sitecustomize", "hydra_plugins"),
)

COMMANDS = {
    "mirimpute-data": ["show", "data.csv"],
    "mirimpute-impute": ["data.csv", "-o", "done.csv", "--method", "ice"],
    "mirimpute-bench": [
        *("-m", "dataset=file", "dataset.path=data.csv", "method=ice,missforest", "mechanism=mcar", "threads=1"),
        *("hydra/launcher=local", "hydra.launcher.n_jobs=1", "protocol.metrics=[rmse]", "protocol.shrunk_metrics=[]"),
    ],
    "mirimpute-report": ["results"],
}


@pytest.mark.slow
def test_files_beside_the_data_are_not_run(tmp_path):
    there = tmp_path / "there"
    there.mkdir()
    ran = tmp_path / "ran"
    ran.mkdir()
    for name in NAMES:
        (there / f"{name}.py").write_text(
            f"open({str(ran / name)!r}, 'w').close()\nraise SystemExit('{name} was run')\n"
        )
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(60, 1)) + 0.3 * rng.normal(size=(60, 3)), columns=["a", "b", "c"])
    frame.mask(rng.random(frame.shape) < 0.1).to_csv(there / "data.csv", index=False)
    found = [Path(path) for path in sys.path if path and path != os.getcwd()]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *map(str, found)])}
    environment.pop("PYTHONSAFEPATH", None)
    for command, arguments in COMMANDS.items():
        program = Path(sys.executable).with_name(command)
        if not program.exists():
            pytest.skip(f"{command} is not installed beside {sys.executable}")
        done = subprocess.run([program, *arguments], cwd=there, env=environment, capture_output=True, text=True)
        assert [path.name for path in ran.iterdir()] == [], command
        assert done.returncode == 0, (command, done.stdout + done.stderr)
