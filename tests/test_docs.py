"""What the documentation names is there: paths, commands that compose, tests that exist, every combination."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from mirimpute.bench.conf_location import conf_dir
from mirimpute.methods.chained import COMBINATIONS, Chained
from mirimpute.methods.registry import METHODS
from mirimpute.report.markup import number

ROOT = Path(__file__).parents[1]
PAGES = [
    *(ROOT / "docs").rglob("*.md"),
    *(ROOT / "benchmarks").glob("*.md"),
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "results/README.md",
]
TEXT = "\n".join((ROOT / f"docs/{name}.md").read_text(encoding="utf-8") for name in ("theory", "special_cases"))
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


def test_the_table_that_the_readme_shows_is_that_of_a_page_made_from_rows():
    shown, made = (
        re.search(r"```text\n(.*?)\n```", text, re.S)[1]
        for text in (README, (ROOT / "benchmarks/first.md").read_text(encoding="utf-8"))
    )
    assert shown == made
    rows = pd.read_csv(ROOT / "benchmarks/first.csv")
    assert {number(value) for value in rows["point_rmse"]} <= set(re.split(r"[\s*]+", shown))


def test_wins_in_energy_are_counted_over_the_lines_of_the_claims():
    counts = [list(map(int, claim[2].split(", "))) for claim in CLAIMS if claim[0] == "energy distance"]
    assert f"mice_cart wins {sum(each[2] for each in counts)} of {sum(map(sum, counts))} cases" in README


CLAIMS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in re.search(r"^\| measure \| mechanism(.*?)\n\n", README, re.M | re.S)[0].strip().splitlines()
]


@pytest.mark.parametrize("claim", CLAIMS[2:], ids=[" ".join(each[:2]) for each in CLAIMS[2:]])
def test_every_claim_of_the_readme_is_a_line_of_the_page_of_draws(claim):
    """The cells of mirf against mice_cart, below the head of the measure and the paragraph of the mechanism."""
    page = (ROOT / "benchmarks/draws.md").read_text(encoding="utf-8")
    of_measure = page.partition(f"\n### {claim[0]},")[2].partition("\n### ")[0]
    of_mechanism = of_measure.partition(f"\n{claim[1]}: ")[2]
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in of_mechanism.splitlines()
        if line.startswith(("| mirf against", "| mice\\_cart |"))
    ]
    assert lines[0][0] == "mirf against"
    found = dict(zip(*lines[:2], strict=True))
    assert claim[2:] == [found[head] for head in CLAIMS[0][2:]]


def _sweeps(page):
    """Return the words after `mirimpute-bench` of each command of a page that needs nothing beside the package."""
    blocks = re.findall(r"```console\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    commands = [shlex.split(line, comments=True) for line in "".join(blocks).replace("\\\n", " ").splitlines()]
    found = [words[1:] for words in commands if words[:1] == ["mirimpute-bench"]]
    return [words for words in found if not {"...", "--config-dir"} & set(words)]


SWEEPS = {page: _sweeps(page) for page in PAGES}


def _for_hydra(word):
    """Whether Hydra sees a word as it is typed: names of columns and letters beyond ASCII are the command's."""
    return "=" in word and word.isascii() and not word.startswith("+dataset.kinds")


def test_the_readme_has_sweeps():
    assert len(SWEEPS[ROOT / "README.md"]) >= 6


@pytest.mark.parametrize("page", [page for page in PAGES if SWEEPS[page]], ids=lambda page: page.name)
def test_every_sweep_of_a_page_composes(page):
    from hydra import compose, initialize_config_dir
    from hydra.core.override_parser.overrides_parser import OverridesParser

    from mirimpute.bench.sweeps.schema import register_schema

    register_schema()
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        for words in SWEEPS[page]:
            given = [word for word in words if _for_hydra(word)]
            parsed = OverridesParser.create().parse_overrides(given)
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
    last += "\nassert (found['crp'][lab['crp'] == '<0.3'] < 0.3).all()"
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
        "lab.csv",
        "lab_completed.csv",
        "completed.csv",
        "chosen.csv",
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
