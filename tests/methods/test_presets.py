"""The presets of Python and the configuration files of the command line are the same methods."""

import dataclasses

import numpy as np
import pytest
import yaml

from mirimpute.bench.conf_location import conf_dir, descriptions
from mirimpute.errors import UserError
from mirimpute.methods.presets import PRESETS, named_method
from mirimpute.methods.registry import METHODS
from mirimpute.report.measures import FEWEST_DRAWS

FROM_OUTSIDE = "custom"


def written(name):
    """Return the class and the values of conf/method/<name>.yaml."""
    values = yaml.safe_load((conf_dir() / "method" / f"{name}.yaml").read_text(encoding="utf-8"))
    base = values.pop("defaults")[0].rpartition("/")[2].partition("@")[0]  # "base_x" or "/method/base_x@_here_"
    return base.removeprefix("base_"), values


def test_every_preset_has_a_configuration_file_and_every_file_a_preset():
    assert set(descriptions("method")) == {*PRESETS, FROM_OUTSIDE}


@pytest.mark.parametrize("name", PRESETS)
def test_the_file_gives_the_method_that_the_preset_gives(name, monkeypatch):
    monkeypatch.setattr(METHODS["command"], "check", lambda method: None)  # it looks for the program
    key, values = written(name)
    kind = METHODS[key]
    nested = {
        field.name: field.default_factory
        for field in dataclasses.fields(kind)
        if isinstance(field.default_factory, type)
    }
    made = {key: nested[key](**value) if key in nested else value for key, value in values.items()}
    assert named_method(name) == kind(**made)
    assert type(named_method(name)) is kind


def test_every_method_that_draws_gives_enough_draws_for_an_interval():
    methods = {name: named_method(name) for name, (key, _) in PRESETS.items() if key != "command"}
    given = {name: getattr(each, "draws", None) for name, each in methods.items()}
    given |= {name: each.chains for name, each in methods.items() if type(each).__name__ in ("Mice", "Chained")}
    drawing = {name: count for name, count in given.items() if count is not None}
    assert drawing.pop("mirf_paper") == FEWEST_DRAWS  # each is a whole run
    assert {"mirf", "mirf_fast", "mice", "hot_deck", "gaussian_em", "hyper", "gain", "sinkhorn", "miwae"} <= set(
        drawing
    )
    assert all(count >= 20 for count in drawing.values()), drawing


def test_a_number_of_numpy_becomes_one_of_python():
    method = named_method("mirf", {"steps": np.int64(7), "dropout": np.float64(0.5), "learning_rate": np.float32(0.25)})
    assert (method.steps, method.dropout, method.learning_rate) == (7, 0.5, 0.25)
    assert [type(value) for value in (method.steps, method.dropout, method.learning_rate)] == [int, float, float]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"steps": 1.5}, "steps=1.5.*give int"),
        ({"steps": True}, "steps=True.*give int"),
        ({"rounds": "3"}, "rounds='3'.*give int"),
        ({"dropout": "much"}, "dropout='much'.*give float"),
        ({"selection": 3}, "selection=3.*give str"),
        ({"round": 1}, "'round'.*rounds"),
    ],
)
def test_a_bad_parameter_is_named_with_what_to_give(parameters, message):
    with pytest.raises(UserError, match=message):
        named_method("mirf", parameters)


@pytest.mark.parametrize(("solver", "message"), [({"step": 1}, "'step'.*steps"), (1, "solver=1.*heun")])
def test_a_bad_key_of_a_parameter_is_named_with_what_to_give(solver, message):
    with pytest.raises(UserError, match=message):
        named_method("chained", {"solver": solver})


def test_an_unknown_method_is_answered_with_the_nearest():
    with pytest.raises(UserError, match="mirf_fast"):
        named_method("mirf_fats")
