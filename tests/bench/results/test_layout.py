"""The layout: harmless names, and folders that can be written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirimpute.bench.results.layout import check_writable, has_cells, safe_name
from mirimpute.errors import UserError


@given(st.text(max_size=300))
def test_a_name_is_one_harmless_path_component(name: str) -> None:
    safe = safe_name(name)
    assert re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}", safe)


def test_long_names_stay_distinct() -> None:
    assert safe_name("a" * 300) != safe_name("a" * 301)


def test_check_writable_creates_the_folder_or_says_why_not(tmp_path: Path) -> None:
    check_writable(tmp_path / "new" / "results")
    assert not any(path.is_file() for path in tmp_path.rglob("*"))
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"file.*results_dir=<folder>"):
        check_writable(tmp_path / "file")


@pytest.mark.parametrize(("made", "found"), [("runs", True), ("parts", True), ("claims", False), ("", False)])
def test_a_folder_of_results_holds_single_or_packed_cells(tmp_path: Path, made: str, found: bool) -> None:
    (tmp_path / made).mkdir(exist_ok=True)
    assert has_cells(tmp_path) == found
