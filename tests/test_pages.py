"""The pages of docs/ that show commands and programs run as they stand."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mirimpute.cli import bench, data, impute, report

DOCS = Path(__file__).parents[1] / "docs"
COMMANDS = {
    "mirimpute-bench": bench.main,
    "mirimpute-data": data.main,
    "mirimpute-impute": impute.main,
    "mirimpute-report": report.main,
}


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```", (DOCS / page).read_text(encoding="utf-8"), re.M | re.S)


def run(line):
    """Run one command of a page and return its exit code."""
    program, *arguments = shlex.split(line, comments=True)
    try:
        return COMMANDS[program](arguments) or 0
    except SystemExit as ended:
        return ended.code or 0


def python(text, folder):
    done = subprocess.run([sys.executable, "-c", text], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_start_fills_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make, fill = blocks("start.md", "python")
    python(make, tmp_path)
    for line in "".join(blocks("start.md", "console")).splitlines():
        if not line.startswith("mirimpute-bench"):  # minutes
            assert run(line) == 0, line
    assert not pd.read_csv("completed.csv").isna().any(axis=None)
    assert Path("page.html").stat().st_size > 10_000
    python(f"{fill}\nassert completed.notna().all(axis=None) and len(draws) == 5", tmp_path)


@pytest.mark.slow
def test_a_method_of_thirty_lines_is_ranked_beside_others(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    (method,), (conf,) = blocks("own_method.md", "python"), blocks("own_method.md", "yaml")
    assert len([line for line in method.splitlines() if line]) <= 30
    Path("my_method.py").write_text(method, encoding="utf-8")
    Path("my_conf/method").mkdir(parents=True)
    Path("my_conf/method/nearest_rows.yaml").write_text(conf, encoding="utf-8")
    sweep, make_report = "".join(blocks("own_method.md", "console")).splitlines()
    assert run(sweep.replace("seed=0,1,2", "seed=0")) == 0
    assert run(make_report) == 0
    table = pd.read_csv("results/tables/rows.csv")
    mine = table[table["method"] == "nearest_rows"]
    assert set(mine["status"]) == {"ok"}
    assert (mine["n_draws"] == 20).all()
    assert set(mine["dataset"]) == {"iris", "wine_recognition"}
    assert "nearest\\_rows" in Path("results/tables/point_rmse.tex").read_text(encoding="utf-8")
    sys.modules.pop("my_method", None)


@pytest.mark.slow
def test_a_class_is_a_program_by_the_lines_of_submitting(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (method,), (program,) = blocks("own_method.md", "python"), blocks("submitting.md", "python")
    Path("my_method.py").write_text(method, encoding="utf-8")
    Path("my.py").write_text(program, encoding="utf-8")
    names = pd.Series(["ann", "bob", "cid"] * 30)
    table = pd.DataFrame({"a": np.arange(90) % 7 / 3, "who": names, "b": np.arange(90) // 4})
    table.to_csv("mixed.csv", index=False)
    command = f"method=command method.command='{sys.executable} {tmp_path / 'my.py'}' method.draws=6"
    assert run(f"mirimpute-bench {command} dataset=file dataset.path=mixed.csv mechanism=mcar") == 0
    (row,) = [json.loads(found.read_text(encoding="utf-8")) for found in Path("results").rglob("row.json")]
    assert (row["status"], row["n_draws"]) == ("ok", 6)


def test_the_benchmark_in_ten_lines_tells_a_regression_from_the_mean(tmp_path):
    (text,) = blocks("api/metrics.md", "python")
    collect = text.replace("print(method, scores.values)", "found[method] = scores.values")
    python(f"found = {{}}\n{collect}\nassert found['ice']['rmse'] < 0.9 * found['mean']['rmse']", tmp_path)


MESSAGES = re.findall(
    r"^## (.*?)\n\n```console\n(.*?)\n```", (DOCS / "messages.md").read_text(encoding="utf-8"), re.M | re.S
)


@pytest.mark.parametrize(("words", "command"), MESSAGES, ids=[words for words, _ in MESSAGES])
@pytest.mark.filterwarnings("ignore::mirimpute.errors.MirimputeWarning")
def test_a_command_says_what_the_page_says(words, command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    holes = pd.DataFrame({"a": [1.0, 2.0, None, 4.5] * 20, "b": [2.0, 3.5, 4.0, 5.0] * 20})
    holes.to_csv("my.csv", index=False)
    holes.fillna(3.0).to_csv("complete.csv", index=False)
    holes.assign(name=[f"P{i}" for i in range(80)]).to_csv("names.csv", index=False)
    run(command)
    assert words in capsys.readouterr().err


def test_the_page_of_messages_has_commands():
    assert len(MESSAGES) >= 10
