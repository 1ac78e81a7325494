"""What the documentation names is there: paths, commands that compose, tests that exist, every combination."""

import re
from pathlib import Path

import pytest

from mirimpute.bench.conf_location import conf_dir
from mirimpute.methods.chained import COMBINATIONS, Chained
from mirimpute.methods.registry import METHODS

ROOT = Path(__file__).parents[1]
PAGES = [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "results/README.md"]
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


def test_every_native_method_has_a_row():
    rows = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (.*?) \|", TEXT, flags=re.MULTILINE))))
    native = {name for name, method in METHODS.items() if ".external." not in method.__module__}
    assert native - {"chained"} <= rows  # which is the combinations themselves


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_that_is_named_exists(page):
    named = re.findall(
        r"`((?:mirimpute|tests|scripts|docs|benchmarks|bench|report|methods)/[\w./-]*[\w/])`",
        page.read_text(encoding="utf-8"),
    )
    assert [path for path in named if not ((ROOT / path).exists() or (ROOT / "mirimpute" / path).exists())] == []
