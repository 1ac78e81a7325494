"""Every reader of a file gets files that are nearly right: it reads them or says a sentence, and does nothing else."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import random
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import strategies as st

from mirimpute.bench.results.claims import running
from mirimpute.bench.results.details import read_trace
from mirimpute.bench.results.journal import read_progress, sweeps
from mirimpute.bench.results.layout import cell_directory
from mirimpute.bench.results.seal import json_text
from mirimpute.bench.results.store import read_rows
from tests.fuzzing import DAMAGE, JSON, damage, fuzzed
from tests.report.row_factory import make_row, write


@pytest.mark.slow
def test_saved_imputers(tmp_path: Path) -> None:
    from safetensors.numpy import load as load_arrays
    from safetensors.numpy import save as save_arrays

    from mirimpute import MirfImputer
    from mirimpute.imputers.saving import checksum

    x = np.random.default_rng(0).normal(size=(150, 3))
    x[:40, 1] = np.nan
    quick = {"rounds": 1, "steps": 2, "final_steps": 2, "width": 16, "batch": 32, "trees": 8}
    path = tmp_path / "imputer"
    MirfImputer(preset="mirf", parameters=quick, random_state=0).fit(x).save(path)
    whole = path.read_bytes()
    arrays = load_arrays(whole)
    length = int.from_bytes(whole[:8], "little")
    facts = json.loads(json.loads(whole[8 : 8 + length])["__metadata__"]["mirimpute"])
    numbers = st.sampled_from([0, -1, 1, 2**31, 2**62, -(2**62), float("nan"), float("inf"), 1e300])

    def one(changed: dict[str, Any], of_arrays: dict[str, Any], how: random.Random, signed: bool) -> Callable[[], Any]:
        if signed:
            found = dict(arrays)
            for name, (number, cut) in of_arrays.items():
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    filled = np.full(found[name].shape, number)
                    found[name] = filled.astype(found[name].dtype)[: None if cut is None else cut]
            text = json.dumps({**facts, **changed})
            path.write_bytes(save_arrays(found, {"mirimpute": text, "sha256": checksum(text, found)}))
        else:
            path.write_bytes(damage(whole, how))
        return lambda: MirfImputer.load(path)

    of_facts = st.dictionaries(st.sampled_from(list(facts)), JSON, max_size=1)
    cut = st.tuples(numbers, st.sampled_from([None, 0, 1, -1]))
    of_arrays = st.dictionaries(st.sampled_from(sorted(arrays)), cut, max_size=1)
    fuzzed("saved imputer", (of_facts, of_arrays, DAMAGE, st.booleans()), one)


CELLS = st.one_of(
    st.integers(-9, 9).map(str),
    st.floats(-9, 9).map(repr),
    st.sampled_from(
        ["", "1", "2.5", "-3", "NA", "a", "b", '"q"', '"a,b"', "1e999", "1,5", "2020-01-01", "01", "=1+1", "<0.3"]
    ),
    st.text(max_size=5),
)


@pytest.mark.slow
def test_delimited_files(tmp_path: Path) -> None:
    from mirimpute.table.reading import read_table

    def one(lines: list[list[str]], separator: str, end: str, how: random.Random, zipped: bool) -> Callable[[], Any]:
        header = separator.join(f"c{j}" for j in range(max(map(len, lines), default=1)))
        text = end.join([header, *map(separator.join, lines), ""])
        content = damage(text.encode("utf-8", "surrogatepass"), how)
        path = tmp_path / ("t.csv.gz" if zipped else "t.csv")
        path.write_bytes(damage(gzip.compress(content), how) if zipped else content)
        return lambda: read_table(path)

    lines = st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=4, max_size=8)
    marks = st.sampled_from([",", ";", "\t", "|"]), st.sampled_from(["\n", "\r\n", "\r"])
    fuzzed("delimited", (lines, *marks, DAMAGE, st.booleans()), one)


@pytest.mark.slow
def test_parquet_files(tmp_path: Path) -> None:
    from mirimpute.table.reading import read_table

    path = tmp_path / "t.parquet"
    kinds = st.sampled_from(
        [
            "int8",
            "uint64",
            "float16",
            "float64",
            "bool",
            "string",
            "binary",
            "date32",
            "timestamp[ns]",
            "time64[us]",
            "duration[s]",
            "decimal",
            "list",
            "struct",
            "dictionary",
            "null",
        ]
    )

    def column(kind: str, values: list[Any]) -> Any:
        special = {
            "decimal": pa.decimal128(20, 3),
            "list": pa.list_(pa.int64()),
            "struct": pa.struct([("a", pa.int64())]),
            "dictionary": pa.dictionary(pa.int8(), pa.string()),
        }
        wanted = special.get(kind) or pa.type_for_alias(kind)
        for made in (lambda: pa.array(values, wanted), lambda: pa.array(values).cast(wanted)):
            with contextlib.suppress(pa.ArrowException, TypeError, ValueError, OverflowError, UnicodeError):
                return made()
        return pa.nulls(len(values), wanted)

    def one(columns: list[tuple[str, str, list[Any]]], how: random.Random, whole: bool) -> Callable[[], Any]:
        arrays = [column(kind, values) for _, kind, values in columns]
        with contextlib.suppress(UnicodeError):
            names = [name for name, *_ in columns]
            pq.write_table(pa.table(arrays, names=names) if arrays else pa.table({}), path)
        if not whole:
            path.write_bytes(damage(path.read_bytes(), how))
        return lambda: read_table(path)

    values = st.lists(
        st.one_of(st.none(), st.integers(-5, 5), st.floats(), st.text(max_size=3)), min_size=4, max_size=4
    )
    drawn = st.lists(st.tuples(st.text(max_size=3), kinds, values), max_size=4)
    fuzzed("Parquet", (drawn, DAMAGE, st.booleans()), one)


@pytest.mark.slow
def test_answers_of_foreign_programs(tmp_path: Path) -> None:
    from mirimpute.methods.base import problem_of
    from mirimpute.methods.external.exchange import read_imputation, write_task
    from mirimpute.table.table import table_from_frame

    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=30), "b": rng.normal(size=30), "c": rng.choice(["x", "y", "z"], 30)})
    frame = frame.mask(rng.random(frame.shape) < 0.2)
    table = table_from_frame(frame, "t", {})
    problem = problem_of(table.values, table.columns, 0)[0]
    write_task(tmp_path, problem, 1, 1)
    completed = frame.fillna({"a": 0.0, "b": 0.0, "c": "x"}).to_csv(index=False).encode()

    def one(report: Any, how: random.Random, parquet: bool) -> Callable[[], Any]:
        for old in ("completed-1.csv", "completed-1.parquet", "report.json"):
            (tmp_path / old).unlink(missing_ok=True)
        name = "completed-1.parquet" if parquet else "completed-1.csv"
        buffer = io.BytesIO()
        pd.read_csv(io.BytesIO(completed)).to_parquet(buffer)
        (tmp_path / name).write_bytes(damage(buffer.getvalue() if parquet else completed, how))
        (tmp_path / "report.json").write_bytes(damage(json.dumps(report).encode(), how))
        return lambda: read_imputation(tmp_path, problem, 1, 1.0)

    report = st.one_of(
        JSON, st.fixed_dictionaries({}, optional={"seconds": JSON, "version": JSON, "notes": JSON, "draws": JSON})
    )
    fuzzed("answer of a program", (report, DAMAGE, st.booleans()), one)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    """Pipes, devices, folders and loops in the place of every file of a results folder."""
    row = make_row()
    write(tmp_path, row)
    directory = cell_directory(tmp_path, row)
    (tmp_path / "claims").mkdir()
    sweep = tmp_path / "sweeps" / "one"
    sweep.mkdir(parents=True)
    (sweep / "plan.json").write_text(json_text({"methods": {"mean": 1}, "command": []}))
    (tmp_path / "parts").mkdir()
    places = [
        *(directory / name for name in ("row.json", "row.json.sha256", "trace.json", "columns.json", "log.txt")),
        *(
            tmp_path / "claims/x.json",
            sweep / "a.jsonl",
            sweep / "plan.json",
            tmp_path / "parts/part-000001-ab.parquet",
        ),
    ]
    makers: dict[str, Callable[[Path], Any]] = {
        "pipe": os.mkfifo,
        "folder": Path.mkdir,
        "loop": lambda path: path.symlink_to(path),
        "nowhere": lambda path: path.symlink_to(tmp_path / "absent"),
        "device": lambda path: path.symlink_to("/dev/zero"),
    }
    for place in places:
        kept = place.read_bytes() if place.is_file() else None
        for make in makers.values():
            place.unlink(missing_ok=True)
            make(place)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                read_rows(tmp_path)
                read_trace(directory)
                running(tmp_path)
                for each in sweeps(tmp_path):
                    read_progress(each)
            place.rmdir() if place.is_dir() and not place.is_symlink() else place.unlink()
        if kept is not None:
            place.write_bytes(kept)
    assert len(read_rows(tmp_path)) == 1
