"""Noise of rows: the published generator, normal and independent numbers, one key for each row."""

import numpy as np
import pytest
from scipy.stats import kstest

from mirimpute.numerics.row_noise import RowNoise, philox


def _words(text):
    return [np.array([int(word, 16)], dtype=np.uint64) for word in text.split()]


@pytest.mark.parametrize(
    ("counter", "key", "wanted"),
    [
        ("0 0 0 0", "0 0", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ("ffffffff " * 4, "ffffffff " * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
    ],
    ids=["zeros", "ones", "pi"],
)
def test_the_generator_gives_the_published_answers(counter, key, wanted):
    """Random123, kat_vectors, philox4x32 with ten rounds."""
    found = philox(np.stack(_words(counter)), *_words(key))
    assert [f"{int(word[0]):08x}" for word in found] == wanted.split()


@pytest.fixture(scope="module")
def noise():
    return RowNoise.of(np.random.default_rng(0).standard_normal((4000, 3)), 5)


def test_numbers_are_standard_normal_and_uniform(noise):
    z = noise.normal(0, 7, 6).astype(float)
    count = z.size
    for power, wanted, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs((z**power).mean() - wanted) < 5 * (variance / count) ** 0.5
    assert kstest(z.ravel()[::4], "norm").pvalue > 1e-4
    assert np.abs(z).max() > 4
    u = noise.uniform(0, 9)
    assert u.shape == (9, 4000)
    assert kstest(u.ravel(), "uniform").pvalue > 1e-4
    assert 0 < u.min() < u.max() < 1


def test_numbers_of_columns_draws_and_neighbours_are_independent(noise):
    z = noise.normal(0, 5, 9).astype(float)
    parts = z.transpose(0, 2, 1).reshape(45, -1)  # of each draw and column, over the rows
    for each in (np.corrcoef(parts), np.corrcoef(parts**2)):
        assert np.abs(each - np.eye(45)).max() < 5.5 / 4000**0.5
    assert abs(np.corrcoef(z[:, :-1].ravel(), z[:, 1:].ravel())[0, 1]) < 5 / (z.size**0.5)
    first, second = noise.uniform(0, 4), noise.uniform(1, 4)
    both = np.vstack([first, second, parts[:4]])
    assert np.abs(np.corrcoef(both) - np.eye(12)).max() < 5.5 / 4000**0.5


def test_rows_that_differ_little_have_unrelated_noise():
    x = np.zeros((4000, 4))
    x[:, 1] = np.arange(4000)
    x[:, 3] = np.nan
    z = RowNoise.of(x, 0).normal(0, 1, 4)[0].astype(float)
    assert abs(np.corrcoef(z[:-1].ravel(), z[1:].ravel())[0, 1]) < 5 / z.size**0.5
    assert len(np.unique(RowNoise.of(x, 0).keys)) == 4000
    swapped = RowNoise.of(np.array([[1.0, 2.0], [2.0, 1.0], [np.nan, 1.0], [1.0, np.nan]]), 0)
    assert len(np.unique(swapped.keys)) == 4


def test_the_key_is_a_function_of_values_seed_and_number_among_equal_rows():
    other_nan = np.array([0x7FF8000000000001], dtype=np.uint64).view(float)[0]
    x = np.array([[0.0, np.nan], [1.0, 2.0], [-0.0, other_nan], [0.0, np.nan]])
    keys = RowNoise.of(x, 3).keys
    assert len(np.unique(keys)) == 4  # three equal rows have noise of their own
    assert np.array_equal(RowNoise.of(x[[1, 0]], 3).keys, keys[[1, 0]])
    assert np.array_equal(RowNoise.of(x[[2, 3, 0]], 3).keys, keys[[0, 2, 3]])
    assert not np.isin(RowNoise.of(x, 4).keys, keys).any()


@pytest.mark.parametrize("n_columns", [1, 2, 4, 5, 30])
def test_a_draw_is_the_same_whatever_is_made_with_it(noise, n_columns):
    whole = noise.normal(0, 12, n_columns)
    assert whole.shape == (12, 4000, n_columns)
    assert np.array_equal(noise[700:710].normal(3, 4, n_columns), whole[3:7, 700:710])
    assert noise[:0].normal(0, 3, n_columns).shape == (3, 0, n_columns)
    assert noise.normal(0, 0, n_columns).shape == (0, 4000, n_columns)
