"""The search on held-out observed cells, and its command."""

import dataclasses
import importlib.util
from pathlib import Path

import numpy as np
import pytest

from mirimpute.bench import tuning
from mirimpute.bench.hide import hold_out
from mirimpute.bench.search_spaces import SEARCH_SPACES, Between, OneOf
from mirimpute.bench.tuning import search_space, tune
from mirimpute.errors import ImputationError, UserError
from mirimpute.methods.base import Completed, Imputation
from mirimpute.methods.registry import METHODS
from tests.methods.conftest import correlated, problem_of

pytest.importorskip("optuna")


def _command():
    path = Path(__file__).parents[2] / "scripts" / "tune.py"
    spec = importlib.util.spec_from_file_location("tune_command", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclasses.dataclass
class _Offset:
    """Predicts 0 + offset for every missing cell: on standardised data the best offset is near 0."""

    name: str = "offset"
    offset: float = 1.0

    def fit(self, problem, progress=None):
        if self.offset > 1.5:
            raise ImputationError("diverged in round 1")
        point = np.where(problem.missing, self.offset, problem.x_incomplete)
        return Completed(Imputation(point=point, draws=point[None]))


@pytest.fixture
def offset(monkeypatch):
    monkeypatch.setitem(METHODS, "offset", _Offset)
    monkeypatch.setitem(SEARCH_SPACES, "offset", {"offset": Between(-2.0, 2.0)})


def test_search_finds_the_better_parameter_and_counts_failures(offset):
    problem = problem_of(correlated()[1])
    found = tune("offset", [problem], 15)
    assert abs(found.parameters["offset"]) < 0.5
    assert found.error < found.default_error
    _, cells = hold_out(problem)
    best = np.sqrt(np.mean((problem.x_incomplete[cells] - found.parameters["offset"]) ** 2))
    assert found.error == pytest.approx(best)
    assert found.trials == 15
    assert found.failed > 0
    assert tune("offset", [problem], 15) == found


def test_first_trial_is_the_defaults(offset):
    found = tune("offset", [problem_of(correlated()[1])], 1)
    assert found.parameters == {}
    assert found.error == found.default_error


def test_nothing_that_succeeded_is_an_error(offset, monkeypatch):
    monkeypatch.setitem(SEARCH_SPACES, "offset", {"offset": Between(1.8, 2.0)})
    monkeypatch.setitem(METHODS, "offset", lambda: _Offset(offset=1.9))
    with pytest.raises(UserError, match="none of 3 trials"):
        tune("offset", [problem_of(correlated()[1])], 3)


def test_unknown_methods_and_methods_without_a_space_are_refused():
    with pytest.raises(UserError, match="unknown method 'gian': did you mean 'gain'"):
        search_space("gian")
    with pytest.raises(UserError, match="'mean' has no parameters to tune"):
        search_space("mean")


def test_every_space_names_fields_of_its_method_that_pass_its_check():
    for name, space in SEARCH_SPACES.items():
        method = METHODS[name]()
        for key, choice in space.items():
            ends = choice.values if isinstance(choice, OneOf) else (choice.low, choice.high)
            for end in ends:
                changed = dataclasses.replace(method, **{key: end})
                changed.check()
                assert type(getattr(changed, key)) is type(getattr(method, key)), (name, key)


def test_command_runs_two_trials_on_a_tiny_table(capsys, monkeypatch):
    monkeypatch.setitem(METHODS, "gain", lambda: _tiny_gain())
    command = _command()
    assert command.main(["gain", "iris", "--trials", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("trial 1: ")
    assert lines[0].endswith("the defaults")
    assert "hint_rate=" in lines[1]
    assert "held-out RMSE" in lines[2]
    assert lines[3] == "keep the defaults" or lines[3].startswith("method=gain method.")


def _tiny_gain():
    from mirimpute.methods.baselines.gain import Gain

    return Gain(steps=5, draws=1, draws_of_mean=2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gian", "iris"], "did you mean 'gain'"),
        (["gain", "irish"], "unknown dataset 'irish'"),
        (["gain", "iris", "--trials", "0"], "trials=0"),
        (["gain", "iris", "--missing-rate", "1.5"], "--missing-rate=1.5"),
    ],
)
def test_command_refuses_in_one_sentence(arguments, message, capsys):
    assert _command().main(arguments) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error


def test_optuna_is_named_when_absent(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(UserError, match=r"mirimpute\[tune\]"):
        tuning.tune("gain", [problem_of(correlated()[1])], 1)
