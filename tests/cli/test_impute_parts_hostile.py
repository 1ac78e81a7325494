"""`mirimpute-impute` on folders that somebody prepared: links, pipes, odd types, damaged records; all are refused."""

import os
from datetime import datetime

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from mirimpute.cli.impute import main


def table(rows=60, **columns):
    rng = np.random.default_rng(0)
    z = rng.normal(size=rows)
    made = {name: pyarrow.array(z, mask=rng.random(rows) < 0.2) for name in "ab"}
    return pyarrow.table({**made, **columns})


def write(path, content, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(content, path, **options)


def filled(source, target, *options):
    return main([str(source), "-o", str(target), "--method", "mean", *options])


def refusal(capsys, source, target, *options):
    """Return the one sentence of a refusal."""
    assert filled(source, target, *options) == 2
    sentence = capsys.readouterr().err.strip().splitlines()[-1]
    assert sentence.startswith("mirimpute-impute: ")
    return sentence


@pytest.mark.parametrize("nested", [False, True])
def test_int96_timestamps_that_arrow_would_change(tmp_path, capsys, nested):
    dates = [datetime(2020, 1, 1), None, datetime(9999, 12, 31)] * 20
    when = pyarrow.array([[{"u": each}] for each in dates] if nested else dates)
    source = tmp_path / "in" / "x.parquet"
    write(source, table(when=when), use_deprecated_int96_timestamps=True)
    assert "'when" in refusal(capsys, source.parent, tmp_path / "out")
    assert "'when" in refusal(capsys, source, tmp_path / "out.parquet")


def test_near_int96_timestamps_keep_their_nanoseconds(tmp_path):
    when = pyarrow.array([1_577_836_800_000_000_001, None, -9_223_372_036_000_000_000] * 20, pyarrow.timestamp("ns"))
    write(tmp_path / "in" / "x.parquet", table(when=when), use_deprecated_int96_timestamps=True)
    assert filled(tmp_path / "in", tmp_path / "out") == 0
    found = pyarrow.parquet.read_table(tmp_path / "out" / "x.parquet").column("when")
    assert found.cast("int64").take([0, 2]).to_pylist() == when.cast("int64").take([0, 2]).to_pylist()


@pytest.mark.parametrize("name", ["sub", "gone.parquet", "pipe.parquet"])
def test_what_would_be_left_out_of_the_input(tmp_path, capsys, name):
    source = tmp_path / "in"
    write(source / "x.parquet", table())
    write(tmp_path / "elsewhere" / "y.parquet", table())
    if name == "pipe.parquet":
        os.mkfifo(source / name)
    else:
        (source / name).symlink_to(tmp_path / ("elsewhere" if name == "sub" else "nowhere"))
    assert name in refusal(capsys, source, tmp_path / "out")
