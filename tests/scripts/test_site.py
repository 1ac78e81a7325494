"""The site is built from the tree, and what is broken or comes from elsewhere ends the build."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mkdocs")
pytest.importorskip("mkdocstrings")

from scripts.site_docstrings import readable
from scripts.site_pages import asked_of_elsewhere, pages

ROOT = Path(__file__).parents[2]


def build(folder, change):
    """Build the site with one page changed; return exit code and what was said."""
    shutil.copytree(ROOT / "docs", folder / "docs")
    page = folder / "docs/start.md"
    page.write_text(page.read_text(encoding="utf-8") + change, encoding="utf-8")
    config = f"INHERIT: {ROOT}/mkdocs.yml\nhooks: [{ROOT}/scripts/site_pages.py]\nsite_dir: {folder}/site\n"
    (folder / "mkdocs.yml").write_text(config, encoding="utf-8")
    command = [sys.executable, "-m", "mkdocs", "build", "--config-file", str(folder / "mkdocs.yml")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("\n[broken](nowhere.md)\n", "nowhere.md"),
        ("\n[broken](methods.md#no-such-head)\n", "no-such-head"),
        ('\n<img src="https://example.org/a.png">\n', "must work without a network"),
        ("\n::: mirimpute.no_such_module\n", "no_such_module"),
    ],
)
def test_what_is_broken_ends_the_build(tmp_path, change, words):
    code, said = build(tmp_path, change)
    assert code != 0
    assert words in said


@pytest.mark.slow
def test_pages_of_elsewhere_and_of_docstrings_are_in_the_site(tmp_path):
    code, said = build(tmp_path, "\nSee `docs/methods.md` and `benchmarks/draws.md`.\n")
    assert code == 0, said
    start = (tmp_path / "site/start.html").read_text(encoding="utf-8")
    assert 'href="methods.html"' in start
    assert 'href="records/draws.html"' in start
    assert "MIRI" in (tmp_path / "site/protocols/published.html").read_text(encoding="utf-8")
    reference = (tmp_path / "site/api/imputers.html").read_text(encoding="utf-8")
    assert "random_state" in reference
    assert ":class:" not in reference


def test_every_page_from_elsewhere_is_a_file_of_the_tree_and_in_the_menu():
    menu = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert [page for page, file in pages().items() if not (ROOT / file).is_file() or page not in menu] == []


def test_what_a_browser_loads_is_told_from_what_a_reader_follows():
    assert asked_of_elsewhere('<a href="https://example.org">see</a><img src="a.png"><link href="b.css">') == []
    assert asked_of_elsewhere('<script defer src="https://example.org/a.js"></script>')
    assert asked_of_elsewhere("<link rel='stylesheet' href='//example.org/a.css'>")
    assert asked_of_elsewhere('@import "https://example.org/a.css"; p { background: url(data:image/png;base64,) }')


def test_docstrings_become_markdown():
    text = "See :func:`~mirimpute.pool`.\n\n    a, b: both.\n\n>>> 1 + [2][0]\n3\n\nEnd."
    found = readable(text)
    assert "`mirimpute.pool`" in found
    assert "```pycon\n>>> 1 + [2][0]\n3\n```\n\nEnd." in found
    assert "a,\N{NO-BREAK SPACE}b: both." in found
