"""Whether a page can be written, asked before any work; it loads no library of pictures."""

from __future__ import annotations

from pathlib import Path

from mirimpute.errors import UserError

SUFFIXES = (".html", ".htm")


def check_page(path: Path, replace: bool) -> None:
    """Refuse a page that cannot or should not be written.

    Args:
        path: the file.
        replace: whether a file that is there may be replaced.

    Raises:
        UserError: another suffix than .html, a folder in its place, a file that is there, no such folder.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UserError(f"page '{path}' has the suffix {path.suffix!r}: give a name that ends in .html")
    if path.is_dir():
        raise UserError(f"page '{path}' is a folder: give the name of a file")
    if path.exists() and not replace:
        raise UserError(f"page '{path}' is there already: give another file, or --force to replace it")
    if not path.parent.is_dir():
        raise UserError(f"folder '{path.parent}' does not exist: create it, or give another page")
