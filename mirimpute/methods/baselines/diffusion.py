"""The parameters that the methods with a diffusion share."""

from __future__ import annotations

from dataclasses import dataclass

from mirimpute.methods.base import Method
from mirimpute.methods.parameters import at_least, positive, within


@dataclass
class Diffusion(Method):
    """A method whose transport is a diffusion.

    Attributes:
        rounds: of the outer loop; the network is kept from round to round.
        steps, batch: of the training in each round.
        width, blocks, dropout: of the residual network.
        learning_rate, weight_decay, average: of AdamW and of the moving average of the weights.
        solver_steps: of the reverse process.
        draws: completed tables, as chains of the loop and as the result.
    """

    rounds: int = 3
    steps: int = 1000
    batch: int = 256
    width: int = 128
    blocks: int = 2
    dropout: float = 0.1
    learning_rate: float = 2e-3
    weight_decay: float = 0.1
    average: float = 0.998
    solver_steps: int = 20
    draws: int = 5

    def check(self) -> None:
        """Refuse parameters without a meaning."""
        at_least(self, 1, "rounds", "steps", "batch", "width", "blocks", "solver_steps", "draws")
        positive(self, "learning_rate")
        within(self, 0, 100, "weight_decay")
        within(self, 0, 1, "dropout", "average")
