"""GAIN: a generator of missing entries against a discriminator that predicts the pattern.

KL(P_{X(g), M} || q x P_M) = I(X(g); M) + KL(Q_X || q), with Q_X the law of the completed rows.

- The first term is kept. Given a hint h, which tells most of the pattern, a discriminator D bounds it from below:
  I(X(g); M | h) >= H(M | h) - CE(D), with equality for D = P(m = 1 | X(g), h). The generator G raises the same
  cross-entropy (its part on missing entries, as Goodfellow et al. 2014 do); at the saddle point no D beats P(m = 1 | h)
  and completed rows say nothing of the pattern (theorem 1 of the paper).
- The second is replaced by a reconstruction of observed entries, ``reconstruction`` times their squared error. The
  information alone does not say which value goes with which x_obs: any g that makes X(g) and M independent is a
  solution.

With the pattern m (1 = seen), noise z and hints b, h = b m + (1 - b) / 2,

    x_bar = m x + (1 - m) G(m x + (1 - m) z, m),        p = D(x_bar, h),
    D minimises  - mean over b = 0 of  m log p + (1 - m) log(1 - p),
    G minimises  - mean over b = 0, m = 0 of  log p  +  reconstruction x mean squared error.

One thing is added: in training, a fraction ``hidden_fraction`` of the observed entries is hidden from the generator, so
m is the table's pattern with more holes, and the reconstruction counts these entries too. With 0 it is the paper's,
which rewards copying only, and what G returns for missing entries is learnt from the discriminator alone.

Reference: Yoon, Jordon, van der Schaar, "GAIN: Missing Data Imputation using Generative Adversarial Nets", ICML 2018.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from mirimpute.methods.base import Fitted, Method, Problem
from mirimpute.methods.baselines.neural import LIBRARIES, NeuralTransport, by_rows, run
from mirimpute.methods.loop import fill_means
from mirimpute.methods.parameters import Amount, Count, Decay, Fraction, Positive
from mirimpute.types import Progress, lazy, no_progress

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from mirimpute.flow.network import Perceptron
else:
    torch = lazy("torch")


@dataclass
class Gain(Method):
    """Complete rows so that a discriminator cannot tell which of their entries were missing.

    Attributes:
        steps, batch: of the adversarial training; a step is one of each network.
        width: of the two hidden layers of generator and discriminator.
        hint_rate: fraction of the pattern that the discriminator is told.
        reconstruction: weight of the squared error of observed entries (the paper's alpha).
        hidden_fraction: fraction of the observed entries that training hides from the generator (0: the paper's).
        noise: standard deviation of the noise that the generator reads in place of missing entries.
        learning_rate, weight_decay, average: of AdamW and of the moving average of the weights.
        draws: completed tables to return, each with other noise.
        draws_of_mean: passes of the generator that the point is the mean of.
    """

    version: ClassVar[int] = 3
    libraries: ClassVar[tuple[str, ...]] = LIBRARIES

    name: str = "gain"
    steps: Count = 2000
    batch: Count = 128
    width: Count = 256
    hint_rate: Fraction = 0.5
    reconstruction: Amount = 50.0
    hidden_fraction: Fraction = 0.3
    noise: Amount = 0.02
    learning_rate: Positive = 2e-3
    weight_decay: Decay = 0.01
    average: Fraction = 0.998
    draws: Count = 20
    draws_of_mean: Count = 20

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Complete the table."""
        return run(problem, GainTransport(self, problem, progress), "draw", fill_means, ask_mean=True)


def discriminator_loss(logits: Tensor, seen: Tensor, asked: Tensor) -> Tensor:
    """Return the cross-entropy of the pattern over the entries that the hint leaves open; all (n, d)."""
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(logits, seen.to(logits.dtype), reduction="none")
    return _mean_where(asked, entropy)


def adversarial_loss(logits: Tensor, seen: Tensor, asked: Tensor) -> Tensor:
    """Return the mean of -log p over generated entries that the hint leaves open: what hides them from D."""
    return _mean_where(asked & ~seen, torch.nn.functional.softplus(-logits))


def _mean_where(which: Tensor, values: Tensor) -> Tensor:
    return torch.where(which, values, 0.0).sum() / which.sum().clamp_min(1)


class GainTransport(NeuralTransport):
    """Generator and discriminator of equal size."""

    settings: Gain

    def __init__(self, settings: Gain, problem: Problem, progress: Progress) -> None:
        from mirimpute.flow.network import Perceptron

        super().__init__(settings, problem, progress)
        d, width = problem.x_incomplete.shape[1], settings.width
        self._generating, self._judging = (
            self._trainer(Perceptron([2 * d, width, width, d], self._first, torch.nn.SiLU)) for _ in range(2)
        )

    def _learn(self, chains: Tensor, missing: Tensor) -> dict[str, Any]:
        settings, x_all, losses = self.settings, chains[0], (0.0, 0.0, 0.0)
        for number in range(settings.steps):
            self._report(number, settings.steps)
            rows = self._choose(len(x_all), settings.batch)
            x, observed = x_all[rows], ~missing[rows]
            seen = observed & (self._rand(*x.shape) >= settings.hidden_fraction)
            asked = self._rand(*x.shape) >= settings.hint_rate
            hint = torch.where(asked, 0.5, seen.to(x.dtype))
            made = self._generate(self._generating.network, x, seen)
            completed = torch.where(seen, x, made)
            judged = self._judge(completed.detach(), hint)
            of_discriminator = self._step(self._judging, discriminator_loss(judged, seen, asked))
            adversarial = adversarial_loss(self._judge(completed, hint), seen, asked)
            squared = _mean_where(observed, (made - x).square())
            self._step(self._generating, adversarial + settings.reconstruction * squared)
            losses = (of_discriminator, float(adversarial.detach()), float(squared.detach()))
        names = ("discriminator_loss", "adversarial_loss", "reconstruction_loss")
        of_generator = losses[1] + settings.reconstruction * losses[2]
        return {"loss": of_generator, **dict(zip(names, losses, strict=True))}

    def _generate(self, generator: Perceptron, x: Tensor, seen: Tensor) -> Tensor:
        noisy = torch.where(seen, x, self.settings.noise * self._randn(*x.shape))
        made: Tensor = generator(torch.cat([noisy, seen.to(x.dtype)], dim=-1))
        return made

    def _judge(self, completed: Tensor, hint: Tensor) -> Tensor:
        logits: Tensor = self._judging.network(torch.cat([completed, hint], dim=-1))
        return logits

    def _means(self, chains: Tensor, missing: Tensor) -> Tensor:
        many = self._draws(chains[:1].expand(self.settings.draws_of_mean, *chains.shape[1:]), missing)
        return many.mean(dim=0, keepdim=True).expand_as(chains)

    def _draws(self, chains: Tensor, missing: Tensor) -> Tensor:
        def draw(x: Tensor, hidden: Tensor) -> Tensor:
            return self._generate(self._generating.averaged, x, ~hidden)

        return by_rows(draw, chains, missing)
