"""Analog bits and the page that compares them with indicators."""

import numpy as np
import pytest

from benchmarks.codes import AnalogBits, Bits, page_of
from benchmarks.frame import frame_of
from mirimpute.methods.base import problem_of
from mirimpute.table.columns import Column, Kind
from tests.benchmarks.rows import row


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    number = rng.normal(size=120)
    several = (np.digitize(number, [-1, -0.3, 0.3, 1])).astype(float)
    two = (number > 0).astype(float)
    x = np.column_stack([number, several, two])
    x[rng.random(x.shape) < 0.2] = np.nan
    names = ("a", "b", "c", "d", "e")
    columns = (
        Column("number", Kind.CONTINUOUS),
        Column("several", Kind.CATEGORICAL, names),
        Column("two", Kind.CATEGORICAL, names[:2]),
    )
    return problem_of(x, columns, seed=0)[0]


def test_bits_are_few_standardised_and_come_back(problem):
    bits = Bits(problem)
    assert [len(block) for block in bits.blocks] == [1, 3, 1]
    assert np.nanmean(bits.x_incomplete[:, 1:], axis=0) == pytest.approx(0, abs=1e-12)
    assert np.nanstd(bits.x_incomplete[:, 1:], axis=0) == pytest.approx(1)
    assert len(bits.coded.columns) == bits.x_incomplete.shape[1]
    neighbour = np.roll(problem.x_incomplete, 1, axis=0)  # for what is hidden, the row before
    decoded = bits.decode(np.roll(bits.x_incomplete, 1, axis=0))
    compared = problem.missing & ~np.isnan(neighbour)
    assert compared.any(axis=0).all()
    np.testing.assert_allclose(decoded[compared], neighbour[compared])


def test_no_code_without_a_category_is_decoded(problem):
    bits = Bits(problem)
    all_on = np.full(bits.x_incomplete.shape, 9.0)  # 111 = 7, of the numbers 0 to 4
    decoded = bits.decode(all_on)
    block = problem.categorical[0]
    hidden = problem.missing[:, block[0]]
    assert hidden.any()
    on = decoded[hidden][:, block].argmax(axis=1)
    assert set(on) == {3}  # 011, the nearest that there is


def test_the_method_completes_and_keeps_what_is_observed(problem):
    found = AnalogBits(trees=0, rounds=1, steps=5, final_steps=5, draws=2).fit(problem).impute()
    known = ~problem.missing
    assert found.draws.shape == (2, *problem.x_incomplete.shape)
    assert np.isfinite(found.point).all()
    assert np.isfinite(found.draws).all()
    np.testing.assert_array_equal(found.point[known], problem.x_incomplete[known])


def test_page_compares_with_the_first_variant():
    rows = [
        row("indicators, flow only", mechanism="mcar", point_error_rate=0.4),
        row("analog bits, flow only", mechanism="mcar", point_error_rate=0.2),
        row("analog bits", mechanism="mcar", status="failed", reason="no"),
    ]
    text = "\n".join(page_of(frame_of(rows)))
    assert "| a mcar | analog bits, flow only | 0.200 | — |" in text
    assert "| analog bits, flow only | -0.200 (1 of 1) | — |" in text
