"""Docstrings for the site, by an extension of griffe: examples become blocks of code, roles of Sphinx plain names."""

from __future__ import annotations

import re
from typing import Any

import griffe

_ROLE = re.compile(r":(?:func|mod|class|meth|attr|data):`~?([^`]+)`")
_SEVERAL = re.compile(r"^ +\w+(?:, \w+)+(?=:)", re.M)
"""Names that share a description; griffe would take what follows the first space for a type."""

_EXAMPLE = re.compile(r"^>>> .*?(?=\n\n|\Z)", re.M | re.S)


def readable(text: str) -> str:
    """Return a docstring as Markdown.

    >>> readable(":func:`mirimpute.pool` of two.")
    '`mirimpute.pool` of two.'
    """
    text = _ROLE.sub(lambda found: f"`{found[1].replace('~', '')}`", text)
    text = _SEVERAL.sub(lambda found: found[0].replace(", ", ",\N{NO-BREAK SPACE}"), text)
    return _EXAMPLE.sub(lambda found: f"```pycon\n{found[0].rstrip()}\n```", text)


class ReadableDocstrings(griffe.Extension):
    """Makes the docstring of every object readable."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Change the docstring, where there is one."""
        if obj.docstring:
            obj.docstring.value = readable(obj.docstring.value)
