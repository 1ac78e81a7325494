"""The checksum beside a row. A row that was changed after it was written is not a result.

``row.json.sha256`` holds one line in the format of ``sha256sum -c``. It guards against accidents and edits by hand,
not against somebody who computes it anew.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from mirimpute.bench.results.row import RowError


def seal_of(content: bytes) -> str:
    """Return the line for ``row.json`` with this content.

    >>> seal_of(b"{}")
    '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a  row.json\\n'
    """
    return f"{hashlib.sha256(content).hexdigest()}  row.json\n"


def check_seal(content: bytes, seal: bytes) -> None:
    """Raise RowError unless ``seal`` is the line that belongs to ``content``."""
    if seal.split()[:1] != seal_of(content).encode().split()[:1]:
        raise RowError("it does not match its checksum in row.json.sha256: it was changed after it was written")


def json_text(value: Any) -> str:
    """Return ``value`` as JSON with sorted keys, no NaN, floats by ``repr``: equal values, equal bytes."""
    return json.dumps(value, sort_keys=True, allow_nan=False, indent=1, ensure_ascii=True) + "\n"


def parse_json(content: bytes) -> Any:
    """Return the JSON value in ``content``.

    Raises:
        RowError: it is not JSON (NaN is not), or too deep to be ours.
    """

    def refuse(name: str) -> Any:
        raise RowError(f"it holds {name}, which is not JSON")

    try:
        return json.loads(content.decode("utf-8"), parse_constant=refuse)
    except RowError:
        raise
    except (ValueError, RecursionError) as error:
        raise RowError(f"it is not JSON: {error}") from error
