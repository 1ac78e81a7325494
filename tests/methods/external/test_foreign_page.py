"""The examples of docs/foreign.md run as pasted."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mirimpute.bench.results.store import read_rows
from tests.commands import bench

PAGE = (Path(__file__).parents[3] / "docs/foreign.md").read_text(encoding="utf-8")
FIRST = ["method=command", "dataset=iris", "method.draws=2", "threads=1"]


def _example(language):
    (text,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    return text


def test_the_python_example_runs_as_pasted(elsewhere):
    (elsewhere / "my.py").write_text(_example("python"), encoding="utf-8")
    assert bench(*FIRST, f"method.command={sys.executable} my.py") == 0
    (row,) = read_rows(elsewhere / "results")
    assert (row["status"], row["program"], row["n_draws"]) == ("ok", "my hot deck 1.0", 2)


def test_the_r_example_runs_as_pasted(elsewhere):
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript is not installed")
    if subprocess.run(
        ["Rscript", "-e", "library(mice); library(jsonlite)"], capture_output=True, check=False
    ).returncode:
        pytest.skip("R's packages mice and jsonlite are not installed")
    (elsewhere / "my.R").write_text(_example("r"), encoding="utf-8")
    assert bench(*FIRST, "method.command=Rscript my.R") == 0
    (row,) = read_rows(elsewhere / "results")
    assert row["status"] == "ok"
    assert row["program"].startswith("mice ")
