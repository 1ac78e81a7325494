"""Words for missing values among the categories of a column."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from mirimpute.table.hint_options import kind_option, way_of_marking

_MARK = re.compile(
    r"[<(\[]?(?:na|nan|nat|null|none|nil|missing|blank|empty|unknown|undefined)[>)\]]?|n/a|\\n|-+|\.+|\?+|_+|\*+|"
    r"not (?:available|applicable|known|reported|recorded|specified|stated)|no (?:data|answer|response)|refused|"
    r"unspecified|unavailable|(?:don'?t|do not) know|prefer not to (?:say|answer)|[kn]\.?\s?[adk]\.|n/[kd]|"
    r"unbekannt|keine angabe|fehlt|fehlend|inconnue?|non renseigné|manquante?|desconocid[oa]|sin datos?|ignorado|"
    r"sconosciut[oa]|onbekend|okänd|ukjent|neznámé|nieznan[yae]|неизвестно|нет данных|不明|未知|无|なし|"
    r"#(?:n/a|div/0!|value!|ref!|name\?|num!|null!)",
    re.IGNORECASE,
)
"""Words that mark a missing value more often than they name a category."""


def is_mark(text: str) -> bool:
    """Return whether a text is a word for a missing value, or nothing at all."""
    return not text.strip() or _MARK.fullmatch(text.strip()) is not None


def marks_in(values: pd.Series, but: Sequence[str] = ()) -> tuple[str, list[str]]:
    """Return what is told of a column of categories that holds words for missing values, and these; "" if it has none.

    Words of ``but`` are not told.

    >>> marks_in(pd.Series(["a", "b", "unknown", "a"]))
    ("1 of 4 values is 'unknown', a category like others", ['unknown'])
    """
    if isinstance(values.dtype, pd.CategoricalDtype):  # somebody said that they are categories
        return "", []
    counts = values.dropna().value_counts()
    texts = (each for each in counts.index if isinstance(each, str))
    words = [each for each in texts if is_mark(each) and each.strip() not in but]
    if not words:
        return "", []
    count = int(counts[words].sum())
    shown = " or ".join(map(repr, words))
    return f"{count} of {counts.sum()} values {'is' if count == 1 else 'are'} {shown}, a category like others", words


def way_of_marks(name: str, words: Sequence[str], from_text: bool) -> str:
    """Return what can be done about words for missing values in a column of categories."""
    return f"{way_of_marking(words, from_text)}, {kind_option(name, 'categorical')} says that all are categories"
