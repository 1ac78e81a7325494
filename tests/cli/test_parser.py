"""What is typed wrongly is one sentence with the value, the reason and the fix, and nothing is done."""

from __future__ import annotations

from importlib import import_module

import pytest

from mirimpute.cli.parser import CommandParser, StoreWholeNumber
from mirimpute.errors import UserError


def parser():
    made = CommandParser(prog="tool")
    made.add_argument("file", nargs="?", default="all")
    made.add_argument("--method", default="mirf")
    made.add_argument("--na", action="append", default=[])
    made.add_argument("--draws", action=StoreWholeNumber, least=0, default=0)
    return made


def test_what_is_typed_rightly_is_kept():
    options = parser().parse_args(["a.csv", "--method=ice", "--na", "x", "--na", "x", "--draws", "3"])
    assert (options.file, options.method, options.na, options.draws) == ("a.csv", "ice", ["x", "x"], 3)
    assert parser().parse_args([]).file == "all"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--method", "ice", "--method", "mean"], ["--method", "ice", "mean", "twice"]),
        (["--method", "ice", "--method", "ice"], ["--method", "twice"]),
        (["--draws", "1.5"], ["--draws", "'1.5'", "whole"]),
        (["--draws", "nan"], ["--draws", "'nan'", "whole"]),
        (["--draws", "-1"], ["--draws", "-1", "0 or more"]),
        (["--draw", "1"], ["'--draw'", "did you mean --draws"]),
        (["a.csv", "b.csv"], ["'b.csv'", "--help"]),
        (["--method"], ["--method is given without its value: give --method METHOD", "--help"]),
    ],
)
def test_what_is_typed_wrongly_is_one_sentence(arguments, said):
    with pytest.raises(UserError) as raised:
        parser().parse_args(arguments)
    assert "\n" not in str(raised.value)
    assert all(part in str(raised.value) for part in said)


@pytest.mark.parametrize(
    ("command", "arguments", "said"),
    [
        ("data", ["shw", "iris"], "unknown command 'shw': did you mean 'show'? valid: fetch, list, show"),
        ("report", ["compct", "results"], "unknown command 'compct': did you mean 'compact'? valid: compact, status"),
        ("report", ["--out"], "--out is given without its value: give --out DIR"),
        ("impute", ["a.csv", "-o"], "-o/--output is given without its value: give --output FILE"),
    ],
)
def test_a_command_and_a_value_that_is_left_out_are_named(command, arguments, said, capsys):
    assert import_module(f"mirimpute.cli.{command}").main(arguments) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("impute", []),
        ("impute", ["a.csv", "-o", "b.csv", "--sep", ";", "--sep", ","]),
        ("impute", ["a.csv", "-o", "b.csv", "--seed", "zero"]),
        ("data", []),
        ("data", ["fetch"]),
        ("data", ["fetsh", "iris"]),
        ("data", ["list", "iris"]),
        ("data", ["show", "a.csv", "--decimal", ",", "--decimal", "."]),
        ("data", ["show", "iris", "--sep", ";"]),
        ("report", ["one", "two"]),
        ("report", ["--out", "a", "--out", "b"]),
        ("report", ["status", "--wach"]),
    ],
)
def test_every_command_ends_so(command, arguments, capsys):
    assert import_module(f"mirimpute.cli.{command}").main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"mirimpute-{command}: ")
    assert printed.err.count("\n") == 1
