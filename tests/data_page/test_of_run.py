"""`mirimpute-impute --report`: the page on a file, and what is refused before any work."""

import re

import pytest

from mirimpute.cli.impute import main
from mirimpute.data_page.check_page import check_page
from mirimpute.errors import UserError

from ..diagnostics.filled import before_and_after


@pytest.fixture
def file(tmp_path):
    before = before_and_after()[0]
    before.loc[int(before["crp"].first_valid_index()), "crp"] = 1e6
    before.to_csv(tmp_path / "my.csv", index=False)
    return tmp_path / "my.csv"


def text_of(page):
    return re.sub(r"<svg.*?</svg>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_the_page_says_what_was_done(file, tmp_path, capsys):
    page = tmp_path / "page.html"
    assert main([str(file), "-o", str(tmp_path / "out.csv"), "--method", "hot_deck", "--report", str(page)]) == 0
    text = text_of(page)
    assert "my.csv" in text
    assert "hot_deck" in text
    assert 'id="coverage-table"' in text
    assert "1e+06" in text or "1000000" in text  # the wild cell, and its row
    assert str(tmp_path) not in text
    assert str(page) in capsys.readouterr().out


def test_a_method_without_draws_has_a_page_too(file, tmp_path):
    page = tmp_path / "page.html"
    assert main([str(file), "-o", str(tmp_path / "out.csv"), "--method", "mean", "--report", str(page)]) == 0
    assert "No draws" in text_of(page)


def test_a_page_that_cannot_be_written_is_refused_before_any_work(file, tmp_path, capsys):
    out, page = tmp_path / "out.csv", tmp_path / "page.html"
    page.write_text("mine")
    assert main([str(file), "-o", str(out), "--method", "mean", "--report", str(page)]) == 2
    assert "--force" in capsys.readouterr().err
    assert not out.exists()
    assert page.read_text() == "mine"
    check_page(page, replace=True)
    with pytest.raises(UserError, match=r"\.html"):
        check_page(tmp_path / "page.csv", replace=True)
