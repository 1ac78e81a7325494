"""What a program that only imputes has to load."""

import subprocess
import sys

HEAVY = ("hydra", "omegaconf", "openml", "matplotlib", "jinja2", "vl_convert", "hyperimpute")
PROGRAM = """
import sys
import numpy as np
from mirimpute import MirfImputer
x = np.random.default_rng(0).normal(size=(40, 3))
x[::4, 1] = np.nan
few = dict(rounds=1, steps=5, final_steps=5, trees=2, chains=1)
imputer = MirfImputer(preset="mirf_fast", parameters=few, random_state=0).fit(x)
assert np.isfinite(imputer.transform(x)).all()
print(*(name for name in {heavy} if name in sys.modules))
"""


def test_imputing_loads_nothing_of_the_benchmark():
    command = [sys.executable, "-c", PROGRAM.format(heavy=HEAVY)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
