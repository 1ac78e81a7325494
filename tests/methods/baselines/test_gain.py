"""The two losses of GAIN where their value is known, and the generator on a table whose answer is."""

import math

import numpy as np
import pytest
import torch

from mirimpute.errors import ImputationError, UserError
from mirimpute.methods.baselines.gain import Gain, GainTransport, adversarial_loss, discriminator_loss
from mirimpute.types import no_progress
from tests.methods.conftest import problem_of
from tests.methods.gaussians import conditional_means, gaussian_table


def _pattern(n=400, d=5, share=0.7):
    generator = torch.Generator().manual_seed(0)
    return torch.rand((n, d), generator=generator) < share, torch.rand((n, d), generator=generator) < 0.3


def test_losses_at_a_perfect_discriminator():
    seen, asked = _pattern()
    perfect = torch.where(seen, 20.0, -20.0)
    assert float(discriminator_loss(perfect, seen, asked)) < 1e-8
    assert float(adversarial_loss(perfect, seen, asked)) == pytest.approx(20.0)


def test_losses_at_the_saddle_point():
    """A discriminator that can only know how many entries are seen: the cross-entropy is the entropy of the pattern."""
    seen, asked = _pattern()
    share = float(seen[asked].float().mean())
    blind = torch.full(seen.shape, math.log(share / (1 - share)))
    entropy = -share * math.log(share) - (1 - share) * math.log(1 - share)
    assert float(discriminator_loss(blind, seen, asked)) == pytest.approx(entropy, abs=1e-5)
    assert float(adversarial_loss(blind, seen, asked)) == pytest.approx(-math.log(share), abs=1e-5)


def test_entries_that_the_hint_tells_do_not_count():
    seen, asked = _pattern()
    logits = torch.randn(seen.shape, generator=torch.Generator().manual_seed(1))
    other = torch.where(asked, logits, 5.0)
    assert torch.equal(discriminator_loss(logits, seen, asked), discriminator_loss(other, seen, asked))
    other = torch.where(asked & ~seen, logits, 5.0)
    assert torch.equal(adversarial_loss(logits, seen, asked), adversarial_loss(other, seen, asked))
    nothing = torch.zeros_like(seen)
    assert float(discriminator_loss(logits, seen, nothing)) == float(adversarial_loss(logits, seen, nothing)) == 0


def test_generator_comes_near_the_conditional_mean():
    covariance = np.array([[1.0, 0.9], [0.9, 1.0]])
    x, missing = gaussian_table(1000, covariance, 0.3)
    problem = problem_of(np.where(missing, np.nan, x))
    point = Gain(steps=600, width=32, reconstruction=30.0).fit(problem).impute().point
    exact = conditional_means(x, missing, covariance)
    apart = np.sqrt(np.mean((point - exact)[missing] ** 2))
    assert apart < 0.25 * np.sqrt(np.mean(exact[missing] ** 2))  # of what the column mean is apart


def test_missing_entries_are_never_targets():
    """What stands in the missing entries of the completed rows makes no difference."""
    x, missing = gaussian_table(60, np.eye(3), 0.4)
    problem = problem_of(np.where(missing, np.nan, x))
    answers = []
    for filling in (0.0, 1e3):
        transport = GainTransport(Gain(steps=5, width=8, batch=16), problem, no_progress)
        completed = np.where(missing, filling, x)[None]
        transport.fit(completed, missing, np.arange(3), np.random.default_rng(0))
        answers.append(transport.mean(np.where(missing, 0.0, x)[None], missing, np.arange(3))[0][missing])
    assert np.array_equal(*answers)


def test_divergence_is_an_error_that_names_the_round():
    x, missing = gaussian_table(60, np.eye(3), 0.4)
    problem = problem_of(np.where(missing, np.nan, x))
    with pytest.raises(ImputationError, match="diverged in round 1"):
        Gain(steps=200, width=8, learning_rate=1e30).fit(problem)


@pytest.mark.parametrize(
    ("field", "value"), [("steps", 0), ("hint_rate", 1.0), ("hidden_fraction", -0.1), ("noise", -1.0)]
)
def test_refuses_parameters_without_a_meaning(field, value):
    with pytest.raises(UserError, match=f"method.{field}="):
        Gain(**{field: value}).check()
