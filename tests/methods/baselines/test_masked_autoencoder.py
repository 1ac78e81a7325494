"""remasker and cacti: what is shown, what counts, and what is learnt."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from mirimpute.errors import UserError
from mirimpute.methods.baselines.cacti import Cacti, CactiTransport
from mirimpute.methods.baselines.masked_autoencoder import Annealing, random_part
from mirimpute.methods.baselines.remasker import ReMasker, ReMaskerTransport
from mirimpute.methods.baselines.transformer import MaskedAutoencoder
from mirimpute.types import no_progress
from tests.methods.conftest import problem_of
from tests.methods.gaussians import conditional_means, gaussian_table

COVARIANCE = 0.9 ** np.abs(np.subtract.outer(np.arange(3), np.arange(3)))
TINY = {"epochs": 2, "width": 8, "depth": 1, "decoder_depth": 1, "heads": 2}
METHODS = {ReMasker: ReMaskerTransport, Cacti: CactiTransport}


def network(d=5, seed=0, width=16):
    return MaskedAutoencoder(d, width, 2, 2, 2, torch.Generator().manual_seed(seed))


def transport_of(method, missing, **parameters):
    x = np.where(missing, np.nan, np.random.default_rng(0).normal(size=missing.shape))
    return METHODS[method](method(**{**TINY, **parameters}), problem_of(x), no_progress)


def test_entries_that_are_not_seen_change_nothing():
    x, other = torch.rand(20, 5), torch.rand(20, 5)
    seen = torch.rand(20, 5) < 0.5
    model = network()
    assert torch.equal(model(x, seen), model(torch.where(seen, x, other), seen))
    assert not torch.allclose(model(x, seen), model(other, seen))
    assert ((model(x, seen) > 0) & (model(x, seen) < 1)).all()


def test_unseen_entries_are_left_out_of_the_attention_of_the_encoder():
    """The same by hand on the seen tokens alone, with plain attention in the place of a padded one."""
    model = network(d=4).eval()
    x, seen = torch.rand(1, 4), torch.tensor([[True, False, True, False]])
    with torch.no_grad():
        tokens = torch.cat([model.row_token[0], model.value(x[seen][:, None]) + model.places[1:][seen[0]]])[None]
        for block in model.encoder:
            tokens = _by_hand(block, tokens)
        latent = model.between(model.encoded(tokens))[0]
        every = model.unseen_token[0].repeat(5, 1)
        every[[0, 1, 3]] = latent
        every = (every + model.places)[None]
        for block in model.decoder:
            every = _by_hand(block, every)
        expected = torch.tanh(model.leave(model.decoded(every))[:, 1:, 0]) / 2 + 0.5
        assert torch.allclose(model(x, seen), expected, atol=1e-5)


def _by_hand(block, tokens):
    """Return x + attention(norm(x)), then x + perceptron(norm(x))."""
    attention = block.self_attn
    normed = block.norm1(tokens)
    parts = functional.linear(normed, attention.in_proj_weight, attention.in_proj_bias)
    heads = parts.reshape(*tokens.shape[:2], 3, attention.num_heads, -1).permute(2, 0, 3, 1, 4)
    mixed = torch.softmax(heads[0] @ heads[1].mT / heads.shape[-1] ** 0.5, dim=-1) @ heads[2]
    tokens = tokens + attention.out_proj(mixed.transpose(1, 2).reshape(tokens.shape))
    return tokens + block.linear2(functional.gelu(block.linear1(block.norm2(tokens))))


def test_initial_weights_come_from_the_generator_alone():
    state = torch.random.get_rng_state()
    first, second, other = network(seed=1), network(seed=1), network(seed=2)
    assert torch.equal(torch.random.get_rng_state(), state)
    pairs = zip(first.parameters(), second.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert not torch.equal(first.leave.weight, other.leave.weight)


def test_a_random_part_is_uniform_and_never_larger_than_asked():
    candidates = torch.tensor([[True, True, False, True]]).repeat(6000, 1)
    chosen = random_part(candidates, 2, torch.rand(6000, 4, generator=torch.Generator().manual_seed(0)))
    assert (chosen.sum(dim=1) == 2).all()
    assert chosen.double().mean(dim=0).tolist() == pytest.approx([2 / 3, 2 / 3, 0, 2 / 3], abs=0.03)
    assert torch.equal(random_part(candidates, 4, torch.rand(6000, 4)), candidates)


def test_remasker_shows_a_share_of_the_columns_or_what_there_is():
    rng = np.random.default_rng(0)
    missing = rng.random((200, 10)) < 0.3
    observed = torch.as_tensor(~missing)
    seen = transport_of(ReMasker, missing, masked=0.6)._seen(observed, observed)
    assert not (seen & ~observed).any()
    assert torch.equal(seen.sum(dim=1), observed.sum(dim=1).clamp_max(4))


def test_cacti_hides_what_another_row_misses():
    """Rows miss the first or the last three columns: shown are their own columns less those of the other pattern."""
    first, last = np.zeros((2, 100, 8), dtype=bool)
    first[:, :3], last[:, 5:] = True, True
    missing = np.concatenate([first, last])
    observed = torch.as_tensor(~missing)
    seen = transport_of(Cacti, missing, copied=1.0)._seen(observed, observed)
    assert not (seen & ~observed).any()
    both = torch.as_tensor(~(first[0] | last[0]))
    own = torch.as_tensor(~missing)
    copied = (seen & ~both).sum(dim=1) == 0
    assert 60 < int(copied.sum()) < 140  # half of all rows draw the pattern of the other kind
    assert (seen.sum(dim=1) <= 5).all()
    assert (seen[~copied] <= own[~copied]).all()
    alone = transport_of(Cacti, missing, copied=0.0)._seen(observed, observed)
    assert torch.equal(alone, observed)


def test_cacti_shows_no_more_than_the_median_row_and_leaves_two_entries():
    missing = np.zeros((90, 6), dtype=bool)
    missing[:60, 2:] = True  # two observed
    observed = torch.as_tensor(~missing)
    transport = transport_of(Cacti, missing, copied=0.0)
    assert torch.equal(transport._seen(observed, observed).sum(dim=1), torch.full((90,), 2))
    disjoint = np.zeros((40, 4), dtype=bool)
    disjoint[::2, :2], disjoint[1::2, 2:] = True, True
    observed = torch.as_tensor(~disjoint)
    assert torch.equal(transport_of(Cacti, disjoint, copied=1.0)._seen(observed, observed), observed)


def test_the_rate_rises_to_its_largest_value_and_falls_to_nothing():
    rates = [Annealing(2.0, 0.0, warm_up=10, decay=30, clip=1.0, average=0.0).rate(step) for step in range(32)]
    assert rates[:11] == pytest.approx([*np.linspace(0.2, 2.0, 10), 2.0])
    assert rates[20] == pytest.approx(1.0)
    assert rates[30:] == pytest.approx([0.0, 0.0])
    assert (np.diff(rates[10:31]) < 0).all()


@pytest.mark.parametrize("method", METHODS)
def test_missing_entries_do_not_count(method):
    rng = np.random.default_rng(1)
    missing = rng.random((30, 4)) < 0.4
    missing[missing.all(axis=1), 0] = False
    transport = transport_of(method, missing)
    observed, x = torch.as_tensor(~missing), torch.rand(30, 4)
    seen = random_part(observed, 1, torch.rand(30, 4))
    loss = transport._loss(x, observed, seen)
    assert torch.equal(loss, transport._loss(torch.where(observed, x, 9.0), observed, seen))
    error = (transport._training.network(x, seen) - x).square()
    expected = error[seen].mean() + error[observed & ~seen].mean()
    assert float(loss.detach()) == pytest.approx(float(expected.detach()), rel=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_the_point_comes_near_the_conditional_mean(method):
    x, missing = gaussian_table(300, COVARIANCE, 0.3)
    made = method(epochs=40, batch=32, width=16, depth=1, decoder_depth=1, heads=2, warm_up=4, learning_rate=5e-3)
    imputation = made.fit(problem_of(np.where(missing, np.nan, x))).impute()
    exact = conditional_means(x, missing, COVARIANCE)
    apart = np.sqrt(np.mean((imputation.point - exact)[missing] ** 2))
    assert apart < 0.4 * np.sqrt(np.mean(exact[missing] ** 2))
    assert imputation.draws.shape == (1, *x.shape)


@pytest.mark.parametrize(
    ("method", "parameters", "said"),
    [
        (ReMasker, {"masked": 1.0}, "method.masked="),
        (ReMasker, {"width": 10, "heads": 4}, "method.width=10"),
        (ReMasker, {"width": 3, "heads": 1}, "method.width=3"),
        (Cacti, {"copied": 1.5}, "method.copied="),
        (Cacti, {"epochs": 0}, "method.epochs="),
    ],
)
def test_refuses_parameters_without_a_meaning(method, parameters, said):
    with pytest.raises(UserError, match=said):
        method(**parameters).check()
