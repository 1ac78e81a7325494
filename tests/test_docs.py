"""What docs/theory.md names is there: commands that compose, tests that exist, every combination."""

import re
from pathlib import Path

import pytest

from mirimpute.bench.conf_location import conf_dir
from mirimpute.methods.chained import COMBINATIONS, Chained
from mirimpute.methods.registry import METHODS

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs/theory.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"`(method=[^`]*)`", TEXT)


@pytest.fixture(scope="module")
def methods():
    """The method of each command of the page, composed as the command line does."""
    from hydra import compose, initialize_config_dir
    from omegaconf import open_dict

    from mirimpute.bench.sweeps.schema import cell_config, register_schema

    register_schema()
    found = {}
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        for command in COMMANDS:
            cfg = compose("config", overrides=command.split(), return_hydra_config=True)
            with open_dict(cfg):
                del cfg["hydra"]
            found[command] = cell_config(cfg).method
    return found


def test_every_command_composes_and_asks_for_something_that_makes_sense(methods):
    assert len(methods) >= 20
    for method in methods.values():
        method.check()


def test_every_combination_is_on_the_page(methods):
    composed = [method for method in methods.values() if isinstance(method, Chained)]
    shown = {(each.transport, each.sweep, each.step) for each in composed}
    names = {COMBINATIONS[key].method for key in shown if key in COMBINATIONS}
    assert {each.method for each in COMBINATIONS.values()} == names
    assert {key for key, each in COMBINATIONS.items() if not each.method} <= shown


def test_every_test_that_is_named_exists():
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", TEXT)
    assert len(named) >= 10
    for path, function in named:
        assert f"def {function}" in (ROOT / path).read_text(encoding="utf-8"), (path, function)


def test_every_method_of_the_loop_has_a_row():
    rows = set(re.findall(r"^\| `(\w+)`", TEXT, flags=re.MULTILINE))
    ours = ("mirimpute.methods.baselines", "mirimpute.methods.mirf")
    assert {name for name, kind in METHODS.items() if kind.__module__.startswith(ours)} <= rows
