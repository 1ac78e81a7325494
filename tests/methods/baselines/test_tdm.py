"""The invertible network of TDM, and what it is for."""

import numpy as np
import pytest
import torch

from mirimpute.errors import UserError
from mirimpute.methods.baselines.networks import VolumePreserving
from mirimpute.methods.baselines.tdm import Tdm, TdmTransport
from mirimpute.types import no_progress
from tests.methods.conftest import correlated, problem_of


def _trained_looking_map(d):
    """Return a map in float64 whose couplings are not the zeros that they start from."""
    generator = torch.Generator().manual_seed(0)
    network = VolumePreserving(d, 3, 16, generator).double()
    with torch.no_grad():
        network.rotations.copy_(torch.linalg.qr(network.rotations).Q)  # orthogonal to 64 bits
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    return network.requires_grad_(False)


@pytest.mark.parametrize("d", [1, 2, 5])
def test_the_inverse_inverts(d):
    network = _trained_looking_map(d)
    x = torch.randn((40, d), generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    assert torch.allclose(network.inverse(network(x)), x, atol=1e-9)
    assert torch.allclose(network(network.inverse(x)), x, atol=1e-9)


def test_volumes_stay_as_they_are():
    network = _trained_looking_map(4)
    for x in torch.randn((5, 4), generator=torch.Generator().manual_seed(1), dtype=torch.float64):
        jacobian = torch.autograd.functional.jacobian(network, x)
        assert float(torch.linalg.det(jacobian).abs()) == pytest.approx(1.0, abs=1e-8)
    x = torch.randn((2, 4), generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    before, after = (x[0] - x[1]).norm(), (network(x[0]) - network(x[1])).norm()
    assert not torch.isclose(before, after)  # volumes, not distances


def test_distances_are_kept_before_any_training():
    network = VolumePreserving(5, 3, 16, torch.Generator().manual_seed(0))
    x = torch.randn((20, 5), generator=torch.Generator().manual_seed(1))
    assert torch.allclose(torch.cdist(network(x), network(x)), torch.cdist(x, x), atol=1e-3)


def test_the_network_learns_and_the_entries_move_towards_the_truth():
    x_true, x_incomplete = correlated(n=300, d=4)
    problem = problem_of(x_incomplete)
    settings = Tdm(rounds=4, steps=50, batch=64, learning_rate=0.02, width=16)
    transport = TdmTransport(settings, problem, no_progress)
    before = [parameter.clone() for parameter in transport.map.parameters()]
    every = np.arange(4)
    x = np.where(problem.missing, 0.0, x_incomplete)[None]
    for _ in range(settings.rounds):
        transport.fit(x, problem.missing, every, np.random.default_rng(0))
        x = np.where(problem.missing, transport.mean(x, problem.missing, every), x)
    assert any(not torch.equal(a, b) for a, b in zip(before, transport.map.parameters(), strict=True))
    error = np.sqrt(np.mean((x[0] - x_true)[problem.missing] ** 2))
    assert error < 0.85 * np.sqrt(np.mean(x_true[problem.missing] ** 2))


@pytest.mark.parametrize(("field", "value"), [("layers", 0), ("map_learning_rate", 0.0), ("steps", 0)])
def test_refuses_parameters_without_a_meaning(field, value):
    with pytest.raises(UserError, match=f"method.{field}="):
        Tdm(**{field: value}).check()
