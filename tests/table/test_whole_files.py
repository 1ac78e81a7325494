"""One output, several writers: each reader sees one of them whole."""

import os
import subprocess
import sys
import time

import pytest

from mirimpute.table.whole_files import replaced

WRITERS = 4
ROUNDS = 40
CODE = """
import sys
from pathlib import Path
from mirimpute.table.whole_files import replaced
for _ in range(int(sys.argv[3])):
    with replaced(Path(sys.argv[1])) as file:
        for _ in range(64):
            file.write(sys.argv[2].encode() * 4096)
"""


def test_readers_see_whole_files_of_one_writer(tmp_path):
    target = tmp_path / "out.csv"
    target.write_bytes(b"0" * 64 * 4096)
    writers = [subprocess.Popen([sys.executable, "-c", CODE, target, str(k), str(ROUNDS)]) for k in range(WRITERS)]
    seen = set()
    while any(writer.poll() is None for writer in writers):
        content = target.read_bytes()
        seen.add((len(content), len(set(content))))
        time.sleep(0.002)
    assert [writer.returncode for writer in writers] == [0] * WRITERS
    assert seen == {(64 * 4096, 1)}
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("named", [False, True])
def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, named):
    if named:  # a system without files that have no name
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    target = tmp_path / "out.csv"
    target.write_text("old")
    with pytest.raises(TypeError), replaced(target) as file:
        file.write("half a text")  # as bytes are wanted
    assert target.read_text() == "old"
    with replaced(target) as file:
        file.write(b"new")
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


def test_a_link_is_replaced_and_not_followed(tmp_path):
    victim, target = tmp_path / "victim", tmp_path / "out.csv"
    victim.write_text("precious")
    target.symlink_to(victim)
    with replaced(target) as file:
        file.write(b"new")
    assert (victim.read_text(), target.read_text(), target.is_symlink()) == ("precious", "new", False)


def test_permissions_are_those_of_the_user(tmp_path):
    before = os.umask(0o027)
    try:
        with replaced(tmp_path / "out.csv") as file:
            file.write(b"x")
    finally:
        os.umask(before)
    assert (tmp_path / "out.csv").stat().st_mode & 0o777 == 0o640
