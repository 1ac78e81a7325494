"""Categories that may be one value in several spellings: Paris and paris, yes and Y, true and 1."""

from __future__ import annotations

import unicodedata

import pandas as pd

from mirimpute.table.missing_words import is_mark

_PAIRS = (
    (
        {"1", "t", "true", "y", "yes", "on", "ja", "j", "wahr", "oui", "o", "vrai", "si", "sí", "s", "sim"},
        {"0", "f", "false", "n", "no", "off", "nein", "falsch", "non", "faux", "não"},
    ),
    (
        {"m", "male", "man", "männlich", "mann", "homme", "h", "hombre"},
        {"f", "female", "woman", "w", "weiblich", "frau", "femme", "mujer"},
    ),
)
"""Words for either of two values."""
ONE_SPELLING = "write what is the same in one way"
"""What can be done."""
_SHOWN = 3


def spellings_in(values: pd.Series) -> str:
    """Return which categories of a column of texts may be the same, two or more for each; "" if none may.

    Those are that differ in case, blanks around them or the way letters are coded, and words for yes and no or for
    sexes where there are no others.

    >>> spellings_in(pd.Series(["Paris", "paris", "Rome"])), spellings_in(pd.Series(["yes", "Y", "no", None]))
    ("'Paris' and 'paris'", "'yes' and 'Y'")
    """
    if isinstance(values.dtype, pd.CategoricalDtype):  # somebody said that they are categories
        return ""
    texts = [each for each in values.dropna().unique() if isinstance(each, str) and not is_mark(each)]
    plain = {each: " ".join(unicodedata.normalize("NFKC", each).casefold().split()) for each in texts}
    meaning = dict(zip(texts, plain.values(), strict=True))
    for one, other in _PAIRS:
        if all(each in one or each in other for each in plain.values()):
            meaning = {text: "one" if word in one else "other" for text, word in plain.items()}
            break
    same = [[text for text in texts if meaning[text] == each] for each in dict.fromkeys(meaning.values())]
    found = [" and ".join(map(repr, each)) for each in same if len(each) > 1]
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f"{', '.join(found[:_SHOWN])}{more}"
