"""The reference has every public name, and says what each argument of it is."""

import re
from pathlib import Path

import pytest

import mirimpute

griffe = pytest.importorskip("griffe")

API = Path(__file__).parents[1] / "docs/api"
SHOWN = re.findall(
    r"^::: (\S+)(?:\n    options: \{(.*)\})?",
    "\n".join(path.read_text(encoding="utf-8") for path in API.glob("*.md")),
    re.M,
)


@pytest.fixture(scope="module")
def package():
    return griffe.load("mirimpute", docstring_parser="google", search_paths=[str(API.parents[1])])


def functions(package):
    """Yield each function and method that the reference shows, with the docstring of it and of what it is in."""
    for name, options in SHOWN:
        shown = package[name.removeprefix("mirimpute.")]
        if shown.is_function:
            yield shown
        elif "members: false" not in options and name != "mirimpute.errors":
            members = (each for each in shown.members.values() if not each.is_alias and not each.name.startswith("_"))
            yield from (each for each in members if each.is_function and "property" not in each.labels)


def test_every_public_name_is_in_the_reference():
    text = "\n".join(path.read_text(encoding="utf-8") for path in API.glob("*.md"))
    assert [name for name in mirimpute.__all__ if not name.startswith("__") and name not in text] == []


def test_every_argument_is_explained(package):
    absent = {
        each.path: names
        for each in functions(package)
        if (names := [p.name for p in each.parameters if p.name not in ("self", "cls") and not _said(p.name, each)])
    }
    assert absent == {}


def _said(name, function):
    """Whether the docstring names an argument: in a list of arguments, or between backticks."""
    text = function.docstring.value if function.docstring else ""
    return re.search(rf"^ +(\w+, )*{name}(, \w+)*( \(.*\))?:|``{name}``", text, re.M) is not None
