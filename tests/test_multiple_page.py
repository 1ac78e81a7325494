"""The page from a file to a pooled table runs as it stands, and its table is what its words say."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from .analysis import golden

PAGE = (Path(__file__).parents[1] / "docs/multiple.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.S)
FEW = {"impute_multiple(before, 20)": "impute_multiple(before, 3)"}
"""Fewer tables than a paper should have, so that the test is short."""


@pytest.mark.slow
def test_the_page_runs_as_it_stands(tmp_path):
    shutil.copy(golden.FOLDER / "nhanes2.csv", tmp_path)
    program = "\n".join(BLOCKS)
    for there, here in FEW.items():
        assert there in program
        program = program.replace(there, here)
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for name in re.findall(r'savefig\("(.*?)"\)', program):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG"), name
    table = pd.read_csv(tmp_path / "table.csv")
    assert table["term"].tolist() == ["Intercept", "age[T.40-59]", "age[T.60-99]", "hyp[T.yes]", "bmi"]
    assert table.drop(columns="term").notna().all(axis=None)
    assert table["fmi"].between(0, 1).all()


def test_what_the_page_says_of_the_table_is_so():
    before = golden.incomplete()
    people, cells, all_cells = re.search(r"a table of (\d+) people.*?(\d+) of (\d+) cells", PAGE, re.S).groups()
    assert (int(people), int(cells), int(all_cells)) == (len(before), before.isna().sum().sum(), before.size)


def test_every_column_of_the_table_is_explained():
    from mirimpute import with_

    table = with_(golden.completed(), "chl ~ age").pool()
    told = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", PAGE, re.M))))
    assert told == set(table.columns) - {"term", "statistic"}
