"""Errors name what was given, whatever it is."""

import pytest

from mirimpute.errors import near, unknown


@pytest.mark.parametrize("value", [None, 3, "", ("a",), float("nan")])
def test_a_name_that_is_none_is_given_back(value):
    assert repr(value) in str(unknown("method", value, ["mean", "ice"]))


def test_names_are_near_in_any_case_of_letters():
    assert near("MEAN", ["ice", "mean"]) == ["mean"]
    assert near("xyz", ["ice", "mean"]) == []
