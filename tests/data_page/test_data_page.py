"""The page on one's own table: it says what the tables say, text stays text, and it opens in a browser."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from mirimpute import overimpute, write_data_page
from mirimpute.diagnostics.changes import changes
from mirimpute.diagnostics.completions import completions_of
from mirimpute.errors import UserError

from ..diagnostics.filled import before_and_after, hot_deck
from ..report.test_page import HOSTILE
from ..report.test_page_browser import PHONE, READY, WIDE, browser, watch

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["browser"]  # the fixture
CHARTS = ("distribution", "strip", "cloud", "overimputation", "propensity", "trace")


def hostile_tables() -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Return a table, in which a column and a category are markup, and draws."""
    before = before_and_after()[0].rename(columns={"crp": HOSTILE})
    before["ward"] = before["ward"].replace("north", HOSTILE)
    return before, [hot_deck(before, seed) for seed in range(19)]


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    before, draws = hostile_tables()
    over = overimpute(before, lambda table: [hot_deck(table, seed) for seed in range(19)])
    return write_data_page(
        tmp_path_factory.mktemp("page") / "page.html",
        before,
        draws[0],
        draws,
        name=HOSTILE,
        trace=[{"round": k, "loss": 1 / k} for k in (1, 2, 3)],
        notes=[HOSTILE],
        made_by={"method": HOSTILE},
        overimputation=over,
    )


def test_equal_tables_give_equal_bytes(tmp_path: Path) -> None:
    before, completed = before_and_after(40)
    pages = [write_data_page(tmp_path / f"{k}.html", before, completed).read_bytes() for k in range(2)]
    assert pages[0] == pages[1]


def test_text_of_the_table_is_escaped_and_nothing_is_asked_of_the_network(page_file: Path) -> None:
    text = page_file.read_text(encoding="utf-8")
    assert HOSTILE not in text
    assert "default-src &#39;none&#39;" in text
    assert not re.search(r"(?:src|href)=\"(?!#|data:)", text)


def test_without_draws_rounds_and_hidden_cells(tmp_path: Path) -> None:
    before, completed = before_and_after(40)
    text = write_data_page(tmp_path / "page.html", before, completed).read_text(encoding="utf-8")
    assert "coverage-table" not in text
    assert "no overimputation was given" in text


@pytest.mark.parametrize(
    ("name", "words"), [("page.pdf", ".html"), ("no/page.html", "does not exist"), ("folder.html", "is a folder")]
)
def test_a_page_that_cannot_be_written_is_one_sentence(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(UserError, match=words):
        write_data_page(tmp_path / name, *before_and_after(40))


def test_a_complete_table_has_no_page(tmp_path: Path) -> None:
    _, completed = before_and_after(40)
    with pytest.raises(UserError, match="nothing was missing"):
        write_data_page(tmp_path / "page.html", completed, completed)


@pytest.fixture
def opened(browser: Browser, page_file: Path) -> Iterator[Page]:
    errors: list[str] = []
    page = browser.new_page(viewport=WIDE, color_scheme="light")
    watch(page, errors)
    page.goto(page_file.as_uri())
    page.wait_for_selector(READY)
    yield page
    assert page.evaluate("window.owned") is None
    page.close()
    assert errors == []


def test_tables_and_pictures_are_all_there(opened: Page) -> None:
    before, draws = hostile_tables()
    lines = opened.locator("#columns-table tbody tr")
    expected = changes(completions_of(before, draws[0], draws))
    assert lines.count() == len(expected)
    for line, change in zip(lines.all(), expected, strict=True):
        assert f"{change.filled:,} (" in line.inner_text()
    assert HOSTILE in opened.locator("#columns-table").inner_text()
    assert opened.locator("#patterns-table tbody tr").count() == min(15, len(np.unique(before.isna(), axis=0)))
    assert opened.locator("#coverage-table tbody tr").count() == 4
    for kind in CHARTS:
        assert opened.locator(f"figure[aria-label^={kind}] svg").count() >= 1, kind


def test_the_switch_changes_the_colours_of_pictures_too(opened: Page) -> None:
    colour = "getComputedStyle(document.querySelector('figure[aria-label^=strip] use')).fill"
    light = opened.evaluate(colour)
    opened.click("#theme")
    opened.click("#theme")
    assert opened.locator("#theme").inner_text() == "Theme: dark"
    assert opened.evaluate(colour) != light


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_it_opens_without_errors_at_every_size(
    browser: Browser, page_file: Path, tmp_path: Path, viewport: Any, scheme: Any
) -> None:
    errors: list[str] = []
    page = browser.new_page(viewport=viewport, color_scheme=scheme)
    watch(page, errors)
    page.goto(page_file.as_uri())
    page.wait_for_selector(READY)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    for figure in page.locator(".panels svg").all():
        box = figure.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= viewport["width"]
        assert box["height"] > 100
    folder = Path(os.environ.get("MIRIMPUTE_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"data-page-{viewport['width']}-{scheme}.png", full_page=True)
    page.close()
    assert errors == []
