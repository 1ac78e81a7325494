"""Hidden cells come back with intervals that hold them as often as they say."""

import numpy as np
import pandas as pd
import pytest

import mirimpute
from mirimpute.diagnostics.overimputation import overimpute
from mirimpute.errors import UserError

from .filled import before_and_after, hot_deck


def _drawer(m):
    return lambda table: [hot_deck(table, seed) for seed in range(m)]


@pytest.fixture(scope="module")
def found():
    return overimpute(before_and_after(600)[0], _drawer(39))


def test_draws_from_the_right_distribution_cover_as_often_as_they_say(found):
    """Each column is drawn from itself, which is right where columns are independent."""
    inside = np.concatenate([found.inside(j) for j in (0, 1, 3)])
    assert abs(inside.mean() - 0.9) < 4 * np.sqrt(0.09 / len(inside))


def test_what_was_hidden_was_observed_and_is_the_truth(found):
    before = before_and_after(600)[0]
    assert np.array_equal(found.truth[found.column == 0], before["age"].to_numpy()[found.row[found.column == 0]])
    share = np.bincount(found.column)[1] / before["crp"].notna().sum()
    assert 0.05 < share < 0.15
    assert found.drawn.shape == (39, len(found.truth))
    low, high = found.ends(1)
    assert (low <= found.middle(1)).mean() > 0.9
    assert (low < high).all()


def test_the_input_is_untouched():
    before = before_and_after()[0]
    copy = before.copy()
    overimpute(before, _drawer(2))
    pd.testing.assert_frame_equal(before, copy)


def test_few_draws_give_no_interval():
    assert not overimpute(before_and_after()[0], _drawer(18)).has_intervals
    assert overimpute(before_and_after()[0], _drawer(19)).has_intervals


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"fraction": 0.0}, "fraction=0"),
        ({"level": 1.0}, "level=1"),
        ({"draw": lambda table: []}, "no completed table"),
        ({"draw": 3}, "draw=3 is no function: give one of an incomplete table"),
        ({"frame": pd.DataFrame({"a": [1.0, 2.0]})}, "too few to hide"),
        ({"frame": np.ones((3, 2))}, "ndarray"),
    ],
)
def test_bad_input_is_one_sentence(options, words):
    with pytest.raises(UserError, match=words):
        overimpute(**{"frame": before_and_after()[0], "draw": _drawer(2), **options})


def test_the_public_name():
    assert mirimpute.overimpute is overimpute
