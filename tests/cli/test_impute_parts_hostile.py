"""`mirimpute-impute` on folders that somebody prepared: links, pipes, odd types, damaged records; all are refused."""

import os
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from mirimpute.cli.impute import main
from mirimpute.errors import UserError
from mirimpute.table.output_folder import RECORD, Input, output_folder


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
    near = [1_577_836_800_000_000_001, None, -1, 2**63 - 1, 1 - 2**63, 0]
    when = pyarrow.array(near * 10, pyarrow.timestamp("ns"))
    write(tmp_path / "in" / "x.parquet", table(when=when), use_deprecated_int96_timestamps=True)
    assert filled(tmp_path / "in", tmp_path / "out") == 0
    found = pyarrow.parquet.read_table(tmp_path / "out" / "x.parquet").column("when")
    assert found.filter(when.is_valid()).equals(pyarrow.chunked_array([when.drop_null()]))


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


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_a_link_in_the_output_does_not_lead_to_the_input(tmp_path, capsys, force):
    source, out = tmp_path / "in", tmp_path / "out"
    write(source / "sub=1" / "x.parquet", table())
    before = (source / "sub=1" / "x.parquet").read_bytes()
    out.mkdir()
    (out / "sub=1").symlink_to(source / "sub=1")
    assert "sub=1" in refusal(capsys, source, out, *force)
    assert (source / "sub=1" / "x.parquet").read_bytes() == before


def test_a_link_that_appears_later_is_not_followed(tmp_path):
    out, other = tmp_path / "out", tmp_path / "other"
    other.mkdir()
    with output_folder(out, {}, {"sub/x.parquet": Input(out, [0])}, force=False) as folder:
        (out / "sub").symlink_to(other)
        with pytest.raises(UserError, match="link"):
            folder.place("sub/x.parquet")


LINES = ["5", '["x.parquet", 5]', "null", '[["x"], 1, 2, ""]', '["x.parquet", SIZE, null, ""]']
LINES += [f'["x.parquet", SIZE, {number}, ""]' for number in ("-1e30", "Infinity", "-1", '"1"')]
LINES += ['["x.parquet", SIZE, 1, 2]', "[" * 100_000, '{"the input": 5}', '{"the input": []}']


@pytest.mark.parametrize("line", LINES, ids=range(len(LINES)))
def test_damaged_records(tmp_path, capsys, line, monkeypatch):
    source, out = tmp_path / "in", tmp_path / "out"
    write(source / "x.parquet", table())
    with monkeypatch.context() as patch:
        patch.setattr("mirimpute.table.output_folder.OutputFolder.place", stopped)
        patch.setattr(Path, "unlink", lambda *_, **__: None)
        assert filled(source, out) == 130
    write(out / "x.parquet", table())
    size = (out / "x.parquet").stat().st_size
    with (out / RECORD).open("a") as file:
        file.write(line.replace("SIZE", str(size)) + "\n")
    assert "'x.parquet'" in (said := refusal(capsys, source, out)) or "is damaged" in said
    (out / RECORD).write_text(f"{line}\n{line}\n")
    assert "is damaged" in refusal(capsys, source, out)


def stopped(*_):
    raise KeyboardInterrupt


@pytest.mark.parametrize("kind", ["link", "hard link", "pipe", "folder"])
def test_a_record_that_is_no_plain_file(tmp_path, capsys, kind):
    source, record, other = tmp_path / "in", tmp_path / "out" / RECORD, tmp_path / "other"
    write(source / "x.parquet", table())
    record.parent.mkdir()
    other.write_text("dear")
    if kind == "link":
        record.symlink_to(other)
    elif kind == "hard link":
        record.hardlink_to(other)
    else:
        (os.mkfifo if kind == "pipe" else os.mkdir)(record)
    assert RECORD in refusal(capsys, source, record.parent)
    assert other.read_text() == "dear"


def test_a_folder_in_the_place_of_a_file_is_refused_before_the_work(tmp_path, capsys):
    for name in ("a.parquet", "x.parquet"):
        write(tmp_path / "in" / name, table())
    (tmp_path / "out" / "x.parquet").mkdir(parents=True)
    assert "'x.parquet'" in refusal(capsys, tmp_path / "in", tmp_path / "out", "--force")
    assert not (tmp_path / "out" / "a.parquet").exists()


