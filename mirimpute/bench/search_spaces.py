"""The parameters of each method that may be tuned, with their ranges.

Only parameters that change the answer are here, not those that buy accuracy with time (rounds, draws, steps), which
would make a search pick the slowest.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Between:
    """A number in [low, high], an integer if both ends are.

    Attributes:
        low, high: the ends, both included.
        log: whether ratios count, not differences.
    """

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True)
class OneOf:
    """One of some values."""

    values: tuple[float, ...]


Space = dict[str, Between | OneOf]

_WIDTHS, _BATCHES, _SHARE = OneOf((64, 96, 128)), OneOf((64, 128, 256)), Between(0.0, 0.6)
_LEARNING_RATE = Between(2e-4, 5e-3, log=True)
_RATES: Space = {"learning_rate": Between(5e-4, 5e-3, log=True), "weight_decay": Between(1e-2, 1.0, log=True)}
_DROPOUT: Space = {"dropout": Between(0.0, 0.3)}
_BLOCKS: Space = {"width": _WIDTHS, "blocks": OneOf((1, 2, 3)), **_DROPOUT}
_SINKHORN: Space = {
    "batch": _BATCHES,
    "regularisation": Between(0.01, 0.5, log=True),
    "learning_rate": Between(3e-3, 0.05, log=True),
}

SEARCH_SPACES: dict[str, Space] = {
    "missforest": {"max_features": Between(0.1, 1.0), "min_samples_leaf": Between(1, 10)},
    "gain": {
        "width": OneOf((32, 64, 128, 256)),
        "hint_rate": Between(0.1, 0.95),
        "reconstruction": Between(1.0, 300.0, log=True),
        "hidden_fraction": _SHARE,
        "noise": Between(0.01, 1.0, log=True),
        "learning_rate": _LEARNING_RATE,
        "weight_decay": Between(1e-3, 1.0, log=True),
    },
    "sinkhorn": _SINKHORN,
    "knewimp": {
        "width": _WIDTHS,
        **_DROPOUT,
        **_RATES,
        "noise_level": Between(0.2, 1.0, log=True),
        "kernel_width": Between(1e-3, 0.3, log=True),
        "entropy_weight": Between(0.0, 2.0),
    },
    "missdiff": {**_BLOCKS, **_RATES},
    "diffputer": {**_BLOCKS, **_RATES},
    "remasker": {"masked": Between(0.2, 0.8), "width": OneOf((32, 64)), "learning_rate": _LEARNING_RATE},
    "cacti": {"copied": Between(0.5, 1.0), "width": OneOf((32, 64)), "learning_rate": _LEARNING_RATE},
    "tabcsdi": {**_BLOCKS, **_RATES, "start_fraction": _SHARE},
    "miwae": {
        "latent": OneOf((2, 4, 8, 16)),
        "width": OneOf((64, 128, 256)),
        "samples": OneOf((1, 5, 10, 20)),
        "learning_rate": _LEARNING_RATE,
        "weight_decay": Between(1e-3, 1.0, log=True),
    },
    "tdm": {
        **_SINKHORN,
        "layers": Between(1, 6),
        "width": OneOf((16, 32, 64)),
        "map_learning_rate": Between(1e-4, 1e-2, log=True),
    },
    "mirf": {
        **_BLOCKS,
        "learning_rate": _LEARNING_RATE,
    },
    "mirf_paper": {
        "hidden_width": OneOf((64, 256, 1001)),
        "learning_rate": Between(3e-4, 0.01, log=True),
        "epochs": OneOf((25, 50, 100)),
    },
}
"""Name of a method in the registry to parameter to range; a method that is absent has nothing to tune."""
