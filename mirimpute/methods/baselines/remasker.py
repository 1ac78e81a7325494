"""ReMasker: a masked autoencoder that hides random observed entries again.

What is kept of the objective, and what is approximated, is said in
:mod:`mirimpute.methods.baselines.masked_autoencoder`. Which entries are hidden is drawn anew for each row and epoch,
independent of everything, as under MCAR: of d columns int(d (1 - masked)) stay visible at most. The released code fills
up rows that observe fewer by missing entries, read as the smallest value; here such a row shows what it has.

Reference: Du, Melis, Wang, "ReMasker: Imputing Tabular Data with Masked Autoencoding", ICLR 2024 (arXiv 2309.13793).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mirimpute.methods.base import Problem
from mirimpute.methods.baselines.masked_autoencoder import MaskedAutoencoding, MaskingTransport, random_part
from mirimpute.methods.parameters import Fraction
from mirimpute.types import Progress

if TYPE_CHECKING:
    from torch import Tensor


@dataclass
class ReMasker(MaskedAutoencoding):
    """Predict the missing entries by an autoencoder of randomly masked rows.

    The other parameters are in :class:`mirimpute.methods.baselines.masked_autoencoder.MaskedAutoencoding`.

    Attributes:
        masked: share of the columns that are hidden in each row, missing ones among them.
    """

    name: str = "remasker"
    masked: Fraction = 0.5

    def _transport(self, problem: Problem, progress: Progress) -> MaskingTransport:
        return ReMaskerTransport(self, problem, progress)


class ReMaskerTransport(MaskingTransport):
    """Masked autoencoder whose masks are random."""

    settings: ReMasker

    def _seen(self, observed: Tensor, patterns: Tensor) -> Tensor:
        shown = max(1, int(observed.shape[1] * (1 - self.settings.masked)))
        return random_part(observed, shown, self._rand(*observed.shape))
