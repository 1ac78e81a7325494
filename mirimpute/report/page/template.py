"""What all pages share: a template whose text is escaped, and the policy that forbids all but their own scripts."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import Any


def template(text: str) -> Any:
    """Return a Jinja template; what is written into it is escaped."""
    import jinja2

    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    # Sorted keys would change nothing but the order that the scripts show things in.
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False, "separators": (",", ":"), "allow_nan": False}
    return environment.from_string(text)


def policy(scripts: Sequence[str], *, evaluates: bool = False) -> str:
    """Return the content security policy: only these scripts, no connection, no image but inline ones.

    Args:
        scripts: as they stand in the page.
        evaluates: whether they compile expressions with ``Function``, as Vega does; the policy calls it unsafe-eval.
    """
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts)
    allowed = f"{hashes} 'unsafe-eval'" if evaluates else hashes
    return (
        f"default-src 'none'; script-src {allowed}; "
        "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    )
