"""A small reader of the LaTeX that the report writes: enough to find what pdfLaTeX would stumble over."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Tabular:
    """One tabular: its column specification and its rows of cells."""

    columns: int
    rows: list[list[str]]


def read_latex(text: str) -> list[Tabular]:
    """Return the tabulars of ``text``; raise ValueError for anything unbalanced or unescaped."""
    text = re.sub(r"(?m)^%.*$", "", text)
    if not text.isascii():
        raise ValueError(f"not ASCII: {sorted({c for c in text if not c.isascii()})}")
    _check_balance(text)
    return [_tabular(found[1], found[2]) for found in re.finditer(TABULAR, text)]


TABULAR = re.compile(r"\\begin\{tabular\}\{([lrc]+)\}(.*?)\\end\{tabular\}", re.DOTALL)


def width(cell: str) -> int:
    """Return how many columns a cell takes."""
    found = re.match(r"\s*\\multicolumn\{(\d+)\}", cell)
    return int(found[1]) if found else 1


def _check_balance(text: str) -> None:
    environments: list[str] = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", text):
        if kind == "begin":
            environments.append(name)
        elif not environments or environments.pop() != name:
            raise ValueError(f"\\end{{{name}}} closes nothing")
    if environments:
        raise ValueError(f"{environments} not closed")
    bare = re.sub(r"\\[\\&%$#_{}]", "", text)  # escaped characters and line ends
    bare = re.sub(r"\\(ref|label)\{[^}]*\}", "", bare)
    depth = 0
    math = False
    inside = 0
    for token in re.findall(r"\\(?:begin|end)\{tabular\}|[{}$&#%_^]", bare):
        if token.startswith("\\"):
            inside += 1 if "begin" in token else -1
        elif token in "{}":
            depth += 1 if token == "{" else -1
            if depth < 0:
                raise ValueError("a brace closes nothing")
        elif token == "$":
            math = not math
        elif token == "&" and not inside:
            raise ValueError("& outside a tabular")
        elif token in "#%" or (token in "_^" and not math):
            raise ValueError(f"unescaped {token}")
    if depth or math:
        raise ValueError("an open brace or an open formula")


def _tabular(specification: str, body: str) -> Tabular:
    body = re.sub(r"\\(toprule|midrule|bottomrule)", "", body)
    lines = [line for line in re.split(r"(?<!\\)\\\\", body) if line.strip()]
    rows = [re.split(r"(?<!\\)&", line.strip("\n")) for line in lines]
    return Tabular(len(specification), [[cell.strip() for cell in row] for row in rows])