@pytest.mark.parametrize("option", [["--sum", "a,b=100"], ["--order", "b,c,a"]])
def test_rows_beyond_the_sample_that_leave_no_room(tmp_path, capsys, option):
    """The row is named as it is counted in its file."""
    a = np.linspace(60, 80, 200)
    holes = np.arange(200) % 4 == 1
    columns = {"a": a, "b": pyarrow.array(100 - a, mask=holes), "c": pyarrow.array((a + 100 - a) / 2, mask=holes)}
    write(tmp_path / "in" / "x.parquet", pyarrow.table(columns))
    odd = {"a": [70.0, 190.0], "b": [30.0, None], "c": [50.0, 60.0]}
    if option[0] == "--order":
        odd = {"a": [70.0, 1.0], "b": [30.0, 5.0], "c": [50.0, None]}
    write(tmp_path / "in" / "y.parquet", pyarrow.table(odd))
    said = refusal(capsys, tmp_path / "in", tmp_path / "out", *option, "--sample", "20")
    assert "y.parquet'" in said
    assert "row 2" in said
    assert not (tmp_path / "out" / "y.parquet").exists()


def extensions():
    flags = pyarrow.array([k % 2 if k % 3 else None for k in range(60)], pyarrow.int8())
    words = pyarrow.array([f'"{"xy"[k % 2]}"' if k % 3 else None for k in range(60)])
    counts = pyarrow.array([k % 10 if k % 3 else None for k in range(60)], pyarrow.int64())
    types = pyarrow.bool8(), pyarrow.json_(), pyarrow.opaque(pyarrow.int64(), "counts", "a test")
    stored = flags, words, counts
    return [pyarrow.ExtensionArray.from_storage(*each) for each in zip(types, stored, strict=True)]


@pytest.mark.parametrize("values", extensions(), ids=["bool8", "json", "opaque"])
def test_extension_types_are_filled_as_what_they_are_stored_as(tmp_path, values):
    write(tmp_path / "in" / "x.parquet", table(extra=values))
    assert filled(tmp_path / "in", tmp_path / "out") == 0
    found = pyarrow.parquet.read_table(tmp_path / "out" / "x.parquet").column("extra")
    assert found.type == values.type
    pairs = zip(values.storage.to_pylist(), found.combine_chunks().storage.to_pylist(), strict=True)
    observed = {each for each in values.storage.to_pylist() if each is not None}
    assert all(after == before or (before is None and after is not None) for before, after in pairs)
    if len(observed) == 2:
        assert set(found.combine_chunks().storage.to_pylist()) == observed


@pytest.mark.parametrize("day", [3_000_000, -800_000, 2**31 - 1])
def test_days_that_python_has_not(tmp_path, capsys, day):
    write(tmp_path / "in" / "x.parquet", table(day=pyarrow.array([10, None, day] * 20, pyarrow.date32())))
    assert "column 'day'" in refusal(capsys, tmp_path / "in", tmp_path / "out")
    assert "column 'day'" in refusal(capsys, tmp_path / "in" / "x.parquet", tmp_path / "out.parquet")


def test_a_name_that_is_no_text(tmp_path, capsys):
    write(tmp_path / "in" / "x.parquet", table())
    (tmp_path / "in" / "x.parquet").rename(tmp_path / "in" / os.fsdecode(b"x\xff.parquet"))
    assert "rename it" in refusal(capsys, tmp_path / "in", tmp_path / "out")


def test_a_larger_sample_is_advised_only_where_there_is_one(tmp_path, capsys):
    gap = pyarrow.nulls(60, pyarrow.float64())
    write(tmp_path / "in" / "x.parquet", table(gap=gap))
    assert "--sample" in refusal(capsys, tmp_path / "in", tmp_path / "out", "--sample", "50")
    assert "--sample" not in refusal(capsys, tmp_path / "in", tmp_path / "out")


def test_a_value_beyond_the_sample_of_another_kind_is_named(tmp_path, capsys):
    values, odd = ["2020-01-01", "2020-01-02"], "n/k"
    write(tmp_path / "in" / "x.parquet", table(200, v=pyarrow.array(values * 100)))
    write(tmp_path / "in" / "y.parquet", table(2, v=pyarrow.array([values[0], odd])))
    said = refusal(capsys, tmp_path / "in", tmp_path / "out", "--sample", "20")
    assert f"'{odd}'" in said
    assert "--ignore" in said


def test_a_link_of_the_input_into_the_output(tmp_path, capsys):
    source, out = tmp_path / "in", tmp_path / "out"
    write(out / "x.parquet", table())
    source.mkdir()
    (source / "x.parquet").symlink_to(out / "x.parquet")
    before = (out / "x.parquet").read_bytes()
    assert "is a link" in refusal(capsys, source, out, "--force")
    assert (out / "x.parquet").read_bytes() == before


@pytest.mark.parametrize("option", [["--na", "-999"], ["--sep", ";"], ["--no-header"]])
def test_options_of_a_text_are_refused(tmp_path, capsys, option):
    write(tmp_path / "in" / "x.parquet", table())
    found = refusal(capsys, tmp_path / "in", tmp_path / "out", *option)
    assert f"{option[0]} is not for a table that is filled in parts: leave it out" in found
