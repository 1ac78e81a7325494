"""`mirimpute-impute` on folders of Parquet files: the same parts, filled; refusals."""

import os
import shutil
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.parquet
import pytest

from mirimpute import Imputer, MirfImputer
from mirimpute.cli.impute import main
from tests.cli.parts import FAST, bytes_in, names_in, refusal, table, write, write_three


@pytest.fixture
def folder(tmp_path):
    return write_three(tmp_path / "in")


def test_parts_keep_names_order_types_metadata_and_what_was_observed(folder, tmp_path, capsys):
    target = tmp_path / "out"
    assert main([str(folder), "-o", str(target), "--method", "mean", "--sample", "200"]) == 0
    said = capsys.readouterr()
    assert "200 rows of 900" in said.err
    assert names_in(target) == ["one.parquet", "two.parquet", "year=2020/three.pq"]
    filled = 0
    for name in names_in(target):
        before, after = (pyarrow.parquet.ParquetFile(each / name) for each in (folder, target))
        assert after.schema_arrow.equals(before.schema_arrow, check_metadata=True)
        groups = [[file.metadata.row_group(k) for k in range(file.num_row_groups)] for file in (before, after)]
        assert [each.num_rows for each in groups[0]] == [each.num_rows for each in groups[1]]
        assert groups[1][0].column(1).compression == "ZSTD"
        x, y = before.read().to_pandas(), after.read().to_pandas()
        assert not y.isna().any().any()
        pd.testing.assert_frame_equal(y.where(x.notna()).astype(object), x.astype(object), check_dtype=False)
        filled += int(x.isna().sum().sum())
    assert f"{filled:,} cells of 900 rows filled by mean" in said.out


def test_a_file_into_a_folder_and_the_same_as_in_one_piece(tmp_path):
    """With all rows in the sample, parts are filled as the whole table is."""
    source = tmp_path / "t.parquet"
    pyarrow.parquet.write_table(table(), source, row_group_size=64)
    assert main([str(source), "-o", f"{tmp_path / 'out'}{os.sep}", "--method", "knn"]) == 0
    parts = pyarrow.parquet.read_table(tmp_path / "out" / "t.parquet")
    whole = Imputer("knn", ignore=["id"]).fit_transform(pyarrow.parquet.read_table(source))
    pd.testing.assert_frame_equal(parts.to_pandas(), whole.to_pandas())


@pytest.mark.slow
def test_processes_and_repetition_change_no_byte(folder, tmp_path):
    for name, jobs in (("one", "1"), ("two", "2")):
        assert main([str(folder), "-o", str(tmp_path / name), "--method", "knn", "--jobs", jobs]) == 0
    assert bytes_in(tmp_path / "one") == bytes_in(tmp_path / "two")


@pytest.mark.slow
def test_a_saved_imputer_fills_what_it_knows(folder, tmp_path, capsys):
    frame = pyarrow.parquet.read_table(folder / "one.parquet", columns=["a", "b", "c"]).to_pandas()
    imputer = MirfImputer(preset="mirf_fast", parameters=FAST, random_state=0).fit(frame)
    imputer.save(tmp_path / "model.safetensors")
    target = tmp_path / "out"
    assert main([str(folder), "-o", str(target), "--model", str(tmp_path / "model.safetensors")]) == 0
    two = pyarrow.parquet.read_table(folder / "two.parquet").to_pandas()
    found = pyarrow.parquet.read_table(target / "two.parquet").to_pandas()
    groups = [imputer.transform(two.loc[start : start + 69, ["a", "b", "c"]]) for start in range(0, 300, 70)]
    assert np.array_equal(found["a"], pd.concat(groups)["a"])
    assert found["when"].equals(two["when"])
    shutil.rmtree(target)
    said = refusal(capsys, folder, "-o", target, "--model", tmp_path / "model.safetensors", "--min", "a=0")
    assert "--min" in said


def test_constraints_groups_and_columns_that_are_left_alone(folder, tmp_path):
    target = tmp_path / "out"
    options = ("--min", "a=0", "--exclude", "b", "--ignore", "when", "--groups", "c")
    assert main([str(folder), "-o", str(target), "--method", "mean", *options]) == 0
    x, y = (pyarrow.parquet.read_table(each / "one.parquet").to_pandas() for each in (folder, target))
    assert y["a"].notna().all()
    assert (y["a"][x["a"].isna()] >= 0).all()
    for name in ("b", "when", "c"):
        assert y[name].isna().equals(x[name].isna())


