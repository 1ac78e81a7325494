"""Methods are listed and checked without the libraries that they compute with."""

import subprocess
import sys

import pytest

from mirimpute.methods.registry import METHODS

HEAVY = ("torch", "sklearn", "scipy", "pandas")
PROGRAM = f"""
import sys
from mirimpute.errors import NotInstalledError, UserError
from mirimpute.methods.presets import PRESETS, named_method
for name in PRESETS:
    try:
        named_method(name)
    except NotInstalledError:  # R, or the environment of the rivals
        assert "/" in name or name in ("miceforest", "utrees", "forestdiffusion"), name
    except UserError:
        assert name == "command", name
try:
    named_method("gain", {{"steps": 0}})
except UserError as error:
    print(error)
print([name for name in {HEAVY} if name in sys.modules])
"""


def test_methods_are_listed_and_checked_without_heavy_libraries():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    refusal, loaded = done.stdout.splitlines()
    assert "method.steps=0" in refusal
    assert loaded == "[]"


@pytest.mark.parametrize("name", METHODS)
def test_defaults_have_a_meaning(name):
    if name != "command":  # a program has to be given
        METHODS[name]().check()
