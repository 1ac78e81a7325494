"""Pairs, predictions and their identities."""

import numpy as np
import pytest
import torch

from mirimpute.flow.network import ResidualNetwork
from mirimpute.flow.path import velocity
from mirimpute.flow.solver import integrate
from mirimpute.methods.expectation_maximisation import fit_em
from mirimpute.methods.mirf.prediction import Predictor
from mirimpute.methods.mirf.rows import Rows
from mirimpute.methods.mirf.training_pairs import draw_pairs, draw_patterns
from mirimpute.methods.mirf.validation import Fit
from tests.methods.conftest import correlated


@pytest.fixture
def table():
    _, x_incomplete = correlated(n=60, d=4, rate=0.4)
    missing = torch.as_tensor(np.isnan(x_incomplete))
    values = torch.as_tensor(np.nan_to_num(x_incomplete))
    base = fit_em(values, ~missing, 0.05)
    return x_incomplete, missing, values.float(), base


def _network(predictor, d):
    """A network whose output is not zero, as it would be before training."""
    network = ResidualNetwork(predictor.n_features, d, 16, 1, 0.0, torch.Generator().manual_seed(0))
    with torch.no_grad():
        network.leave.weight.normal_(generator=torch.Generator().manual_seed(1))
    return network


def test_patterns_are_those_of_incomplete_rows_or_unions_with_the_rows_own(table):
    _, missing, _, base = table
    patterns = draw_patterns(missing, base, torch.Generator().manual_seed(0))
    own = {tuple(row) for row in missing.tolist() if any(row)}
    assert {tuple(row) for row in patterns.hidden[: patterns.n_shared].tolist()} == own
    union, row = patterns.hidden[patterns.n_shared :], patterns.row[patterns.n_shared :]
    assert (missing[row] <= union).all()
    assert not patterns.partial


def test_pairs_have_targets_that_are_data_and_know_what_the_base_says(table):
    _, missing, values, base = table
    generator = torch.Generator().manual_seed(0)
    patterns = draw_patterns(missing, base, generator)
    chains = torch.where(missing, 77.0, values).expand(3, *values.shape)  # completions that would be noticed
    rows, targets, starts = draw_pairs(
        chains,
        patterns,
        base,
        ~missing,
        own_hidden_fraction=0.5,
        shape=(4, 50),
        generator=generator,
    )
    assert rows.values.shape == targets.shape == starts.shape == (4, 50, 4)
    assert targets.any()
    assert (targets <= rows.hidden).all()
    assert (rows.values[targets] != 77.0).all()  # a completion is never a target
    values, hidden = rows.values.reshape(-1, 4), rows.hidden.reshape(-1, 4)
    mean, spread = base.condition(values, ~hidden)
    assert torch.allclose(rows.mean.reshape(-1, 4)[hidden], mean[hidden], rtol=1e-3, atol=1e-3)
    assert torch.allclose(rows.spread.reshape(-1, 4)[hidden], spread[hidden], rtol=1e-3, atol=1e-3)
    assert (rows.values[~rows.hidden] == 77.0).any()  # but it is a condition


def test_prediction_at_tau_0_does_not_depend_on_the_noise(table):
    x_incomplete, missing, values, base = table
    predictor = Predictor.of(x_incomplete, torch.device("cpu"))
    network = _network(predictor, 4)
    rows = Rows(values, missing, *base.condition(values, ~missing))
    noise = torch.randn((2, 60, 4), generator=torch.Generator().manual_seed(0))
    tau = torch.zeros(60, 1)
    first, second = (predictor.predict(network, part, rows, tau) for part in noise)
    assert torch.equal(first, second)
    later = [predictor.predict(network, part, rows, tau + 0.5) for part in noise]
    assert not torch.allclose(*later)