def test_rows_that_break_a_sum_are_named_by_file_and_number(tmp_path, capsys):
    rng = np.random.default_rng(0)
    source = tmp_path / "in"
    source.mkdir()
    for name, bad in (("one.parquet", None), ("two.parquet", 17)):
        p = rng.uniform(0, 60, 40).round(1)
        frame = pd.DataFrame({"p": p, "q": 100 - p, "x": rng.normal(size=40)})
        frame.loc[::5, "q"] = None
        if bad is not None:
            frame.loc[bad - 1, ["p", "q"]] = [120.0, None]
        frame.to_parquet(source / name)
    said = refusal(capsys, source, "-o", f"{tmp_path / 'out'}/", "--method", "mean", "--sum", "p,q=100", "--min", "q=0")
    assert "'17 of two.parquet'" in said


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_observed_cells_that_break_a_sum_or_an_order_are_counted_over_all_files(tmp_path, capsys, jobs):
    rng = np.random.default_rng(0)
    for number in range(3):
        p = rng.uniform(1, 99, 200)
        p[:number] = 200.0  # none, one, two of them are whole and break both
        q, missing = 100 - p, (rng.random(200) < 0.1) & (np.arange(200) > 5)
        q[:number] = 250.0
        columns = {"p": p, "q": pyarrow.array(q, mask=missing), "r": rng.random(200), "s": np.full(200, 300.0)}
        columns["r"][:number] = 301.0
        write(tmp_path / "in", f"{number}.parquet", pyarrow.table(columns))
    options = ("--sum", "p,q=100", "--order", "r,s", "--sample", "20", "--jobs", jobs)
    assert main([str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--method", "mean", *options]) == 0
    said = [line for line in capsys.readouterr().err.splitlines() if "of the sample" not in line]
    (of_sum,) = (line for line in said if "sum" in line and "warning" in line)
    assert "do not sum to 100 in 3 whole rows, the first is row 1, off by 350" in of_sum
    assert of_sum.endswith("in '1.parquet'")
    (of_order,) = (line for line in said if "is after" in line)
    assert "'r' is after 's' in 3 rows" in of_order


def test_a_category_that_the_sample_does_not_hold_stays(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    letters = pyarrow.array([*["x", "y", None] * 99, "x", "y", "rare"])
    pyarrow.parquet.write_table(table(letter=letters), source / "one.parquet")
    assert main([str(source), "-o", str(tmp_path / "out"), "--method", "mean", "--sample", "20"]) == 0
    found = pyarrow.parquet.read_table(tmp_path / "out" / "one.parquet").column("letter")
    assert found[-1].as_py() == "rare"
    assert found.null_count == 0


def test_columns_of_odd_types_and_parts_without_a_row(tmp_path):
    rows = range(100)
    columns = {
        "nested": [{"u": [k]} if k % 3 else None for k in rows],
        "large": pyarrow.array([2**60 + k if k % 5 else None for k in rows]),
        "decimal": pyarrow.array([Decimal("1.25") * k if k % 3 else None for k in rows], pyarrow.decimal128(8, 2)),
        "view": pyarrow.array(["p" if k % 2 else None for k in rows], pyarrow.string_view()),
        "flag": pyarrow.array([bool(k % 2) if k % 5 else None for k in rows]),
    }
    odd = pyarrow.table(columns)
    for name, content in (("all.parquet", odd), ("none.parquet", odd.slice(0, 0)), ("one.parquet", odd.slice(0, 1))):
        write(tmp_path / "in", name, content)
    assert main([str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--method", "mean", "--kind", "large=integer"]) == 0
    for name in ("all.parquet", "none.parquet", "one.parquet"):
        before, after = (pyarrow.parquet.read_table(tmp_path / each / name) for each in ("in", "out"))
        assert after.schema.equals(before.schema)
        assert after.column("nested").equals(before.column("nested"))
        assert len(after) == len(before)
        assert not any(after.column(name).null_count for name in columns if name != "nested")
    assert after.column("large")[0].as_py() >= 2**60


@pytest.mark.skipif(not hasattr(pyarrow.parquet, "SortingColumn"), reason="Arrow before 15 does not write it")
def test_the_version_of_the_format_and_what_a_file_is_sorted_by(tmp_path):
    content = table(key=pyarrow.array(range(300))).sort_by([("key", "descending"), ("b", "ascending")])
    keys = [("key", "descending"), ("b", "ascending")]
    sorting = pyarrow.parquet.SortingColumn.from_ordering(content.schema, keys)
    (tmp_path / "in").mkdir()
    for version in ("1.0", "2.6"):
        path = tmp_path / "in" / f"{version}.parquet"
        pyarrow.parquet.write_table(content, path, version=version, sorting_columns=sorting, row_group_size=128)
    more = content.append_column("fine", pyarrow.array(range(300), pyarrow.timestamp("ns")))
    write(tmp_path / "more", "one.parquet", more)
    for name, target in (("in", "out"), ("more", "further")):
        assert main([str(tmp_path / name), "-o", str(tmp_path / target), "--method", "mean"]) == 0
    for version in ("1.0", "2.6"):
        found = pyarrow.parquet.read_metadata(tmp_path / "out" / f"{version}.parquet")
        assert found.format_version == version
        for number in range(found.num_row_groups):
            assert list(found.row_group(number).sorting_columns) == [sorting[0]]  # column b had missing cells
    assert pyarrow.parquet.read_table(tmp_path / "further" / "one.parquet").schema.equals(more.schema)


def test_what_polars_writes(tmp_path):
    polars = pytest.importorskip("polars")
    source = tmp_path / "in"
    source.mkdir()
    frame = polars.from_arrow(table()).with_columns(polars.col("c").cast(polars.Categorical))
    frame.write_parquet(source / "one.parquet")
    assert main([str(source), "-o", str(tmp_path / "out"), "--method", "mean"]) == 0
    found = polars.read_parquet(tmp_path / "out" / "one.parquet")
    assert found.schema == frame.schema
    assert sum(found.null_count().row(0)) == 0


def test_refused_inputs(tmp_path, capsys):
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    assert "no Parquet file" in refusal(capsys, source, "-o", out)
    write(source, "a.parquet", table())
    assert "lie in one another" in refusal(capsys, source, "-o", source / "out")
    assert "lie in one another" in refusal(capsys, source, "-o", source)
    assert "--draws" in refusal(capsys, source, "-o", out, "--draws", "2")
    assert "completes new rows" in refusal(capsys, source, "-o", out, "--method", "missforest")
    assert "'nobody'" in refusal(capsys, source, "-o", out, "--ignore", "nobody")
    assert "'nowhere'" in refusal(capsys, source, "-o", out, "--model", "nowhere")
    write(source, "b.parquet", table().rename_columns(["id", "a", "b", "d", "when"]))
    assert "differ in their columns (c, d)" in refusal(capsys, source, "-o", out)
    write(source, "b.parquet", table(a=pyarrow.array(["x"] * 300)))
    assert "column 'a' (string and double)" in refusal(capsys, source, "-o", out)
    (source / "b.parquet").write_bytes((source / "a.parquet").read_bytes()[:-100])
    assert "b.parquet' (" in refusal(capsys, source, "-o", out)
    (source / "b.parquet").unlink()
    write(source, "a.parquet", table(gap=pyarrow.nulls(300, pyarrow.float64())))
    assert "column 'gap' has no value in the sample" in refusal(capsys, source, "-o", out, "--sample", "50")
    assert not out.exists()


def test_a_part_that_is_damaged_inside_ends_in_a_sentence(folder, tmp_path, capsys):
    path = folder / "two.parquet"
    content = bytearray(path.read_bytes())
    content[4 : len(content) // 2] = b"\0" * (len(content) // 2 - 4)
    path.write_bytes(content)
    assert "two.parquet" in refusal(capsys, folder, "-o", tmp_path / "out", "--method", "mean")


def test_outputs_of_somebody_else_are_refused(folder, tmp_path, capsys):
    out = tmp_path / "out"
    out.mkdir()
    (out / "letter.txt").write_text("dear")
    assert "'letter.txt'" in refusal(capsys, folder, "-o", out, "--method", "mean", "--force")
    (out / "letter.txt").rename(out / "one.parquet")
    assert "'one.parquet'" in refusal(capsys, folder, "-o", out, "--method", "mean")
    assert names_in(out) == ["one.parquet"]
    assert main([str(folder), "-o", str(out), "--method", "mean", "--force"]) == 0
    assert "one.parquet" in refusal(capsys, folder, "-o", out, "--method", "mean")
    (tmp_path / "file").touch()
    assert "is a file" in refusal(capsys, folder, "-o", tmp_path / "file")
