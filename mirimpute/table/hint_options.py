"""What can be done about a column, as options of the commands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)"
"""Pattern of a plain number."""


def kind_option(name: str, kind: str) -> str:
    """Return how a kind is asked for, of the commands.

    >>> kind_option("zip", "text")
    '--kind zip=text (+dataset.kinds.zip=text)'
    """
    return f"--kind {shlex.quote(name)}={kind} (+dataset.kinds.{name}={kind})"


def way_or_text(name: str, way: str) -> str:
    """Return what can be done about a column: ``way``, or to leave it alone."""
    return f"{way}, or leave the column alone by {kind_option(name, 'text')}"


def way_of_marking(words: Sequence[str], from_text: bool) -> str:
    """Return how words are marked as missing; ``from_text``: an option can name them."""
    shown = " and ".join(map(repr, words))
    if not from_text:
        return f"mark {shown} as missing"
    return f"{' '.join(map(_marker_option, words))} (dataset.missing_markers) marks {shown} as missing"


def way_of_numbers(name: str, numbers: Sequence[float], texts: Sequence[str]) -> str:
    """Return how numbers are marked as missing: for the commands in all columns, for others are there, too.

    >>> way_of_numbers("crp", [-1.0], ["-1.0"])
    "--na -1.0 (dataset.missing_markers) marks '-1.0' as missing, in all columns; Imputer(missing_values={'crp': ..."
    """
    listed = ", ".join(f"{each:.15g}" for each in numbers)
    alone = f"Imputer(missing_values={{{name!r}: [{listed}]}}) in this one alone"
    return f"{way_of_marking(texts, from_text=True)}, in all columns; {alone}"


def way_of_limits(name: str, shown: str, from_text: bool) -> str:
    """Return what can be done about a column of numbers with limits among them, such as <0.3.

    >>> way_of_limits("crp", "<0.3", False)
    "Imputer(censored=['crp']) fills such cells by values inside of their limits"
    """
    python = f"Imputer(censored=[{name!r}])"
    if not from_text:
        return f"{python} fills such cells by values inside of their limits"
    way = f"--censored {shlex.quote(name)} (in Python {python}) fills such cells by values inside of their limits"
    return way_or_text(name, f"{way}, {way_of_marking([shown], from_text)}")


def way_of_words_of_limits(name: str, shown: str, from_text: bool) -> str:
    """Return what can be done about a column of numbers with words for limits among them, such as <LOD or 90+."""
    python = f"Imputer(censored=[{name!r}])"
    read = f"--censored {shlex.quote(name)} (in Python {python})" if from_text else python
    way = f"write limits as <0.3 or >=90, and {read} fills such cells inside of them"
    return way_or_text(name, f"{way}, {way_of_marking([shown], from_text)}")


def _marker_option(word: str) -> str:
    """Return the option that names a marker; "none" itself has another meaning, and blanks around it have none.

    >>> _marker_option("-"), _marker_option("-x"), _marker_option("none")
    ('--na -', '--na=-x', "--na ' none'")
    """
    word = " none" if word == "none" else word
    is_like_option = word[:1] == "-" and len(word) > 1 and not re.fullmatch(NUMBER, word)
    return f"--na{'=' if is_like_option else ' '}{shlex.quote(word)}"


_IN_PYTHON = (
    (r"--censored .*? \(in Python (Imputer\(censored=\[.*?\]\))\)", r"\1"),
    (r"\+dataset\.kinds\.COLUMN=(\w+) \(mirimpute-impute: .*?\)", r"Imputer(kinds={'COLUMN': '\1'})"),
    (r"column\(s\) of text left out: ", "column(s) of text, which no imputer fills: "),
    (r"--kind (?:(?!--kind ).)*?=text \(\+dataset\.kinds\.(.*?)=text\)", r"Imputer(ignore=['\1'])"),
    (r"--kind (?:(?!--kind ).)*?=(\w+) \(\+dataset\.kinds\.(.*?)=\1\)", r"Imputer(kinds={'\2': '\1'})"),
    (
        r"(?:--na[ =].*? )+\(dataset\.missing_markers\) marks (.*?) as missing",
        r"missing_markers with \1 marks \1 as missing",
    ),
    (r"--na none \(dataset\.missing_markers=\[\]\)", "missing_markers=[]"),
    (r"--(decimal|thousands) (['\"]+ ?['\"]+|\S) \(dataset\.\1\)", r"\1='\2'"),
    (r"--(encoding) (\S+)(?: or \S+)? \(dataset\.encoding=.*?\)", r"\1='\2'"),
    (r"--(\w+) \(dataset\.\1\)", r"\1="),
    (r"--(\w+) \(dataset\.\1; (.*?)\)", r"\1= (\2)"),
    (r"--(\w+), dataset\.\1 ", r"\1= "),
    (r"dataset\.header=false \(mirimpute-impute: --no-header\)", "header=False"),
)


def in_python(sentence: str) -> str:
    """Return a sentence that names options of the commands with those of ``read_table`` and ``Imputer`` in their place.

    >>> in_python("say by --sep (dataset.sep) which it is")
    'say by sep= which it is'
    >>> in_python(way_or_text("zip", way_of_marking(["-"], True)))
    "missing_markers with '-' marks '-' as missing, or leave the column alone by Imputer(ignore=['zip'])"
    """
    for pattern, instead in _IN_PYTHON:
        sentence = re.sub(pattern, instead, sentence)
    return sentence
