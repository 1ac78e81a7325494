"""The benchmark of equal tuning: its grid, its files and its page."""

import json
from datetime import date

import pandas as pd
import pytest

from benchmarks import tuned
from benchmarks.tuned import main, page_of, runs_of, search, sweeps_of
from mirimpute.bench.search_spaces import SEARCH_SPACES
from mirimpute.bench.tuning import Tuned

FOUND = {
    ("d", "mirf"): {"parameters": {}, "error": 0.5, "default_error": 0.5, "trials": 3, "failed": 0},
    ("d", "gain"): {"parameters": {"noise": 0.123456}, "error": 0.6, "default_error": 0.7, "trials": 3, "failed": 1},
}


def test_every_method_has_a_space_and_a_configuration():
    from mirimpute.bench.conf_location import descriptions

    assert set(tuned.METHODS) <= set(SEARCH_SPACES)
    assert set(tuned.METHODS) <= set(descriptions("method"))


def test_only_methods_whose_parameters_changed_run_twice():
    plain, changed = sweeps_of(FOUND, (1, 2))
    assert plain.methods == ("mirf", "gain")
    assert changed.methods == ("gain_tuned",)
    run = runs_of([plain, changed])[1]
    assert run.methods == ("gain",)
    assert run.options == ("method.name=gain_tuned", "method.noise=0.123456")


def test_a_search_is_made_once(tmp_path, monkeypatch):
    asked = []

    def once(method, problems, trials):
        asked.append((method, len(problems), trials))
        return Tuned({"width": 64}, 0.4, 0.5, trials, 0)

    monkeypatch.setattr(tuned, "tune", once)
    first = search("breast_cancer", "gain", 3, tmp_path)
    assert first == search("breast_cancer", "gain", 3, tmp_path)
    assert asked == [("gain", 1, 3)]
    assert json.loads(next(tmp_path.iterdir()).read_text())["parameters"] == {"width": 64}


def test_the_page_has_both_errors_and_who_is_first():
    rows = [("mirf", 0.4, 0.01), ("gain", 0.7, 0.2), ("gain_tuned", 0.5, 0.1)]
    frame = pd.DataFrame(
        [
            {"dataset": "d", "mechanism": "mcar", "missing_rate": 0.3, "method": method, "seed": 1, "status": "ok"}
            | {"reason": "", "versions": "v", "point_rmse": rmse, "draw_energy": energy}
            for method, rmse, energy in rows
        ]
    )
    text = page_of(frame, FOUND, 3, ["a note"], 3, date(2026, 1, 1))
    assert "| d | mirf | the defaults | 0.500 | 0.500 | 0.400 | — | 0.0100 | — |" in text
    assert "| d | gain | noise 0.123 | 0.700 | 0.600 | 0.700 | 0.500 | 0.200 | 0.100 |" in text
    assert "point RMSE on d, each as tuned: mirf 0.400, then gain 0.500." in text
    assert "- a note" in text


@pytest.mark.parametrize(
    ("arguments", "said"), [(["--methods", "ice"], "method to tune"), (["--seeds", "0,1"], "seed 0 is the mask")]
)
def test_what_cannot_be_asked_is_refused(arguments, said, capsys, tmp_path):
    assert main([*arguments, "--results-dir", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err
