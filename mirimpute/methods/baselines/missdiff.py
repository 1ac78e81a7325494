"""MissDiff: a diffusion of whole rows, trained on observed entries, conditioned by inpainting.

KL(P_{X(g), M} || q x P_M) = KL(P_{X_obs, M} || q(x_obs) P_M) + E KL(P(x_miss | x_obs, M) || q(x_miss | x_obs)). No g
moves the first term. The second is kept and is 0 for a draw from q(x_miss | x_obs); what is approximated:

- the score of q(x), whole rows, by a denoiser whose loss counts observed entries only,

      E || observed * (x - x_hat(x_t, t)) ||^2    (equation 6, as a prediction of the data)

  so that each column is learnt from the rows that observe it. Under MCAR that is the score of the complete rows
  (theorem 3.2). Entries that a row misses enter the denoiser as noised completions of the round before (the
  paper: as zeros) and are no targets;
- conditioning. The score is that of the joint law, so the reverse process is told of x_obs by putting the
  noised observed entries in place after every step. The state then does not follow q(x_t | x_obs); going
  back and forth several times between neighbouring times, a Gibbs sampler of both, brings it near (Lugmayr et al.,
  "RePaint", CVPR 2022). The limit of many repetitions is exact at small noise only, so the draw is biased.

The mean is that of the draws: the prediction at t = 1 is no conditional mean here, because nothing of x_obs is known
there.

Reference: Ouyang, Xie, Li, Cheng, "MissDiff: Training Diffusion Models on Tabular Data with Missing Values", ICML 2023
workshop (arXiv 2307.00467).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mirimpute.methods.base import Fitted, Problem
from mirimpute.methods.baselines.diffusion import Diffusion, DiffusionTransport, ancestral_step, clipped, renoise
from mirimpute.methods.baselines.neural import by_rows, run
from mirimpute.methods.loop import fill_draws
from mirimpute.methods.parameters import Count
from mirimpute.types import Progress, lazy, no_progress

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy("torch")


@dataclass
class MissDiff(Diffusion):
    """Draw the missing entries by inpainting with a diffusion of whole rows that was trained on observed entries.

    The other parameters are in :class:`mirimpute.methods.baselines.diffusion.Diffusion`.

    Attributes:
        repeats: times that each step of the reverse process is taken, with a step back between them.
        draws: completed tables; the point is their mean, which has the error of a draw divided by their number on top.
    """

    version: ClassVar[int] = 3

    name: str = "missdiff"
    repeats: Count = 5
    draws: Count = 20

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Complete the table."""
        return run(problem, MissDiffTransport(self, problem, progress), "draw", fill_draws)


class MissDiffTransport(DiffusionTransport):
    """Diffusion of whole rows."""

    settings: MissDiff

    def _hidden(self, missing: Tensor) -> Tensor:
        return torch.ones_like(missing)

    def _features(self, expected: Tensor, x: Tensor, hidden: Tensor) -> Tensor:
        return clipped(expected)

    def _means(self, chains: Tensor, missing: Tensor) -> Tensor:
        return self._draws(chains, missing).mean(dim=0, keepdim=True).expand_as(chains)

    def _draws(self, chains: Tensor, missing: Tensor) -> Tensor:
        def draw(x: Tensor, hidden: Tensor) -> Tensor:
            steps, state = self.settings.solver_steps, self._randn(*x.shape)
            for number in range(steps, 0, -1):
                t, earlier = number / steps, (number - 1) / steps
                for repeat in range(self.settings.repeats if number > 1 else 1):
                    if repeat:
                        state = renoise(state, earlier, t, self._randn(*x.shape))
                    predicted = self._predict(state, x, hidden, t)
                    drawn = ancestral_step(state, predicted, t, earlier, self._randn(*x.shape))
                    known = renoise(x, 0.0, earlier, self._randn(*x.shape))
                    state = torch.where(hidden, drawn, known)
            return state

        return by_rows(draw, chains, missing)
