"""Every reader of a results folder gets files that are nearly right: it reads them or says a sentence."""

from __future__ import annotations

import contextlib
import io
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import strategies as st

from mirimpute.bench.results import disk, part_schema, parts
from mirimpute.bench.results.claims import running, this_process
from mirimpute.bench.results.details import read_trace
from mirimpute.bench.results.journal import Entry, Plan, read_progress, sweeps
from mirimpute.bench.results.layout import cell_directory
from mirimpute.bench.results.seal import seal_of
from mirimpute.bench.results.store import compact, read_rows
from tests.fuzzing import DAMAGE, JSON, damage, fuzzed
from tests.report.row_factory import make_row, write


@pytest.mark.slow
def test_rows(tmp_path: Path) -> None:
    row = make_row()
    write(tmp_path, row)
    directory = cell_directory(tmp_path, row)
    names = st.sampled_from([*row, "point_rmse", "unknown", ""])

    def one(changes: dict[str, Any], how: random.Random, sealed: bool) -> Callable[[], Any]:
        content = damage(json.dumps({**row, **changes}).encode("utf-8", "surrogatepass"), how)
        (directory / "row.json").write_bytes(content)
        (directory / "row.json.sha256").write_text(seal_of(content) if sealed else "0")
        return lambda: read_rows(tmp_path)

    fuzzed("row.json", (st.dictionaries(names, JSON, max_size=3), DAMAGE, st.booleans()), one)


@pytest.mark.slow
def test_traces(tmp_path: Path) -> None:
    row = make_row()
    write(tmp_path, row)
    directory = cell_directory(tmp_path, row)

    def one(value: Any, how: random.Random) -> Callable[[], Any]:
        (directory / "trace.json").write_bytes(damage(json.dumps(value).encode(), how))
        return lambda: read_trace(directory)

    fuzzed("trace.json", (JSON, DAMAGE), one)


@pytest.mark.slow
def test_journals(tmp_path: Path) -> None:
    folder = tmp_path / "sweeps" / "one"
    folder.mkdir(parents=True)
    entry = vars(Entry(0, "mean", "ok", "", False, "runs/a/b/c/d", 0.1, 1.0))
    plan = {"methods": {"mean": 3}, "command": ["mirimpute-bench"]}
    assert Plan(**plan).cells == 3

    def one(changed: dict[str, Any], of_plan: dict[str, Any], how: random.Random) -> Callable[[], Any]:
        (folder / "plan.json").write_bytes(damage(json.dumps({**plan, **of_plan}).encode(), how))
        lines = [json.dumps(entry), json.dumps({**entry, **changed}), json.dumps(entry)]
        (folder / "part.jsonl").write_bytes(damage("\n".join([*lines, ""]).encode(), how))

        def read() -> None:
            for each in sweeps(tmp_path):
                progress = read_progress(each)
                if progress is not None:
                    assert progress.left >= 0
                    assert progress.by_method is not None
                    assert progress.cells_per_s is None or progress.cells_per_s >= 0

        return read

    keys = st.dictionaries(st.sampled_from([*entry, "more"]), JSON, max_size=2)
    fuzzed("journal", (keys, st.dictionaries(st.sampled_from(["methods", "command"]), JSON, max_size=1), DAMAGE), one)


@pytest.mark.slow
def test_claims(tmp_path: Path) -> None:
    folder = tmp_path / "claims"
    folder.mkdir()
    holder = vars(this_process("here"))

    def one(changed: dict[str, Any], how: random.Random) -> Callable[[], Any]:
        (folder / "x.json").write_bytes(damage(json.dumps({**holder, **changed}).encode(), how))
        return lambda: running(tmp_path)

    fuzzed("claim", (st.dictionaries(st.sampled_from([*holder, "more"]), JSON, max_size=2), DAMAGE), one)


@pytest.mark.slow
def test_parts(tmp_path: Path) -> None:
    """Columns are dropped, doubled, of other types or with other values, and the name has the checksum that belongs."""
    for seed in range(3):
        write(tmp_path, make_row(seed=seed))
    assert compact(tmp_path) == 3
    (path,) = (tmp_path / "parts").glob("*.parquet")
    table = pq.read_table(path)
    path.unlink()

    def one(changed: dict[str, Any], gone: list[str], how: random.Random, whole: bool) -> Callable[[], Any]:
        found = table.drop_columns(sorted(set(gone) & set(table.column_names)))
        for name, value in changed.items():
            with contextlib.suppress(pa.ArrowException, OverflowError, TypeError, ValueError, UnicodeError):
                found = found.append_column(name, pa.array([value] * found.num_rows))
        buffer = io.BytesIO()
        with contextlib.suppress(pa.ArrowException):  # Parquet has no empty structs
            pq.write_table(found, buffer)
        content = buffer.getvalue() if whole else damage(buffer.getvalue(), how)
        digest = disk.digest(io.BytesIO(content))[: parts._HASH_DIGITS]
        for each in (tmp_path / "parts").iterdir():
            each.unlink()
        (tmp_path / "parts" / f"part-000001-{digest}.parquet").write_bytes(content)

        def read() -> None:
            for row in read_rows(tmp_path):
                assert row["status"]

        return read

    names = st.sampled_from([*table.column_names, "point_new", "other"])
    fuzzed("part", (st.dictionaries(names, JSON, max_size=2), st.lists(names, max_size=2), DAMAGE, st.booleans()), one)
    assert part_schema.CELL in table.column_names
