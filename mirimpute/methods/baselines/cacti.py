"""CACTI's copy masking: a masked autoencoder that hides what other rows miss.

What is kept of the objective, and what is approximated, is said in
:mod:`mirimpute.methods.baselines.masked_autoencoder`. The hidden entries are those that a random row of the table
misses (with probability ``copied``, else none): pairs come from q x P_M, with the patterns of the table. If fewer than
two entries would stay, none is hidden. A row shows at most as many entries as the median row of its batch; a random
part of its other entries is hidden as well (median truncated copy masking).

The paper also reads an embedding of each column's name by a language model. Its weights are no part of this package, so
this is the paper's ablation without them (CMAE).

Reference: Gorla et al., "CACTI: Leveraging Copy Masking and Contextual Information to Improve Tabular Data Imputation",
ICML 2025 (arXiv 2506.02306).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mirimpute.methods.base import Problem
from mirimpute.methods.baselines.masked_autoencoder import MaskedAutoencoding, MaskingTransport, random_part
from mirimpute.methods.parameters import Count, CountOrZero, Part
from mirimpute.types import Progress, lazy

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy("torch")

_FEWEST = 2


@dataclass
class Cacti(MaskedAutoencoding):
    """Predict the missing entries by an autoencoder of rows that are masked by the patterns of others.

    The other parameters are in :class:`mirimpute.methods.baselines.masked_autoencoder.MaskedAutoencoding`.

    Attributes:
        copied: probability of hiding what another row misses.
    """

    name: str = "cacti"
    batch: Count = 128
    width: Count = 64
    depth: Count = 10
    warm_up: CountOrZero = 50
    copied: Part = 0.9

    def _transport(self, problem: Problem, progress: Progress) -> MaskingTransport:
        return CactiTransport(self, problem, progress)


class CactiTransport(MaskingTransport):
    """Masked autoencoder whose masks are patterns of the table."""

    settings: Cacti

    def _seen(self, observed: Tensor, patterns: Tensor) -> Tensor:
        n = len(observed)
        shown = observed & patterns[self._choose(len(patterns), n)]
        kept = (self._rand(n, 1) < self.settings.copied) & (shown.sum(dim=1, keepdim=True) >= _FEWEST)
        shown = torch.where(kept, shown, observed)
        most = int(shown.sum(dim=1).median().clamp_min(1))
        return random_part(shown, most, self._rand(*shown.shape))
