"""The picture of information by round: what is measured, and what is drawn."""

import numpy as np
import pytest

from scripts.information_picture import METHODS, OFF_SCALE, TRUE, curves, figure_of


@pytest.mark.slow
def test_means_tell_the_pattern_and_true_rows_do_not():
    found = curves("iris", 1, (0,))
    assert {*METHODS, OFF_SCALE, TRUE} == set(found)
    (_, of_means), (_, of_true) = found[OFF_SCALE][0], found[TRUE][0]
    assert of_means[-1] > 1
    assert abs(of_true[0]) < 0.3
    rounds, bits = found["mirf"][0]
    assert rounds == [0, 1, 2]
    assert np.isfinite(bits).all()


def test_a_line_is_drawn_for_each_method_and_mask():
    line = ([0, 1, 2], [0.3, 0.2, 0.1])
    figure = figure_of({**{key: [line, line] for key in METHODS}, TRUE: [([1], [0.0])]})
    assert len(figure.axes[0].lines) == 2 * len(METHODS) + 1
