"""Every reader of a file gets files that are nearly right: it reads them or says a sentence, and does nothing else."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import random
import sys
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mirimpute.bench.results import disk, part_schema, parts
from mirimpute.bench.results.claims import running, this_process
from mirimpute.bench.results.details import read_trace
from mirimpute.bench.results.journal import Entry, Plan, read_progress, sweeps
from mirimpute.bench.results.layout import cell_directory
from mirimpute.bench.results.seal import json_text, seal_of
from mirimpute.bench.results.store import compact, read_rows
from mirimpute.errors import ImputationError, MirimputeWarning, UserError
from tests.report.row_factory import make_row, write

INPUTS = int(os.environ.get("MIRIMPUTE_FUZZ", "2000"))
"""Of each reader."""
FAULTS_SHOWN = 5
FUZZ = settings(
    max_examples=INPUTS,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from(
        [0, -1, 2**63, 10**400, float("nan"), float("inf"), 1e308, "", "\ud800", "\x1b[31m", "=1+1", "../..", "/"]
    ),
    st.floats(),
    st.text(max_size=8),
)
JSON = st.recursive(
    SCALARS,
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=4), each, max_size=3),
    max_leaves=6,
)
"""Values for the places of a file whose structure is kept."""


def damage(content: bytes, how: random.Random) -> bytes:
    """Return the bytes with some of them flipped, cut, doubled or replaced."""
    found = bytearray(content)
    for _ in range(how.choice([0, 0, 0, 1, 2])):
        place = how.randrange(len(found) + 1)
        kind = how.randrange(5)
        if kind == 0 and place < len(found):
            found[place] ^= 1 << how.randrange(8)
        elif kind == 1:
            del found[place : place + how.choice([1, 7, 100_000])]
        elif kind == 2:
            found[place:place] = found[: how.randint(0, 40)]
        elif kind == 3:
            found[place:place] = bytes(how.randrange(256) for _ in range(how.randint(1, 9)))
        else:
            found[place:place] = how.choice(
                [b"\x00" * 9, b"[" * 3_000, b"\xff\xfe", b"\r", b'"', b",,", b"NaN", b"1e999"]
            )
    return bytes(found)


DAMAGE = st.integers(0, 2**32).map(random.Random)


def tried(name: str, read: Callable[[], Any], tally: Counter[str]) -> None:
    """Read; what is not read is said in one line, as a refusal or as a warning."""
    with warnings.catch_warnings(record=True) as given_warnings:
        warnings.simplefilter("always")
        try:
            read()
            outcome = (
                "warned" if any(issubclass(each.category, MirimputeWarning) for each in given_warnings) else "read"
            )
        except (UserError, ImputationError) as error:
            outcome = "refused" if str(error) else "without a word"
        except Exception as error:
            outcome = "fault"
            if tally["fault"] < FAULTS_SHOWN:
                traceback.print_exception(error, limit=-4, file=sys.stdout)
    tally[outcome] += 1


def fuzzed(name: str, strategies: tuple[Any, ...], one: Callable[..., Callable[[], Any]]) -> None:
    """Try one reader with :data:`INPUTS` inputs, and print what became of them."""
    tally: Counter[str] = Counter()

    @FUZZ
    @given(st.tuples(*strategies))
    def attempt(drawn: tuple[Any, ...]) -> None:
        tried(name, one(*drawn), tally)

    attempt()
    print(f"\n{name}: {sum(tally.values())} inputs: {dict(tally)}")
    assert sum(tally.values()) >= INPUTS * 0.9
    assert tally["without a word"] == tally["fault"] == 0


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
