"""A method, a dataset, a mechanism and a metric from a file outside the package, as the documentation shows them."""

import re
import shlex
import sys
from pathlib import Path

import pytest

from mirimpute.bench.results.store import read_rows
from mirimpute.cli.bench import main

ROOT = Path(__file__).parents[2]
OUTSIDE = (ROOT / "docs/outside.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def shown(text):
    """Return the one Python file that ``text`` shows."""
    (code,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    return code


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """An empty working directory with the file of docs/outside.md in it."""
    (tmp_path / "my_parts.py").write_text(shown(OUTSIDE))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delenv("HYDRA_FULL_ERROR", raising=False)
    yield tmp_path
    sys.modules.pop("my_parts", None)


def bench(*arguments):
    with pytest.raises(SystemExit) as ended:
        main([*arguments])
    return ended.value.code


def test_the_method_of_contributing_runs(elsewhere):
    (elsewhere / "my_parts.py").write_text(shown(CONTRIBUTING))
    (command,) = re.findall(r"`(mirimpute-bench method=custom [^`]*)`", CONTRIBUTING)
    assert bench(*shlex.split(command)[1:], "dataset=iris") == 0
    (row,) = read_rows(elsewhere / "results")
    assert (row["method"], row["status"]) == ("my_median", "ok")


def test_one_command_runs_all_four(elsewhere):
    (command,) = re.findall(r"```console\n(mirimpute-bench method=custom.*?)\n```", OUTSIDE, flags=re.DOTALL)
    assert bench(*shlex.split(command)[1:]) == 0
    (row,) = read_rows(elsewhere / "results")
    assert (row["method"], row["dataset"], row["mechanism"]) == ("my_median", "Ring", "FirstColumn")
    assert (row["n_rows"], row["n_columns"]) == (1000, 2)
    assert row["realised_rate_min_column"] == 0.0
    assert row["point_bias"] == pytest.approx(0.5, abs=0.2)  # the shift, in standard deviations
    assert "point_w2" not in row


def test_a_file_of_ones_own_under_conf_is_swept_beside_the_others(elsewhere):
    (elsewhere / "conf/method").mkdir(parents=True)
    (elsewhere / "conf/method/mine.yaml").write_text("defaults: [base_custom, _self_]\ntarget: my_parts.Median\n")
    assert bench("-m", "--config-dir", "conf", "method=mine,mean", "dataset=iris", "protocol.metrics=[rmse]") == 0
    assert {row["method"] for row in read_rows(elsewhere / "results")} == {"my_median", "mean"}


def test_a_key_that_a_method_of_the_sweep_lacks_is_refused_before_the_first_cell(elsewhere, capsys):
    (elsewhere / "conf/method").mkdir(parents=True)
    (elsewhere / "conf/method/mine.yaml").write_text("defaults: [base_custom, _self_]\ntarget: my_parts.Median\n")
    command = ["--config-dir", "conf", "dataset=iris", "+method.parameters.shift=1"]
    assert bench("-m", "method=mine,mean", *command) == 2
    assert "unknown key of method 'parameters': valid for mean: name" in capsys.readouterr().err
    assert read_rows(elsewhere / "results") == []


def test_an_unknown_method_may_be_meant_for_one_of_a_folder_of_ones_own(elsewhere, capsys):
    (elsewhere / "conf/method").mkdir(parents=True)
    (elsewhere / "conf/method/medians.yaml").write_text("defaults: [base_custom, _self_]\ntarget: my_parts.Median\n")
    assert bench("-m", "--config-dir", "conf", "method=median,mean", "dataset=iris") == 2
    error = capsys.readouterr().err
    assert "did you mean 'medians'" in error
    assert "mean, medians, mice" in error
    assert "base" not in error


def test_a_method_is_swept_over_its_parameters(elsewhere):
    custom = ["method=custom", "method.target=my_parts.Median", "+method.parameters.shift=0.0,0.5"]
    assert bench("-m", *custom, "dataset=iris", "protocol.metrics=[rmse]") == 0
    assert len({row["method_hash"] for row in read_rows(elsewhere / "results")}) == 2


def test_a_changed_file_is_another_method(elsewhere):
    run = ["method=custom", "method.target=my_parts.Median", "dataset=iris", "protocol.metrics=[rmse]", "resume=true"]
    assert bench(*run) == 0
    assert bench(*run) == 0
    assert len(list(read_rows(elsewhere / "results"))) == 1
    (elsewhere / "my_parts.py").write_text(shown(OUTSIDE) + "\nCHANGED = True\n")
    sys.modules.pop("my_parts")
    assert bench(*run) == 0
    assert len({row["method_hash"] for row in read_rows(elsewhere / "results")}) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["method=custom"], ["method=custom stands for no class", "method.target=<module>.<Class>"]),
        (["method=custom", "method.target=Median"], ["names no module", "my_file.Median"]),
        (["method=custom", "method.target=no_such_file.Median"], ["cannot import 'no_such_file'"]),
        (["method=custom", "method.target=my_parts.Meridian"], ["'my_parts' has no 'Meridian'"]),
        (["method=custom", "method.target=my_parts.Ring"], ["is no Method", "mirimpute.methods.base.Method"]),
        (
            ["method=custom", "method.target=my_parts.Median", "+method.parameters.shfit=1"],
            ["unknown key of method.parameters 'shfit'", "did you mean 'shift'?", "for my_parts.Median: name, shift"],
        ),
        (
            ["method=custom", "method.target=my_parts.Median", "+method.parameters.shift=far"],
            ["method.parameters.shift=far: 'far' is no number"],
        ),
        (
            ["method=custom", "method.target=my_parts.Median", "method.parameters.shift=1"],
            ["new keys", "+method.parameters.shift=1"],
        ),
        (["method=custom", "method.target=my_parts.Median", "method.shift=1"], ["give", "+method.parameters.shift=1"]),
        (["method=custom", "method.target=my_parts:Median"], ["has a colon", "such as my_parts.Median"]),
        (["method=custom", "method.target=my_parts.Medain"], ["'my_parts' has no 'Medain'", "did you mean 'Median'"]),
        (["mechanism=custom", "mechanism.target=my_parts.Median"], ["is no Mechanism"]),
        (["protocol.metrics=[my_parts.bias]"], ["my_parts.bias is no mirimpute.metrics.Metric"]),
        (["protocol.metrics=[my_parts.BIASED]"], ["'my_parts' has no 'BIASED'"]),
    ],
)
def test_what_does_not_fit_is_one_sentence(arguments, words, capsys, elsewhere):
    assert bench(*arguments, "dataset=iris") == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert all(word in error for word in words), error
    assert read_rows(elsewhere / "results") == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("1 / 0", "metric 'bad' raises ZeroDivisionError: division by zero"),
        ("sys.exit(3)", "metric 'bad' raises SystemExit: 3"),
        ("'x'", "metric 'bad' returns a str, not a number"),
        ("None", "metric 'bad' returns a NoneType, not a number"),
        ("comparison.x_imputed.fill(0)", "metric 'bad' raises ValueError"),
        ("comparison.x_true.fill(0)", "metric 'bad' raises ValueError"),
    ],
)
def test_a_metric_that_fails_is_a_row_that_names_it(body, said, elsewhere):
    code = f"import sys\nfrom mirimpute.metrics import Metric\ndef bad(comparison):\n    return {body}\n"
    (elsewhere / "my_parts.py").write_text(f"{code}BAD = Metric('bad', bad, None, 'Bad.', 'bad', 'none')\n")
    command = ("dataset=iris", "method=mean", "protocol.shrunk_metrics=[]", "protocol.draws_metrics=[]")
    assert bench(*command, "protocol.metrics=[my_parts.BAD,rmse]") == 1
    (row,) = read_rows(elsewhere / "results")
    assert row["status"] == "failed"
    assert said in row["reason"]
