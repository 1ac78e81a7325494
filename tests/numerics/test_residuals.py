import numpy as np

from mirimpute.numerics.residuals import residual_maker


def _standardised(rng, n=2000, d=4):
    z = rng.normal(size=(n, d)) @ rng.normal(size=(d, d))
    return (z - z.mean(axis=0)) / z.std(axis=0)


def test_a_residual_is_that_of_least_squares_on_the_other_columns(rng):
    z = _standardised(rng)
    own = (z @ residual_maker(z))[:, 1]
    others = np.delete(z, 1, axis=1)
    expected = z[:, 1] - others @ np.linalg.lstsq(others, z[:, 1])[0]
    assert np.corrcoef(own, expected)[0, 1] > 0.999
    np.testing.assert_allclose(own.std(), expected.std(), rtol=0.1)


def test_blocks_of_one_column_are_columns(rng):
    z = _standardised(rng)
    np.testing.assert_allclose(residual_maker(z, [np.array([j]) for j in range(4)]), residual_maker(z), rtol=1e-9)


def test_the_columns_of_a_block_do_not_explain_each_other(rng):
    z = _standardised(rng)
    block, others = z[:, :2], z[:, 2:]
    own = (z @ residual_maker(z, [np.array([0, 1])]))[:, :2]
    expected = block - others @ np.linalg.lstsq(others, block)[0]
    np.testing.assert_allclose(own, expected, atol=0.05)
    assert not residual_maker(z, [np.array([0, 1])])[:, 2:].any()
