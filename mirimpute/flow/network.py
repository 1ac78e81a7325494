"""Networks: a plain perceptron, and a residual one that knows the time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

_WIDTH = 8


class Perceptron(nn.Sequential):
    """Plain multilayer perceptron with an activation between its layers.

    Weights and biases start uniform on ±1 / sqrt(n_in), torch's default, drawn from ``generator`` (on the CPU).

    Args:
        sizes: units of the input, of each hidden layer, and of the output.
        generator: of the initial weights.
        activation: makes the module between two layers.
    """

    def __init__(self, sizes: Sequence[int], generator: torch.Generator, activation: type[nn.Module] = nn.ReLU) -> None:
        layers: list[nn.Module] = []
        for n_in, n_out in pairwise(sizes):
            linear = nn.utils.skip_init(nn.Linear, n_in, n_out)
            for parameter in linear.parameters():
                with torch.no_grad():
                    parameter.uniform_(-1 / math.sqrt(n_in), 1 / math.sqrt(n_in), generator=generator)
            layers += [linear, activation()]
        super().__init__(*layers[:-1])


class _Linear(nn.Module):
    """A linear layer, (batch, n_in) to (batch, n_out), whose weights start normal, of variance 1 / n_in."""

    def __init__(self, n_in: int, n_out: int, generator: torch.Generator, scale: float = 1.0) -> None:
        super().__init__()
        weight = torch.randn(n_in, n_out, generator=generator) * (scale / math.sqrt(n_in))
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(torch.zeros(1, n_out))

    def forward(self, x: Tensor) -> Tensor:
        """Return x W + b.

        Without gradients, by a product whose width is a multiple of 8: in others the last bits of a row may depend on
        its place among the rows.
        """
        more = -self.weight.shape[-1] % _WIDTH
        if torch.is_grad_enabled() or not more:
            return torch.addmm(self.bias, x, self.weight)
        weight, bias = (functional.pad(each, (0, more)) for each in (self.weight, self.bias))
        return torch.addmm(bias, x, weight)[:, : self.weight.shape[-1]].contiguous()


class _Block(nn.Module):
    """x + W2 dropout(silu(W1 norm(x)))."""

    def __init__(self, width: int, generator: torch.Generator) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(1, width))
        self.first = _Linear(width, width, generator)
        self.second = _Linear(width, width, generator)

    def forward(self, x: Tensor, kept: Tensor | None) -> Tensor:
        hidden = functional.layer_norm(x, x.shape[-1:]) * self.gain
        hidden = functional.silu(self.first(hidden))
        return x + self.second(hidden if kept is None else hidden * kept)


class ResidualNetwork(nn.Module):
    """Residual multilayer perceptron with Fourier features of tau; its output is 0 before any training.

    Args:
        n_in, n_out: features and outputs.
        width, blocks: of the hidden layers.
        dropout: fraction of hidden units dropped in training.
        generator: of the initial weights (on the CPU).
    """

    FREQUENCIES = 8
    frequencies: Tensor

    def __init__(
        self, n_in: int, n_out: int, width: int, blocks: int, dropout: float, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.width = width
        self.dropout = dropout
        frequencies = torch.exp(torch.linspace(0.0, math.log(30.0), self.FREQUENCIES))
        self.register_buffer("frequencies", frequencies)
        self.enter = _Linear(n_in + 2 * self.FREQUENCIES + 1, width, generator)
        self.blocks = nn.ModuleList(_Block(width, generator) for _ in range(blocks))
        self.leave = _Linear(width, n_out, generator, scale=0.0)

    def inputs(self, features: Tensor, tau: Tensor) -> Tensor:
        """Return what :meth:`forward` reads: the features of tau, 17 of them, then ``features``.

        Args:
            features: (..., n_in), or the first of them, where :meth:`entered` has the others.
            tau: (..., 1), in [0, 1].
        """
        angle = tau * self.frequencies
        # Together as large as one feature: with few columns, the features of tau would outweigh those of the table.
        time = torch.cat([tau, torch.sin(angle), torch.cos(angle)], dim=-1) / math.sqrt(self.FREQUENCIES)
        return torch.cat([time, features], dim=-1)

    def entered(self, last: Tensor) -> Tensor:
        """Return what the last features add to the first layer, (batch, width), to be computed once.

        Args:
            last: (batch, k), the last k of the features.
        """
        return torch.addmm(self.enter.bias, last, self.enter.weight[len(self.enter.weight) - last.shape[1] :])

    def dropped(self, shape: tuple[int, ...], generator: torch.Generator) -> Tensor | None:
        """Return factors of the hidden units for training, (*shape, width), 0 or 1 / (1 - dropout); None without."""
        if self.dropout == 0:
            return None
        kept = torch.rand((*shape, self.width), generator=generator, device=generator.device) >= self.dropout
        return kept / (1 - self.dropout)

    def forward(self, inputs: Tensor, kept: Tensor | None = None, entered: Tensor | None = None) -> Tensor:
        """Return (batch, n_out).

        Args:
            inputs: (batch, 17 + n_in), see :meth:`inputs`, or the first of them.
            kept: (blocks, batch, width), see :meth:`dropped`; None switches dropout off.
            entered: what the other inputs add, see :meth:`entered`.
        """
        here = self.enter.weight[: inputs.shape[1]]
        x = self.enter(inputs) if entered is None else torch.addmm(entered, inputs, here)
        for number, block in enumerate(self.blocks):
            x = block(x, None if kept is None else kept[number])
        return self.leave(functional.silu(functional.layer_norm(x, x.shape[-1:])))
