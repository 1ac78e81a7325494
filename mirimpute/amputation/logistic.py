"""The logistic model of Muzellec et al. (2020): some columns decide what goes missing in the others."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mirimpute.amputation.base import Mechanism, Proposal, name_columns
from mirimpute.amputation.predictors import check_strength, features, varying_columns
from mirimpute.errors import UserError


@dataclass
class Logistic(Mechanism):
    """Some columns decide, and the others go missing by a logistic model of them; subclasses treat the first.

    P(x_ij missing) = sigmoid(strength s_ij + b_j), s_j = Z w_j / sd(Z w_j), w_j ~ N(0, I), Z the standardised columns
    that decide. A cell that the source itself lacks contributes 0 to Z.

    Attributes:
        observed_fraction: fraction of the columns that decide; at least one and at most all but one do.
        strength: slope of the log-odds in one standard deviation of the score, above 0; 1 in the reference.

    Reference: Muzellec et al. (2020), "Missing data imputation using optimal transport", ICML.
    """

    added_fields: ClassVar[tuple[str, ...]] = ("strength",)

    observed_fraction: float = 0.3
    strength: float = 1.0

    def check(self) -> None:
        """Raise UserError unless ``observed_fraction`` is in (0, 1) and ``strength`` above 0."""
        check_strength(self.strength)
        if not 0 < self.observed_fraction < 1:
            raise UserError(
                f"observed_fraction={self.observed_fraction} is outside (0, 1): give the fraction of the columns that "
                "decide about the others, such as 0.3"
            )

    def propose(self, values: np.ndarray, rng: np.random.Generator, categorical: np.ndarray) -> Proposal:
        """Return the scores of the columns that depend on others, and 0 for those that decide."""
        roles = choose_roles(values, self.observed_fraction, self.name, rng)
        logits = np.zeros(values.shape)
        found = scores(values, roles.inputs, len(roles.targets), rng, categorical)
        logits[:, roles.targets] = self.strength * found
        return self._proposal(roles, logits)

    @abstractmethod
    def _proposal(self, roles: Roles, logits: np.ndarray) -> Proposal: ...


@dataclass(frozen=True)
class Roles:
    """Which columns decide (``inputs``) and which follow (``targets``), sorted column numbers, with notes."""

    inputs: np.ndarray
    targets: np.ndarray
    notes: tuple[str, ...]


def choose_roles(values: np.ndarray, observed_fraction: float, mechanism_name: str, rng: np.random.Generator) -> Roles:
    """Split the columns at random into inputs of the model and targets.

    ⌊observed_fraction · d⌋ columns are inputs, at least 1 and at most d − 1. When none of the drawn inputs varies,
    the model would be MCAR in disguise: the last of them gives its place to the first varying column drawn after it.

    Args:
        values: (n_rows, d), d ≥ 2.
        observed_fraction: in (0, 1).
        mechanism_name: for the message.
        rng: decides the split.

    Raises:
        UserError: no column of the table varies.
    """
    n_columns = values.shape[1]
    varying = varying_columns(values, mechanism_name)
    # The small term undoes the rounding of products such as 0.29 × 100.
    count = min(max(int(observed_fraction * n_columns + 1e-9), 1), n_columns - 1)
    drawn = rng.permutation(n_columns)
    notes: tuple[str, ...] = ()
    if not varying[drawn[:count]].any():
        place = int(np.flatnonzero(varying[drawn])[0])
        notes = (f"input column {drawn[count - 1]} was exchanged for {drawn[place]}, because no drawn input varied",)
        drawn[[count - 1, place]] = drawn[[place, count - 1]]
    inputs, targets = np.sort(drawn[:count]), np.sort(drawn[count:])
    constant = inputs[~varying[inputs]]
    if constant.size:
        notes += (f"constant input column(s) {name_columns(constant)} have no influence",)
    return Roles(inputs, targets, notes)


def scores(
    values: np.ndarray, inputs: np.ndarray, n_targets: int, rng: np.random.Generator, categorical: np.ndarray
) -> np.ndarray:
    """Return the score of each row for each target: standardised inputs times N(0, 1) weights, with unit variance.

    Z w_k / sd(Z w_k), where Z are the input columns standardised over their observed values, a categorical one as an
    indicator for each category. Cells without a value and constant columns contribute 0.

    Args:
        values: (n_rows, n_columns), any scale.
        inputs: (n_inputs,) column numbers, at least one of them varying.
        n_targets: number of weight vectors.
        rng: draws the weights.
        categorical: bool (n_columns,).

    Returns:
        float64 (n_rows, n_targets).
    """
    standard = np.hstack([features(values[:, column], categorical[column]) for column in inputs])
    weights = rng.standard_normal((standard.shape[1], n_targets))
    result: np.ndarray = standard @ weights
    result /= result.std(axis=0)
    return result
