"""What a sweep is refused for before its first cell, and what it runs in spite of."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirimpute.bench.results.store import read_rows
from tests.bench.sweeps.commands import sweep

QUICK = ("method=mean", "protocol.metrics=[rmse]", "protocol.shrunk_metrics=[]", "protocol.trace_mi=false")
SMALL = ("dataset=synthetic/gaussian", "dataset.n_rows=60", "dataset.n_columns=4")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\n1\n2\n3\n", "the table has 1 column"),
        ("a,b\n1,2\n", "has 1 row"),
        ("a,b\n1,\n,2\n3,\n", "can hide no cell of this table"),
    ],
)
def test_a_table_without_anything_to_hide(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "my.csv"
    path.write_text(text)
    refused("dataset=file", f"dataset.path={path}", "seed=0,1", tmp_path=tmp_path, words=words)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["mechanism=mar", "missing_rate=0.9"], "missing_rate=0.9 of the observed cells"),
        (["mechanism=panel", "missing_rate=0.8,0.9"], "missing_rate=0.8 of the observed cells"),
        (["mechanism=mcar", "missing_rate=0.0001"], "missing_rate=0.0001 hides none of the 240"),
        (["missing_rate=1.5"], "missing_rate=1.5 is outside (0, 1)"),
        (["mechanism=copy,fitted"], "no row lacks one"),
        (["mechanism=mar_driver", "mechanism.driver=nowhere"], "unknown mechanism.driver 'nowhere': valid: x1"),
        (["mechanism=block", "mechanism.block_rows=61"], "mechanism.block_rows=61 is larger than the table of 60 rows"),
        (["mechanism=block", "mechanism.block_columns=4"], "mechanism.block_columns=4 would empty the rows"),
        (["mechanism=sequential", "mechanism.stretch=61"], "mechanism.stretch=61 is longer than the table"),
        (["mechanism=mar", "mechanism.strength=0"], "strength=0.0 is no slope above 0"),
        (["mechanism=mnar_quantile", "mechanism.quantile=0.7"], "quantile=0.7 is outside (0, 0.5)"),
        (["protocol=knewimp2024", "mechanism=mnar_self"], "protocol=knewimp2024 has no mechanism 'mnar_self'"),
    ],
)
def test_a_mechanism_that_the_table_cannot_have(arguments: list[str], words: str, tmp_path: Path) -> None:
    refused(*SMALL, *arguments, tmp_path=tmp_path, words=words)


def test_a_grid_runs_what_can_be_run_and_names_the_rest_first(tmp_path: Path) -> None:
    printed = sweep(*SMALL, *QUICK, "mechanism=mcar,mar", "missing_rate=0.3,0.74", f"results_dir={tmp_path}", code=1)
    first = printed.splitlines()[0]
    assert first.startswith(
        "mirimpute-bench: warning: cells of synthetic/gaussian mar 0.74 will fail: missing_rate=0.74"
    )
    rows = read_rows(tmp_path)
    assert sorted((row["mechanism"], row["missing_rate"], row["status"]) for row in rows) == [
        ("mar", 0.3, "ok"),
        ("mar", 0.74, "failed"),
        ("mcar", 0.3, "ok"),
        ("mcar", 0.74, "ok"),
    ]


def refused(*arguments: str, tmp_path: Path, words: str) -> None:
    """Assert that the sweep ends with one sentence and leaves nothing behind."""
    there = tmp_path / "results"
    printed = sweep(*QUICK, *arguments, f"results_dir={there}", code=2)
    assert printed.count("\n") == 1
    assert words in printed
    assert not there.exists()
