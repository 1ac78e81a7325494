"""Words for missing values among the categories of a column."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from mirimpute.table.hint_options import kind_option, way_of_marking

_MARK = re.compile(
    r"<?(?:na|nan|nat|null|none|nil)>?|n/a|\\n|-+|\.+|\?+|unknown|missing|undefined|not (?:available|applicable)|"
    r"no data|[kn]\.\s?[ad]\.|#(?:n/a|div/0!|value!|ref!|name\?|num!|null!)",
    re.IGNORECASE,
)
"""Words that mark a missing value more often than they name a category."""


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
    words = [each for each in texts if _MARK.fullmatch(each.strip()) and each.strip() not in but]
    if not words:
        return "", []
    count = int(counts[words].sum())
    shown = " or ".join(map(repr, words))
    return f"{count} of {counts.sum()} values {'is' if count == 1 else 'are'} {shown}, a category like others", words


def way_of_marks(name: str, words: Sequence[str], from_text: bool) -> str:
    """Return what can be done about words for missing values in a column of categories."""
    return f"{way_of_marking(words, from_text)}, {kind_option(name, 'categorical')} says that all are categories"
