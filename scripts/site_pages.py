"""Pages of the site that stand elsewhere in the tree or are made from data, and a check that no page needs the network.

A hook of mkdocs, see ``mkdocs.yml``. Nothing here is written into ``docs/``.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

import pandas as pd
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

from benchmarks.tables import LISTS, lists_of
from mirimpute.metrics import CATEGORY_DRAWS_METRICS, CATEGORY_METRICS, DRAWS_METRICS, METRICS
from mirimpute.report.published import published_page

ROOT = Path(__file__).resolve().parents[1]
ELSEWHERE = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "results/README.md": "records/results.md",
}
"""File of the tree -> page of the site."""

_NAMED = re.compile(r"(?<!\[)`((?:docs|benchmarks|results)/[\w./-]+\.md|[A-Z]+\.md)`")
_ASKED = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*?\b(?:src|href)=[\"']?(?:https?:)?//[^\s\"'>]+", re.I)
_ASKED_BY_STYLE = re.compile(r"(?:@import\s+|url\()\s*[\"']?(?:https?:)?//[^\s\"')]+")


def pages() -> dict[str, str]:
    """Return page of the site -> file of the tree, of all that stand outside of ``docs``."""
    records = {f"benchmarks/{path.name}": f"records/{path.name}" for path in sorted((ROOT / "benchmarks").glob("*.md"))}
    return {page: file for file, page in {**records, **ELSEWHERE}.items()}


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that stand elsewhere, and that of published figures."""
    for page, file in pages().items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / file)))
    files.append(File.generated(config, "protocols/published.md", content=published_page()))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Make a link of each file that the text names in backticks, where it is a page."""
    for marker, made in {"<!-- metrics:": _metrics, "<!-- tables:": _tables}.items():
        if marker in markdown:
            markdown = re.sub(rf"^{marker}.*?-->$", lambda _, made=made: made(), markdown, flags=re.M)
    rows = ROOT / "benchmarks" / f"{posixpath.basename(page.file.src_uri)[:-3]}.csv"
    if page.file.src_uri.startswith("records/") and rows.is_file() and "dataset" in (frame := pd.read_csv(rows)):
        title, _, rest = markdown.partition("\n")
        lists = lists_of(frame["dataset"]).replace("_", "\\_")
        markdown = (
            f"{title}\n\n*Tables {lists}: `docs/tables.md`. Whether rows are stale: `benchmarks/README.md`.*\n{rest}"
        )
    places = {file: target for target, file in pages().items()}

    def link(found: re.Match[str]) -> str:
        target = places.get(found[1], found[1].removeprefix("docs/"))
        if files.get_file_from_path(target) is None or target == page.file.src_uri:
            return found[0]
        return f"[{found[0]}]({posixpath.relpath(target, posixpath.dirname(page.file.src_uri) or '.')})"

    markdown = markdown.replace(
        "```console\n", "```bash\n"
    )  # commands without a prompt: the other lexer takes them for output
    blocks = re.split(r"(^```.*?^```)", markdown, flags=re.M | re.S)
    return "".join(block if block.startswith("```") else _NAMED.sub(link, block) for block in blocks)


def _metrics() -> str:
    """Return a table of all metrics with their formulas and sources."""
    found = {**METRICS, **CATEGORY_METRICS, **DRAWS_METRICS, **CATEGORY_DRAWS_METRICS}
    lines = ["| metric | best | formula | source |", "|---|---|---|---|"]
    best = {True: "high", False: "low", None: "in between"}
    for each in found.values():
        cells = f"`{each.name}`", best[each.higher_is_better], each.formula, each.reference
        lines.append("| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in cells) + " |")
    return "\n".join(lines)


def _tables() -> str:
    """Return the two lists of tables, one line each."""
    return "\n".join(
        f"- **{name.capitalize()}**: {', '.join(f'`{each}`' for each in names)}" for name, names in LISTS.items()
    )


def on_post_page(output: str, page: Any, config: Any) -> str:
    """Refuse a page that asks for something from elsewhere.

    Raises:
        PluginError: names the page and what it asks for.
    """
    for asked in asked_of_elsewhere(output):
        raise PluginError(f"{page.file.src_uri} asks for {asked}: the site must work without a network")
    return output


def on_post_build(config: Any) -> None:
    """Refuse a style sheet that asks for something from elsewhere, likewise."""
    for path in sorted(Path(config["site_dir"]).rglob("*.css")):
        for asked in asked_of_elsewhere(path.read_text(encoding="utf-8")):
            raise PluginError(f"{path.name} asks for {asked}: the site must work without a network")


def asked_of_elsewhere(text: str) -> list[str]:
    """Return what HTML or CSS makes a browser ask another host for; links that a reader follows are none.

    >>> asked_of_elsewhere('<a href="https://example.org">see</a> <img src="local.png">')
    []
    >>> asked_of_elsewhere('<script src="https://example.org/a.js"></script>')
    ['<script src="https://example.org/a.js']
    """
    return _ASKED.findall(text) + _ASKED_BY_STYLE.findall(text)
