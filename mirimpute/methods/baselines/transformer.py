"""The masked autoencoder of remasker and cacti: a transformer that reads the seen columns of a row and says all.

It stands beside its methods because defining a network loads torch, which listing methods must not.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

_WAVELENGTH = 10_000.0
_SMALL = 0.02
_EXPANSION = 4


class MaskedAutoencoder(nn.Module):
    """Encoder of the seen entries of a row, decoder to all of its entries.

    A seen entry is a token, linear in its value, plus the sines and cosines of its column's number; there is one more
    token for the whole row. Unseen entries are no keys of the encoder, which is the same as leaving them out. In the
    decoder each of them is one learnt token plus its position. Entries come out in [0, 1], as tanh / 2 + 1/2.

    Args:
        n_columns: d.
        width: of the tokens, a multiple of ``heads``, even.
        depth, decoder_depth: blocks of attention and perceptron, normalised before each.
        heads: of the attention.
        generator: of the initial weights (on the CPU): those of linear maps are Xavier's, uniform; of the map from
            values to tokens the constants are uniform on ±1.
    """

    places: Tensor

    def __init__(
        self, n_columns: int, width: int, depth: int, decoder_depth: int, heads: int, generator: torch.Generator
    ) -> None:
        super().__init__()
        with torch.device("meta"):  # no random number of torch's own generator is drawn
            self.value = nn.Linear(1, width)
            self.encoder = nn.ModuleList(_block(width, heads) for _ in range(depth))
            self.encoded = nn.LayerNorm(width, eps=1e-6)
            self.between = nn.Linear(width, width)
            self.decoder = nn.ModuleList(_block(width, heads) for _ in range(decoder_depth))
            self.decoded = nn.LayerNorm(width, eps=1e-6)
            self.leave = nn.Linear(width, 1)
            self.row_token = nn.Parameter(torch.empty(1, 1, width))
            self.unseen_token = nn.Parameter(torch.empty(1, 1, width))
        self.to_empty(device="cpu")
        self.register_buffer("places", positions(n_columns, width))
        for name, parameter in self.named_parameters():
            with torch.no_grad():
                if parameter.dim() == 3:
                    parameter.normal_(0.0, _SMALL, generator=generator)
                elif parameter.dim() == 2:
                    nn.init.xavier_uniform_(parameter, generator=generator)
                else:
                    parameter.fill_(0.0 if name.endswith("bias") else 1.0)  # 1: the gain of a normalisation
        with torch.no_grad():
            self.value.bias.uniform_(-1.0, 1.0, generator=generator)

    def forward(self, x: Tensor, seen: Tensor) -> Tensor:
        """Return all entries of rows, (n, d).

        Args:
            x: (n, d), in [0, 1] where seen; other entries are not used.
            seen: bool (n, d).
        """
        entries = self.value(torch.where(seen, x, 0.0).unsqueeze(-1)) + self.places[1:]
        row = (self.row_token + self.places[:1]).expand(len(x), -1, -1)
        tokens = torch.cat([row, entries], dim=1)
        hidden = torch.cat([torch.zeros_like(seen[:, :1]), ~seen], dim=1)
        for block in self.encoder:
            tokens = block(tokens, src_key_padding_mask=hidden)
        tokens = self.between(self.encoded(tokens))
        tokens = torch.where(hidden.unsqueeze(-1), self.unseen_token, tokens) + self.places
        for block in self.decoder:
            tokens = block(tokens)
        return torch.tanh(self.leave(self.decoded(tokens))[:, 1:, 0]) / 2 + 0.5


def positions(n_columns: int, width: int) -> Tensor:
    """Return the codes of the row's token, zeros, and of the columns: sines, then cosines, (n_columns + 1, width).

    >>> [[round(each, 2) for each in row] for row in positions(2, 4).tolist()]
    [[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0], [0.84, 0.01, 0.54, 1.0]]
    """
    half = width // 2
    rates = _WAVELENGTH ** -(torch.arange(half, dtype=torch.float64) / half)
    angles = torch.arange(n_columns, dtype=torch.float64)[:, None] * rates
    codes = torch.cat([torch.sin(angles), torch.cos(angles)], dim=1)
    return functional.pad(codes, (0, 0, 1, 0)).float()


def _block(width: int, heads: int) -> nn.TransformerEncoderLayer:
    return nn.TransformerEncoderLayer(
        width,
        heads,
        dim_feedforward=_EXPANSION * width,
        dropout=0.0,
        activation=functional.gelu,
        layer_norm_eps=1e-6,
        batch_first=True,
        norm_first=True,
    )
