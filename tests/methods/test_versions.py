"""A method that gives other bits has another version: rows of before and after must not share a page.

The bits in ``versions.json`` are of one machine and its libraries; elsewhere the tests skip, and say what differs.
``python -m tests.methods.test_versions`` writes the file anew.
"""

import hashlib
import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from mirimpute.methods.base import problem_of
from mirimpute.methods.presets import PRESETS, named_method
from mirimpute.table.columns import Column, Kind
from tests.methods.quick import FAST
from tests.methods.test_contract import NATIVE

FILE = Path(__file__).with_name("versions.json")
NAMES = [name for name, (key, _) in PRESETS.items() if key in NATIVE]
LIBRARIES = ("numpy", "scipy", "scikit-learn", "torch", "pandas")


def environment():
    """What decides about last bits: the processor, with what it can compute, and the libraries."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else [platform.machine()]
    processor = lines[: lines.index("")] if "" in lines else lines
    said = [
        line for line in processor if line.split("\t")[0] in ("model name", "cpu family", "model", "stepping", "flags")
    ]
    kernels = sorted({str(each["architecture"]) for each in threadpool_info() if each["internal_api"] == "openblas"})
    found = {"python": platform.python_version(), "kernels": ", ".join(kernels)}
    found["processor"] = hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]
    return {**found, **{name: version(name) for name in LIBRARIES}}


def bits_of(name):
    """Return version and digest of what a method makes of a table with repeated values and a category."""
    rng = np.random.default_rng(0)
    x = np.round(rng.normal(size=(120, 4)) @ rng.normal(size=(4, 4)) + [5.0, 0.0, 100.0, 1.0], 1)
    x[:, 3] = np.digitize(x[:, 3], [0.0, 2.0])
    columns = (*(Column(each, Kind.CONTINUOUS) for each in "abc"), Column("d", Kind.CATEGORICAL, ("u", "v", "w")))
    key, values = PRESETS[name]
    method = named_method(name, {**FAST.get(key, {}), **values})
    with threadpool_limits(1):
        found = method.fit(problem_of(np.where(rng.random(x.shape) < 0.2, np.nan, x), columns, seed=1)[0]).impute()
    digest = hashlib.sha256(found.point.tobytes() + found.draws.tobytes()).hexdigest()
    return [method.version, digest[:16]]


def test_every_native_method_has_bits_in_the_file():
    assert list(json.loads(FILE.read_text())["bits"]) == sorted(NAMES)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_the_same_version_gives_the_same_bits(name):
    known, here = json.loads(FILE.read_text()), environment()
    if other := [
        f"{key} {here[key]} here, {value} there"
        for key, value in known["environment"].items()
        if here.get(key) != value
    ]:
        pytest.skip(f"bits are of another machine: {'; '.join(other)}")
    assert bits_of(name) == known["bits"][name], (
        f"{name} gives other bits or has another version: raise its version if it has not been, then run "
        "`python -m tests.methods.test_versions`"
    )


def main():
    """Write the bits of this machine."""
    text = json.dumps({"environment": environment(), "bits": {name: bits_of(name) for name in sorted(NAMES)}}, indent=1)
    FILE.write_text(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
