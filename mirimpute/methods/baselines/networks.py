"""The networks that only one baseline has: the latent variable model of miwae, and the invertible map of tdm.

They stand beside their methods because defining a network loads torch, which listing methods must not.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from mirimpute.flow.network import Perceptron

_LEAST_SCALE = 0.05
_LEAST_FREEDOM = 3.0
_LARGEST_LOG_SPREAD = 5.0
_LARGEST_INPUT = 8.0


class LatentVariableModel(nn.Module):
    """Encoder e(z | x_obs), normal, and decoder p(x | z), Student-t for each column.

    Args:
        n_columns: d.
        latent: dimensions of z.
        width: of the two hidden layers of each.
        generator: of the initial weights.
    """

    def __init__(self, n_columns: int, latent: int, width: int, generator: torch.Generator) -> None:
        super().__init__()
        self.encoder = Perceptron([2 * n_columns, width, width, 2 * latent], generator, nn.SiLU)
        self.decoder = Perceptron([latent, width, width, 2 * n_columns], generator, nn.SiLU)
        self.freedom = nn.Parameter(torch.full((n_columns,), 2.0))

    def encode(self, x: Tensor, observed: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and standard deviation (n, latent) of z given the observed entries of ``x`` (n, d)."""
        seen = torch.where(observed, x, 0.0).clamp(-_LARGEST_INPUT, _LARGEST_INPUT)
        mean, log_spread = self.encoder(torch.cat([seen, observed.to(x.dtype)], dim=-1)).chunk(2, dim=-1)
        return mean, log_spread.clamp(-_LARGEST_LOG_SPREAD, _LARGEST_LOG_SPREAD).exp()

    def decode(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return location and scale (..., d) of the columns given ``z`` (..., latent)."""
        location, scale = self.decoder(z).chunk(2, dim=-1)
        return location, _LEAST_SCALE + functional.softplus(scale)

    def degrees(self) -> Tensor:
        """Return the degrees of freedom of each column, (d,), above 3."""
        return _LEAST_FREEDOM + functional.softplus(self.freedom).square()

    def log_density(self, x: Tensor, location: Tensor, scale: Tensor) -> Tensor:
        """Return log p(x | z) of each entry."""
        nu = self.degrees()
        constant = torch.lgamma((nu + 1) / 2) - torch.lgamma(nu / 2) - (nu * math.pi).log() / 2
        return constant - scale.log() - (nu + 1) / 2 * torch.log1p(((x - location) / scale) ** 2 / nu)

    def log_weights(
        self, x: Tensor, observed: Tensor, count: int, generator: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Draw ``count`` latents for each row and weigh them.

        Args:
            x: (n, d); entries that are not observed are not used.
            observed: bool (n, d).
            count: K.
            generator: on the device of ``x``.

        Returns:
            log p(x_obs | z) p(z) / e(z | x_obs), (count, n), and location and scale of the columns, (count, n, d).
        """
        mean, spread = self.encode(x, observed)
        noise = torch.randn((count, *mean.shape), generator=generator, device=x.device)
        z = mean + spread * noise
        location, scale = self.decode(z)
        likelihood = (self.log_density(x, location, scale) * observed).sum(dim=-1)
        ratio = -z.square().sum(dim=-1) / 2 + noise.square().sum(dim=-1) / 2 + spread.log().sum(dim=-1)
        return likelihood + ratio, location, scale


class VolumePreserving(nn.Module):
    """Alternating rotations and additive couplings, the identity up to a rotation before any training.

    Args:
        n_columns: d; with one column there is nothing to couple and the map is ±1.
        layers: couplings.
        width: of the hidden layer of each.
        generator: of rotations and weights (on the CPU).
    """

    def __init__(self, n_columns: int, layers: int, width: int, generator: torch.Generator) -> None:
        super().__init__()
        self.n_kept = n_columns // 2
        random = torch.randn((layers, n_columns, n_columns), generator=generator)
        self.register_buffer("rotations", torch.linalg.qr(random).Q)
        sizes = [self.n_kept, width, n_columns - self.n_kept]
        self.shifts = nn.ModuleList(Perceptron(sizes, generator, nn.SiLU) for _ in range(layers if self.n_kept else 0))
        for shift in self.shifts:
            for parameter in list(shift.parameters())[-2:]:  # of the last layer
                nn.init.zeros_(parameter)

    rotations: Tensor

    def forward(self, x: Tensor) -> Tensor:
        """Return f(x), (..., d)."""
        for number, rotation in enumerate(self.rotations):
            x = x @ rotation
            if self.n_kept:
                kept, moved = x[..., : self.n_kept], x[..., self.n_kept :]
                x = torch.cat([kept, moved + self.shifts[number](kept)], dim=-1)
        return x

    def inverse(self, z: Tensor) -> Tensor:
        """Return the x with f(x) = z, (..., d)."""
        for number in reversed(range(len(self.rotations))):
            if self.n_kept:
                kept, moved = z[..., : self.n_kept], z[..., self.n_kept :]
                z = torch.cat([kept, moved - self.shifts[number](kept)], dim=-1)
            z = z @ self.rotations[number].mT
        return z
