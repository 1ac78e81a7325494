"""Training pairs from q_{t-1} x P_M: completed rows of random chains, under patterns of other rows."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mirimpute.methods.gaussian import GaussianModel
from mirimpute.methods.mirf.rows import Rows

_PATTERN_BYTES = 256 * 2**20


@dataclass(frozen=True)
class Patterns:
    """Patterns to hide, with the regressions of the Gaussian base; the first ``n_shared`` suit every row.

    Attributes:
        hidden: bool (p, d).
        weights, spread, factors: (p, ...), (p, d) and (p, ...), see ``GaussianModel.regression``.
        row: (p,), the row whose own missing entries the pattern contains (of no meaning for the shared ones).
        n_shared: number of the patterns that suit every row.
        partial: whether they are a random part of all, to be drawn anew each round.
    """

    hidden: Tensor
    weights: Tensor
    spread: Tensor
    factors: Tensor
    row: Tensor
    n_shared: int
    partial: bool


def draw_patterns(missing: Tensor, base: GaussianModel, generator: torch.Generator) -> Patterns:
    """Return patterns of incomplete rows, and unions of a row's own with another's.

    All of the former where their regressions fit into a quarter of 256 MiB, else a random part; three times as many of
    the latter.

    Args:
        missing: bool (n, d), with at least one entry.
        base: the Gaussian base of training.
        generator: on the device of ``missing``.
    """
    n = len(missing)
    incomplete = torch.nonzero(missing.any(dim=1))[:, 0]

    def some(high: int, count: int) -> Tensor:
        return torch.randint(high, (count,), generator=generator, device=missing.device)

    room = max(_PATTERN_BYTES // (4 * base.cells_of_pattern) // 4, 32)
    partial = len(incomplete) > room
    shared = missing[incomplete[some(len(incomplete), room)]] if partial else missing[incomplete]
    row = some(n, min(3 * room, 3 * n))
    hidden = torch.cat([shared, missing[row] | missing[incomplete[some(len(incomplete), len(row))]]])
    return Patterns(
        hidden,
        *base.regression(~hidden, torch.float32),
        torch.cat([row.new_zeros(len(shared)), row]),
        len(shared),
        partial,
    )


def draw_pairs(
    chains: Tensor,
    patterns: Patterns,
    base: GaussianModel,
    is_target: Tensor,
    *,
    own_hidden_fraction: float,
    shape: tuple[int, int],
    generator: torch.Generator,
) -> tuple[Rows, Tensor, Tensor]:
    """Return rows (*shape, d), which of their entries are targets, bool, and where the flow starts.

    It starts from noise with the correlation that the base gives the hidden entries of the pair.

    Args:
        chains: (chains, n, d), the completed rows.
        patterns, base: what to hide, and what predicts it.
        is_target: bool (n, d), entries of the table that may be targets.
        own_hidden_fraction: fraction of the pairs whose row's own missing entries stay hidden.
        shape: (batches, batch size).
        generator: on the device of ``chains``.
    """
    n_chains, n, d = chains.shape
    size = shape[0] * shape[1]

    def some(high: int) -> Tensor:
        return torch.randint(high, (size,), generator=generator, device=chains.device)

    alone = torch.rand((size,), generator=generator, device=chains.device) < own_hidden_fraction
    union = patterns.n_shared + some(len(patterns.hidden) - patterns.n_shared)
    pattern = torch.where(alone, union, some(patterns.n_shared))
    row = torch.where(alone, patterns.row[union], some(n))
    values = chains[some(n_chains), row]
    hidden = patterns.hidden[pattern]
    mean = base.apply(patterns.weights, pattern, values)
    start = torch.randn(values.shape, generator=generator, device=chains.device)
    start = base.mix(patterns.factors, pattern, start)
    parts = [values, hidden, mean, patterns.spread[pattern], is_target[row] & hidden, start]
    values, hidden, mean, spread, targets, start = (part.reshape(*shape, d) for part in parts)
    return Rows(values, hidden, mean, spread), targets, start
