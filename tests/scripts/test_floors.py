"""The drawing of the floors in CONTRIBUTING.md is that of the package, and every arrow goes down."""

from collections import Counter

from scripts.floors import PACKAGE, ROOT, arrows, floors, main, upward


def test_the_drawing_is_up_to_date():
    assert main(["--check"]) == 0


def test_every_arrow_goes_down():
    imports = arrows()
    assert {"bench", "methods", "table"} <= set(imports["cli"])
    assert upward(floors(), imports) == []


def test_an_arrow_that_goes_up_is_found():
    assert upward([["cli"], ["table", "flow"]], {"cli": {"table"}, "table": {"cli", "flow"}}) == [
        "table -> cli",
        "table -> flow",
    ]


def test_a_file_name_has_one_meaning():
    names = Counter(path.name for path in (ROOT / PACKAGE).rglob("*.py"))
    assert {name for name, count in names.items() if count > 1} <= {"__init__.py", "base.py", "registry.py", "crps.py"}
