"""The page in a real browser: no errors, no requests, sorting and filtering change what is shown, keys and phones work.

Screenshots are kept in the folder that ``MIRIMPUTE_SCREENSHOTS`` names, else in pytest's own.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mirimpute.report.build import build_page

from .row_factory import make_row, make_trace, write
from .test_page import HOSTILE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDE, PHONE = {"width": 1400, "height": 900}, {"width": 390, "height": 844}
READY = "html[data-ready=true]"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    api = pytest.importorskip("playwright.sync_api")
    program = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip(f"no browser on this machine ({', '.join(BROWSERS)}): apt-get install chromium")
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=[*quiet, "--disable-sync", "--no-first-run"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    unused = {f"{estimate}_{metric}": None for estimate in ("point", "draw") for metric in ("mae", "mmd2")}
    for dataset in ("iris", "letter", "uci/wine", HOSTILE):
        for mechanism in ("mcar", "mar"):
            for method in ("mean", "ice", "mirf"):
                row = make_row(method, dataset, mechanism, shrunk_energy=0.3, shrunk_rmse=0.5, **unused)
                trace = [step | {"mi_bits": 0.5 / step["round"], "mi_bits_se": 0.02} for step in make_trace(3)]
                error = {"scored": 5, "point_rmse": 0.4, "draw_rmse": 0.6, "draw_w1": 0.1}
                columns = [{"column": name, **error} for name in ("sepal", HOSTILE)]
                kept = {"columns": columns} if (dataset, mechanism) == ("iris", "mcar") else {}
                write(folder, row, trace=trace if method == "mirf" else [], **kept)
    write(folder, make_row(HOSTILE, "iris", status="failed", reason=HOSTILE))
    return build_page(folder, folder / "report.html")


@pytest.fixture
def opened(browser: Browser, page_file: Path) -> Iterator[Page]:
    with_errors: list[str] = []
    page = browser.new_page(viewport=WIDE, color_scheme="light")
    watch(page, with_errors)
    page.goto(page_file.as_uri())
    page.wait_for_selector(READY)
    yield page
    assert page.evaluate("window.owned") is None
    page.close()
    assert with_errors == []


def test_errors_by_column_are_shown_and_escaped(opened: Page) -> None:
    lines = opened.locator("#columns-table tbody tr")
    assert lines.count() == 6  # two columns of three methods
    assert HOSTILE in opened.locator("#columns-table tbody").inner_text()


def watch(page: Page, errors: list[str]) -> None:
    page.on("console", lambda message: errors.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "request",
        lambda request: errors.append(request.url) if not request.url.startswith(("file:", "data:")) else None,
    )


def column(page: Page, table: str, position: int) -> list[str]:
    return page.locator(f"#{table} tbody tr td:nth-child({position})").all_inner_texts()


def means(page: Page) -> list[float]:
    """Return the means in the order shown; the failed method has none, and stands at the end of the larger values."""
    return [float(text.split(" ")[0]) if text != "—" else float("inf") for text in column(page, "measure-table", 5)]


def means_once_sorted(page: Page, *, reverse: bool) -> list[float]:
    """Return the means once they are in order, or after ten seconds: the table is redrawn a moment after the click."""
    for _ in range(100):
        if (found := means(page)) == sorted(found, reverse=reverse):
            break
        page.wait_for_timeout(100)
    return means(page)


def marks(page: Page, chart: str) -> int:
    return page.locator(f"#{chart} svg .mark-symbol path").count()


def entries(page: Page, table: str) -> str:
    return page.locator(f"#{table}_info").inner_text()


def test_sorting_by_click_and_by_key_changes_the_order(opened: Page) -> None:
    head = opened.locator("#measure-table thead th", has_text="mean ± sd")
    head.click()
    up = means_once_sorted(opened, reverse=False)
    assert up == sorted(up)
    head.locator("[tabindex]").focus()
    opened.keyboard.press("Enter")
    down = means_once_sorted(opened, reverse=True)
    assert down == sorted(down, reverse=True)
    assert down != up


def test_filters_change_tables_and_charts_together(opened: Page) -> None:
    assert entries(opened, "measure-table") == "Showing 1 to 25 of 25 entries"
    opened.select_option("#filter-dataset", "letter")
    opened.select_option("#filter-mechanism", "mar")
    assert entries(opened, "measure-table") == "Showing 1 to 3 of 3 entries"
    assert entries(opened, "cells-table") == "Showing 1 to 3 of 3 entries"
    assert "mean over" not in opened.locator("#tradeoff").inner_text()
    assert marks(opened, "tradeoff") == 3
    opened.locator("#methods label", has_text="ice").click()
    assert entries(opened, "measure-table") == "Showing 1 to 2 of 2 entries"
    opened.wait_for_function("document.querySelectorAll('#tradeoff svg .mark-symbol path').length === 2")
    opened.click("text=Reset")
    opened.wait_for_function("document.querySelector('#measure-table_info').innerText.includes('of 25')")
    opened.fill("#measure-table_wrapper input[type=search]", "wine mirf")
    assert set(column(opened, "measure-table", 1)) == {"uci/wine"}


def test_measures_change_what_is_shown(opened: Page) -> None:
    before = column(opened, "measure-table", 5)
    opened.select_option("#table-measure", "draw_energy")
    assert column(opened, "measure-table", 5) != before
    opened.select_option("#ranking-measure", "seconds")
    (visible,) = [each for each in opened.locator(".diagram").all() if each.is_visible()]
    assert visible.get_attribute("data-field") == "seconds"
    opened.select_option("#tradeoff-measure", "draw_w2")
    opened.wait_for_function("document.querySelector('#tradeoff').innerText.includes('W2, draws')")


def test_a_chart_says_its_numbers_and_marks_have_the_colours_of_the_legend(opened: Page) -> None:
    opened.select_option("#filter-dataset", "iris")
    opened.select_option("#filter-mechanism", "mcar")
    expected = make_row("mirf", "iris")["point_rmse"]
    found = opened.locator("#tradeoff svg .mark-symbol path").evaluate_all(
        "marks => marks.map(mark => [mark.getAttribute('aria-label'), mark.getAttribute('stroke')])"
    )
    (mirf,) = [(label, stroke) for label, stroke in found if label.startswith("mirf")]
    assert f"{expected:.3f}" in mirf[0]
    legend = opened.locator("#methods label", has_text="mirf").locator("path").get_attribute("stroke")
    assert mirf[1] == legend
    assert "point" in opened.locator("#front").inner_text()
    assert marks(opened, "rounds") == 3


def test_hostile_names_are_shown_as_they_are(opened: Page) -> None:
    assert HOSTILE in opened.locator("#failures-table tbody").inner_text()
    opened.select_option("#filter-dataset", HOSTILE)
    assert set(column(opened, "cells-table", 1)) <= {"mar", "mcar"}
    opened.locator("#tradeoff svg .mark-symbol path").first.hover()
    assert opened.locator("img").count() == 0


def test_the_switch_goes_through_the_themes(opened: Page) -> None:
    light = opened.evaluate("getComputedStyle(document.body).backgroundColor")
    opened.click("#theme")
    assert opened.evaluate("getComputedStyle(document.body).backgroundColor") == light
    opened.click("#theme")
    assert opened.locator("#theme").inner_text() == "Theme: dark"
    assert opened.evaluate("getComputedStyle(document.body).backgroundColor") != light
    opened.wait_for_function("document.querySelector('#rounds svg').getAttribute('style') !== null")


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
    for name in ("tradeoff", "front", "rounds"):
        box = page.locator(f"#{name} svg").bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= viewport["width"]
    folder = Path(os.environ.get("MIRIMPUTE_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    shot = folder / f"page-{viewport['width']}-{scheme}.png"
    page.screenshot(path=shot, full_page=True)
    page.close()
    assert errors == []
    assert shot.read_bytes().startswith(b"\x89PNG")
