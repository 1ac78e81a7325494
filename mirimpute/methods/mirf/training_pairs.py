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
        weights, spread, factors: (p, d, d), (p, d) and (p, d, d), see ``GaussianModel.regression``.
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
    n, d = missing.shape
    incomplete = torch.nonzero(missing.any(dim=1))[:, 0]

    def some(high: int, count: int) -> Tensor:
        return torch.randint(high, (count,), generator=generator, device=missing.device)

    room = max(_PATTERN_BYTES // (8 * d * d) // 4, 32)
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
    target_weight: Tensor,
    *,
    own_hidden_fraction: float,
    source: str,
    shape: tuple[int, int, int],
    generator: torch.Generator,
) -> tuple[Rows, Tensor, Tensor]:
    """Return rows (*shape, d), the weights of their entries as targets, zero where they are not hidden, and sources.

    Args:
        chains: (chains, n, d), the completed rows.
        patterns, base: what to hide, and what predicts it.
        target_weight: (n, d), weight of each entry of the table as a target.
        own_hidden_fraction: fraction of the pairs whose row's own missing entries stay hidden.
        source: where the flow of each pair starts: "noise", with the correlation that the base gives the hidden
            entries, or "imputation", other completed rows.
        shape: (batches, members, batch size).
        generator: on the device of ``chains``.
    """
    n_chains, n, d = chains.shape
    size = shape[0] * shape[1] * shape[2]

    def some(high: int) -> Tensor:
        return torch.randint(high, (size,), generator=generator, device=chains.device)

    alone = torch.rand((size,), generator=generator, device=chains.device) < own_hidden_fraction
    union = patterns.n_shared + some(len(patterns.hidden) - patterns.n_shared)
    pattern = torch.where(alone, union, some(patterns.n_shared))
    row = torch.where(alone, patterns.row[union], some(n))
    values = chains[some(n_chains), row]
    hidden = patterns.hidden[pattern]
    mean = base.apply(patterns.weights, pattern, values)
    if source == "noise":
        start = torch.randn(values.shape, generator=generator, device=chains.device)
        start = base.mix(patterns.factors, pattern, start)
    else:
        start = other_rows(chains, values.shape[:-1], generator)
    parts = [values, hidden, mean, patterns.spread[pattern], target_weight[row] * hidden, start]
    values, hidden, mean, spread, weight, start = (part.reshape(*shape, d) for part in parts)
    return Rows(values, hidden, mean, spread), weight, start


def other_rows(chains: Tensor, shape: torch.Size, generator: torch.Generator) -> Tensor:
    """Return random rows (*shape, d) of the completed tables ``chains`` (chains, n, d)."""
    n_chains, n, d = chains.shape
    return chains.reshape(-1, d)[torch.randint(n_chains * n, shape, generator=generator, device=chains.device)]
