"""The drawing of the floors in CONTRIBUTING.md is that of the package, and every arrow goes down."""

from scripts.floors import arrows, floors, main, upward


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
