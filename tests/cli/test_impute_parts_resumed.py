"""`mirimpute-impute` on folders of Parquet files: it goes on after a kill, and notices what changed."""

import os
import shutil
import signal
import subprocess
import sys
import time

import pyarrow
import pyarrow.parquet
import pytest

from mirimpute.cli.impute import main
from mirimpute.table.output_folder import RECORD
from tests.cli.parts import bytes_in, names_in, refusal, table, write, write_three


@pytest.fixture
def folder(tmp_path):
    return write_three(tmp_path / "in")


def begun(folder, out, monkeypatch, *options):
    """Leave an output as a kill does after its first file."""
    import mirimpute.table.output_folder as module

    def killed(path, content):
        if isinstance(content, list) and content[0] != "one.parquet":
            raise KeyboardInterrupt
        usual(path, content)

    usual = module._append
    with monkeypatch.context() as patch:
        patch.setattr(module, "_append", killed)
        assert main([str(folder), "-o", str(out), "--method", "mean", *options]) == 130


def test_the_same_command_goes_on_and_another_does_not(folder, tmp_path, capsys, monkeypatch):
    out, command = tmp_path / "out", (str(folder), "-o", str(tmp_path / "out"), "--method", "mean")
    assert main([str(folder), "-o", str(tmp_path / "whole"), "--method", "mean"]) == 0
    printed = capsys.readouterr().out.split(" filled")[0]
    begun(folder, out, monkeypatch)
    assert names_in(out) == [RECORD, "one.parquet"]
    assert "--seed" in refusal(capsys, *command, "--seed", "1")
    first = (out / "one.parquet").stat().st_ino
    assert main([*command]) == 0
    said = capsys.readouterr()
    assert "1 of 3" in said.err
    assert said.out.startswith(printed)
    assert (out / "one.parquet").stat().st_ino == first
    assert bytes_in(out) == bytes_in(tmp_path / "whole")


def test_a_changed_input_or_output_is_noticed(folder, tmp_path, capsys, monkeypatch):
    out = tmp_path / "out"
    begun(folder, out, monkeypatch)
    pyarrow.parquet.write_table(table(seed=9), folder / "two.parquet", row_group_size=70)
    assert "'two.parquet' has changed" in refusal(capsys, folder, "-o", out, "--method", "mean")
    assert main([str(folder), "-o", str(out), "--method", "mean", "--force"]) == 0
    shutil.rmtree(out)
    begun(folder, out, monkeypatch)
    with (out / "one.parquet").open("ab") as file:
        file.write(b"more")
    assert "'one.parquet'" in refusal(capsys, folder, "-o", out, "--method", "mean")


@pytest.mark.parametrize("name", ["one.parquet", "two.parquet"])
def test_a_corrected_input_that_was_not_learnt_from_costs_its_own_file_alone(
    folder, tmp_path, capsys, monkeypatch, name
):
    """One file is whole when it, or another, is corrected; ten of 900 rows are learnt from."""
    out, options = tmp_path / "out", ("--method", "mean", "--sample", "10")
    begun(folder, out, monkeypatch, "--sample", "10")
    first = (out / "one.parquet").stat().st_ino
    os.utime(folder / "one.parquet")  # which changes nothing in it
    x = pyarrow.parquet.read_table(folder / name)
    for row in range(20):  # until one that was not learnt from is changed
        values = [77 if k == row else value for k, value in enumerate(x.column("b").to_pylist())]
        changed = x.set_column(2, x.schema.field("b"), pyarrow.array(values, pyarrow.int16()))
        pyarrow.parquet.write_table(changed, folder / name, row_group_size=70, compression="zstd")
        if main([str(folder), "-o", str(out), *options]) == 0:
            break
    said = capsys.readouterr().err
    if name == "two.parquet":
        assert "stay: 1 of 3; input 'one.parquet' and 1 more changed, not what was learnt from" in said
        assert (out / "one.parquet").stat().st_ino == first
    assert pyarrow.parquet.read_table(out / name).column("b")[row].as_py() == 77
    assert main([str(folder), "-o", str(tmp_path / "whole"), *options]) == 0
    assert bytes_in(out) == bytes_in(tmp_path / "whole")


@pytest.mark.slow
def test_killed_twice_and_resumed_the_bytes_are_those_of_one_that_was_not(tmp_path):
    source, out, whole = tmp_path / "in", tmp_path / "out", tmp_path / "whole"
    for number in range(8):
        write(source, f"part-{number}.parquet", table(rows=20_000, seed=number))
    options = ("--method", "knn", "--sample", "1000")
    assert main([str(source), "-o", str(whole), *options]) == 0
    command = [sys.executable, "-m", "mirimpute.cli.impute", str(source), "-o", str(out), *options]
    for least in (1, 3):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while len(list(out.glob("*.parquet"))) < least and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL  # it was not done
    assert 3 <= len(list(out.glob("*.parquet"))) < 8
    assert subprocess.run(command, check=False).returncode == 0
    assert bytes_in(out) == bytes_in(whole)
