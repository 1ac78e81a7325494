"""Parameters of mirf: what is gone says so."""

import dataclasses

import pytest

from mirimpute import MirfImputer
from mirimpute.errors import UserError
from mirimpute.methods.mirf.settings import _GONE, Settings
from mirimpute.methods.presets import named_method


def test_what_is_gone_is_no_parameter():
    assert not set(_GONE) & {field.name for field in dataclasses.fields(Settings)}


@pytest.mark.parametrize("parameters", [{each: 1} for each in _GONE] + [{"solver": {"steps": 2}}])
def test_a_parameter_that_is_gone_says_since_when_and_what_to_do(parameters):
    (name,) = parameters
    with pytest.raises(UserError, match=rf"no {name} since version 9, because .*: (leave it out|give method\.)"):
        named_method("mirf_fast", parameters)
    with pytest.raises(UserError, match=rf"no {name} since version 9"):
        MirfImputer(parameters=parameters).fit([[0.0, 1.0], [1.0, float("nan")], [2.0, 3.0]])


def test_a_parameter_that_never_was_finds_a_suggestion():
    with pytest.raises(UserError, match="unknown parameter 'round': did you mean 'rounds'"):
        named_method("mirf", {"round": 3})
