"""The libraries of the page, as text that can stand inside a ``<script>``: DataTables (from itables) and Vega-Lite."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_EXPORTS = re.compile(r"export\s*\{([^{}]*)\};?\s*(?=(/\*|$))")
_EXPOSE_VEGA = "window.vegaEmbed = vegaEmbed;"


@cache
def datatables_script() -> str:
    """Return DataTables as a module that sets ``window.DataTable``.

    Raises:
        RuntimeError: this version of itables packs it in another way.
    """
    text = files("itables").joinpath("html/dt_bundle.js").read_text(encoding="utf-8")
    found = list(_EXPORTS.finditer(text))
    names = re.search(r"(\w+) as default", found[-1][1]) if found else None
    if names is None:
        raise RuntimeError("itables exports no DataTable: use a version from the range in pyproject.toml")
    exports = found[-1]
    return inline(f"{text[: exports.start()]}window.DataTable={names[1]};{text[exports.end() :]}")


def datatables_style() -> str:
    """Return the style sheet of DataTables."""
    return files("itables").joinpath("html/dt_bundle.css").read_text(encoding="utf-8").replace("</style", "<\\/style")


@cache
def vega_script() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as a module that sets ``window.vegaEmbed``."""
    import vl_convert

    return inline(vl_convert.javascript_bundle(_EXPOSE_VEGA))


def own(name: str) -> str:
    """Return a file of this folder."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def inline(script: str) -> str:
    r"""Return JavaScript without the two texts that would end or swallow the ``<script>`` that it stands in.

    Both occur in strings and regular expressions only, where a backslash changes nothing.

    >>> inline("a = '</script><!--'")
    "a = '<\\/script>\\x3C!--'"
    """
    return re.sub(r"</(script)", r"<\\/\1", script, flags=re.IGNORECASE).replace("<!--", "\\x3C!--")