def test_draws_end_near_where_the_flow_of_the_predictions_ends(table):
    """They are integrated in other coordinates, and what stays of a row enters the network once: the same curve."""
    x_incomplete, missing, values, base = table
    predictor = Predictor.of(x_incomplete, torch.device("cpu"))
    network = _network(predictor, 4)
    rows = Rows(values, missing, *base.condition(values, ~missing))
    start = torch.randn((2, 60, 4), generator=torch.Generator().manual_seed(0))

    def speed(x, tau):
        time = x.new_full((60, 1), tau)
        return velocity(predictor.predict(network, x, rows, time), x, time)

    with torch.no_grad():
        ends = torch.stack([integrate(speed, each, 4000, "heun") for each in start])
    exact = ends.clamp(predictor.lowest, predictor.highest)[:, missing]
    drawn = predictor.draw(network, rows, start, correction_weight=1.0)[:, missing]
    without = predictor.draw(network, rows, start, correction_weight=0.0)[:, missing]
    assert float((drawn - exact).abs().mean()) < 0.2 * float((without - exact).abs().mean())


def test_the_base_is_drawn_exactly(table):
    x_incomplete, missing, values, base = table
    predictor = Predictor.of(x_incomplete, torch.device("cpu"))
    rows = Rows(values, missing, *base.condition(values, ~missing))
    narrow = Rows(values, missing, rows.mean, 0.02 * rows.spread)
    noise = torch.randn((2, 60, 4), generator=torch.Generator().manual_seed(0))
    drawn = predictor.draw(_network(predictor, 4), narrow, noise, correction_weight=0.0)
    wanted = (narrow.mean + narrow.spread * noise).clamp(predictor.lowest, predictor.highest)
    assert torch.allclose(drawn[:, missing], wanted[:, missing], atol=1e-5)


def test_hidden_entries_are_never_read(table):
    x_incomplete, missing, values, base = table
    predictor = Predictor.of(x_incomplete, torch.device("cpu"))
    network = _network(predictor, 4)
    mean, spread = base.condition(values, ~missing)
    answers = [
        predictor.mean(network, Rows(torch.where(missing, poison, values), missing, mean, spread))
        for poison in (0.0, 1e30)
    ]
    assert torch.equal(*answers)


def test_without_correction_the_base_answers(table):
    x_incomplete, missing, values, base = table
    predictor = Predictor.of(x_incomplete, torch.device("cpu"))
    network = _network(predictor, 4)
    rows = Rows(values, missing, *base.condition(values, ~missing))
    point = predictor.mean(network, rows, correction_weight=0.0)
    assert torch.allclose(point[missing], rows.mean[missing], atol=1e-6)
    assert not torch.allclose(
        predictor.mean(network, rows, correction_weight=1.0)[missing], rows.mean[missing], atol=1e-3
    )


def test_draws_keep_what_is_seen_and_give_every_chain_its_own_noise(table):
    x_incomplete, missing, values, base = table
    predictor = Predictor.of(x_incomplete, torch.device("cpu"))
    rows = Rows(values, missing, *base.condition(values, ~missing))
    noise = torch.randn((3, 60, 4), generator=torch.Generator().manual_seed(0))
    draws = predictor.draw(_network(predictor, 4), rows, noise, correction_weight=0.5)
    assert draws.shape == (3, 60, 4)
    assert (draws[:, ~missing] == values[~missing]).all()
    assert not torch.allclose(draws[0][missing], draws[2][missing])


def test_the_correction_weight_is_the_least_squares_weight_kept_between_0_and_1():
    generator = torch.Generator().manual_seed(0)
    correction = torch.randn(1000, generator=generator)
    noise = torch.randn(1000, generator=generator)
    for slope, expected in ((0.4, 0.4), (1.7, 1.0), (-0.5, 0.0)):
        fit = Fit()
        fit.add(correction[:500], (slope * correction + 0.1 * noise)[:500])
        fit.add(correction[500:], (slope * correction + 0.1 * noise)[500:])
        assert fit.correction_weight == pytest.approx(expected, abs=0.02)
        left = slope * correction + 0.1 * noise - fit.correction_weight * correction
        assert fit.error == pytest.approx(float(left.square().mean().sqrt()), rel=1e-4)
