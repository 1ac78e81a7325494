"""What is typed as key=value, rewritten where Hydra's grammar has no letters for it.

The grammar knows ASCII names and, outside double quotes, values of a few ASCII characters. Values are therefore put
into quotes. A key has no quotes, so the name of a column becomes a value: ``+dataset.kinds.größe=text`` is handed to
Hydra as ``+dataset.kinds.0={column: "größe", kind: text}``. :func:`with_named_columns` turns that back.
"""

from __future__ import annotations

import os
import re
from typing import Any

PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
"""Names of columns that neither Hydra nor a shell takes for anything else."""

_KIND = re.compile(r"(\+{0,2}dataset\.kinds\.)(.+)=((?:\[[^\[\]]*\]|[^=\[\]])*)", re.DOTALL)
_VALUE = re.compile(r"([^-=\s][^=]*)=(.*)", re.DOTALL)
_WORD = re.compile(r"[^\s,:()\[\]{}](?:[^,:()\[\]{}]*[^\s,:()\[\]{}])?")
_NO_LETTER = re.compile(r"[^\x00-\x7f]|[!#&;<>^`]")
_TEXTS = tuple(f"dataset.{option}" for option in ("sep", "decimal", "thousands", "comment"))
"""Options of a file whose values are marks, such as a comma, which is one value."""
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_./-]+")


def readable(argument: str, number: int = 0) -> str:
    """Return the argument as Hydra can read it, unchanged where it can already.

    Any name may follow ``dataset.kinds.``; ``dataset.path`` may be any file that exists; of other values, words with
    letters that the grammar lacks are quoted, unless there are quotes already.

    Args:
        argument: what was typed.
        number: of the argument in the command, which stands for a column whose name Hydra cannot read.

    >>> readable("results_dir=größe"), readable("+dataset.kinds.size=[klein, groß]"), readable("seed=0,1")
    ('results_dir="größe"', '+dataset.kinds.size=[klein, "groß"]', 'seed=0,1')
    >>> readable("+dataset.kinds.a.b=text,[klein,groß]", 3)
    '+dataset.kinds.3={column: "a.b", kind: text},{column: "a.b", kind: [klein,"groß"]}'

    Raises:
        hydra.errors.HydraException: the kind of a column cannot be read.
    """
    kind = _KIND.fullmatch(argument)
    if kind and not PLAIN_NAME.fullmatch(kind[2]):
        column = quoted(kind[2])
        kinds = [f"{{column: {column}, kind: {each}}}" for each in _values(_readable_value(kind[3]))]
        return f"{kind[1]}{number}={','.join(kinds)}"
    found = _VALUE.fullmatch(argument)
    if found is None:
        return argument
    key, value = found.groups()
    if key in _TEXTS and value[:1] not in ("'", '"'):
        return f"{key}={quoted(value)}"
    if key == "dataset.missing_markers" and value[:1] != "[":
        return f"{key}=[{_readable_value(value)}]"
    if key == "dataset.path" and not _PLAIN_PATH.fullmatch(value) and _is_file(value):
        return f"{key}={quoted(value)}"
    return f"{key}={_readable_value(value)}"


def with_named_columns(cfg: Any) -> Any:
    """Return the configuration of a cell with its kinds by the names of their columns; ``cfg`` itself is changed."""
    from omegaconf import OmegaConf

    kinds = OmegaConf.to_container(cfg.dataset).get("kinds")  # type: ignore[union-attr]
    if kinds and any(isinstance(kind, dict) for kind in kinds.values()):
        pairs = (
            (kind["column"], kind["kind"]) if isinstance(kind, dict) else (name, kind) for name, kind in kinds.items()
        )
        cfg.dataset.kinds = dict(pairs)
    return cfg


def file_asked_for(argument: str) -> bool:
    """Return whether the argument is ``dataset.path`` and a file that exists, with quotes around it or not."""
    key, _, value = argument.partition("=")
    return key == "dataset.path" and (_is_file(value) or (value[:1] in ("'", '"') and _is_file(value[1:-1])))


def quoted(value: str) -> str:
    """Return the value as Hydra reads it letter by letter."""
    from hydra.core.override_parser.types import Quote, QuotedString

    return QuotedString(value, Quote.double).with_quotes()


def _values(text: str) -> list[str]:
    """Return the values of an option that may be swept over.

    >>> _values("text,[2,0,1]")
    ['text', '[2,0,1]']
    """
    from hydra.core.override_parser.overrides_parser import OverridesParser

    parsed = OverridesParser.create().parse_override(f"kind={text}")
    return list(parsed.sweep_string_iterator()) if parsed.is_discrete_sweep() else [text]


def _readable_value(value: str) -> str:
    if '"' in value or "'" in value:
        return value
    return _WORD.sub(lambda word: quoted(word[0]) if _NO_LETTER.search(word[0]) else word[0], value)


def _is_file(path: str) -> bool:
    return os.path.isfile(os.path.expanduser(path))
