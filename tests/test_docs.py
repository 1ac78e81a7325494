"""What the documentation names is there: paths, commands that compose, tests that exist, every combination."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from mirimpute.bench.conf_location import conf_dir
from mirimpute.methods.chained import COMBINATIONS, Chained
from mirimpute.methods.registry import METHODS

ROOT = Path(__file__).parents[1]
PAGES = [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "results/README.md"]
TEXT = (ROOT / "docs/theory.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"`(method=[^`]*)`", TEXT)
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONSOLE = [
    line.split("#")[0].split()
    for block in re.findall(r"```console\n(.*?)```", README, re.S)
    for line in block.splitlines()
]


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


def test_the_readme_is_no_longer_than_a_reader_has_patience():
    assert len(README.splitlines()) <= 120


def test_every_sweep_of_the_readme_composes():
    from hydra import compose, initialize_config_dir
    from hydra.core.override_parser.overrides_parser import OverridesParser

    from mirimpute.bench.sweeps.schema import register_schema

    register_schema()
    options = [[word for word in words[1:] if "=" in word] for words in CONSOLE if words[0] == "mirimpute-bench"]
    assert len(options) >= 6
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        for words in options:
            parsed = OverridesParser.create().parse_overrides(words)
            compose("config", overrides=[_first_of(each) for each in parsed])


def _first_of(override):
    """Return an override with the first of its values."""
    value = (
        next(override.sweep_string_iterator()) if override.is_sweep_override() else override.get_value_element_as_str()
    )
    return f"{override.get_key_element()}={value}"


def test_every_other_command_of_the_readme_is_one():
    """Each is asked for its help, with the words that choose a part of it."""
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    for words in CONSOLE:
        if words[0] == "make":
            assert words[1] in targets
        elif words[0].startswith("mirimpute-") and words[0] != "mirimpute-bench":
            part = [word for word in words[1:2] if word in ("fetch", "show", "status")]
            options = {word for word in words if word.startswith("--")}
            call = (
                f"import sys; from mirimpute.cli.{words[0].partition('-')[2]} import main; sys.exit(main(sys.argv[1:]))"
            )
            done = subprocess.run(
                [sys.executable, "-c", call, *part, "--help"], capture_output=True, text=True, check=True
            )
            assert all(option in done.stdout for option in options), words
        elif words[0] == "python":
            assert (ROOT / words[1]).is_file()


@pytest.mark.slow
def test_the_python_of_the_readme_runs_as_it_stands(tmp_path):
    rows = ["a,b,c", *(f"{i % 7 / 3:.2f},{i % 5},{'xy'[i % 2]}" for i in range(60)), ",3,x", "0.5,,y", "1.5,2,"]
    (tmp_path / "my.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", README, re.S)
    assert blocks
    for block in blocks:
        last = "assert not completed.isna().any(axis=None) and len(tables) == 20"
        done = subprocess.run([sys.executable, "-c", f"{block}\n{last}"], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "imputer.safetensors").is_file()


@pytest.mark.slow
def test_the_page_on_imputing_runs_as_it_stands(tmp_path):
    page = (ROOT / "docs/imputing.md").read_text(encoding="utf-8")
    blocks, consoles = (re.findall(rf"```{kind}\n(.*?)```", page, re.S) for kind in ("python", "console"))
    last = "assert completed.notna().all(axis=None) and len(draws) == 5 and len(tables) == 20 and ends.n_draws == 20"
    commands = [shlex.split(line) for block in consoles for line in block.splitlines()]
    assert len(commands) >= 4
    calls = [f"assert main({words[1:]!r}) == 0" for words in commands if words[0] == "mirimpute-impute"]
    assert len(calls) == len(commands)
    program = "\n".join([*blocks, last, "from mirimpute.cli.impute import main", *calls])
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    written = {path.name for path in tmp_path.glob("*.csv")}
    assert written == {
        "hospital.csv",
        "completed.csv",
        "diet.csv",
        "part.csv",
        *(f"study.draw-{k}.csv" for k in range(1, 6)),
    }


@pytest.mark.slow
def test_the_page_on_large_tables_runs_as_it_stands(tmp_path):
    pytest.importorskip("dask.dataframe", reason="needs the extra `cluster`")
    pytest.importorskip("polars")
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/large.md").read_text(encoding="utf-8"), re.S)
    assert len(blocks) == 3
    read = "[pd.read_parquet(each) for each in ('filled_by_dask', 'filled_by_polars.parquet')]"
    last = f"assert all(len(each) == 400 and each.notna().all(axis=None) for each in {read})"
    program = "\n".join([*blocks, last])
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
