"""The optimiser's schedule and its guard against steps that are not finite."""

import dataclasses
import math

import pytest
import torch

from mirimpute.flow.network import ResidualNetwork
from mirimpute.flow.training import Optimisation, Trainer

SETTINGS = Optimisation(learning_rate=1e-2, weight_decay=0.0, warm_up=10, decay=400, clip=5.0, average=0.98)


def _network():
    return ResidualNetwork(1, 1, 32, 2, 0.0, torch.Generator().manual_seed(0))


def test_rate_warms_up_and_decays_to_zero():
    assert SETTINGS.rate(0) == pytest.approx(1e-3)
    assert SETTINGS.rate(10) == pytest.approx(1e-2, rel=0.01)
    assert SETTINGS.rate(400) == pytest.approx(0.0, abs=1e-12)
    assert all(SETTINGS.rate(t) >= SETTINGS.rate(t + 1) for t in range(10, 400))


def test_rate_stays_without_decay():
    forever = dataclasses.replace(SETTINGS, decay=None)
    assert forever.rate(0) == pytest.approx(1e-3)
    assert forever.rate(10) == forever.rate(10**6) == 1e-2


def test_network_is_zero_before_training_and_learns_a_known_function():
    network, generator = _network(), torch.Generator().manual_seed(1)
    x = torch.rand(256, 1, generator=generator) * 2 - 1
    tau = torch.zeros(256, 1)
    assert torch.equal(network(network.inputs(x, tau)), torch.zeros(256, 1))
    trainer = Trainer(network, SETTINGS)
    for _ in range(SETTINGS.decay):
        x = torch.rand(256, 1, generator=generator) * 2 - 1
        trainer.step(((network(network.inputs(x, tau)) - torch.sin(3 * x)) ** 2).mean())
    error = (trainer.averaged(network.inputs(x, tau)) - torch.sin(3 * x)).abs().mean()
    assert float(error) < 0.02


def test_step_that_is_not_finite_changes_nothing_and_is_counted():
    network = _network()
    trainer = Trainer(network, SETTINGS)
    before = [weight.clone() for weight in network.parameters()]
    loss = network(network.inputs(torch.ones(4, 1), torch.zeros(4, 1))).sum() * math.inf
    trainer.step(loss)
    assert trainer.skipped == 1
    assert all(torch.equal(a, b) for a, b in zip(before, network.parameters(), strict=True))
    assert all(bool(torch.isfinite(a).all()) for a in trainer.averaged.parameters())
