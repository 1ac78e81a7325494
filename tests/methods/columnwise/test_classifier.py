"""Categories by their probabilities, and the indicators that stand for them."""

import numpy as np
import pytest

from mirimpute.methods.columnwise.classifier import ByKind, ClassifierTransport, Corners, new_logistic
from mirimpute.methods.columnwise.constant import ColumnTransport


def test_a_classifier_gives_probabilities_and_draws_with_them():
    rng = np.random.default_rng(0)
    n = 4000
    x = rng.normal(size=n)
    chance = 1 / (1 + np.exp(-2 * x))
    truth = np.column_stack([x, rng.random(n) < chance]).astype(float)
    missing = np.zeros((n, 2), dtype=bool)
    missing[n // 2 :, 1] = True
    transport, block = ClassifierTransport(new_logistic), np.array([1])
    chains = np.repeat(np.where(missing, 0.5, truth)[None], 30, axis=0)
    transport.fit(chains[:1], missing, block, rng)
    mean = transport.mean(chains[:1], missing, block)[0, n // 2 :, 0]
    np.testing.assert_allclose(mean, chance[n // 2 :], atol=0.06)
    drawn = transport.draw(chains, missing, block, rng)[:, n // 2 :, 0]
    assert set(np.unique(drawn)) == {0.0, 1.0}
    np.testing.assert_allclose(drawn.mean(), mean.mean(), atol=3 * 0.5 / drawn.size**0.5)


def test_bootstrapped_chains_differ_and_are_right_on_average():
    rng = np.random.default_rng(0)
    truth = np.column_stack([np.zeros(60), rng.random(60) < 0.3]).astype(float)
    missing = np.zeros((60, 2), dtype=bool)
    missing[30:, 1] = True
    chains = np.repeat(truth[None], 200, axis=0)
    transport, block = ClassifierTransport(new_logistic, bootstrap=True), np.array([1])
    transport.fit(chains, missing, block, rng)
    chances = transport.mean(chains, missing, block)[:, 30, 0]
    share = truth[:30, 1].mean()
    assert chances.mean() == pytest.approx(share, abs=0.03)
    assert chances.std() == pytest.approx((share * (1 - share) / 30) ** 0.5, rel=0.25)  # the standard error of a share


def test_corners():
    corners = Corners.of(np.array([[-0.5, 1.0, 2.0], [0.5, -1.0, 2.0]]))
    assert corners.labels(np.array([[0.4, 0.0, 2.0], [-0.5, 0.9, 9.0]])).tolist() == [0, 1]  # the third is never on
    np.testing.assert_allclose(corners.mixed(np.array([0.25, 0.75, 0.0])), [-0.25, 0.5, 2.0])
    binary = Corners.of(np.array([[-0.2], [0.8]]))
    assert binary.labels(np.array([[0.2], [0.4]])).tolist() == [0, 1]


def test_a_sweep_asks_the_transport_of_the_kind_of_column():
    class Named(ColumnTransport):
        def facts(self):
            return {"asked": 1}

    both = ByKind(ColumnTransport(), Named(), [np.array([1, 2])])
    assert both.facts() == {"asked": 1}
    assert not both.converged()
