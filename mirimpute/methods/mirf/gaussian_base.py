"""The Gaussian base of MIRF: how far it is shrunk, fits with and without the held-out cells, and the first fill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mirimpute.methods.column_limits import bounds
from mirimpute.methods.expectation_maximisation import fit_em
from mirimpute.methods.factor_model import FactorModel, fit_factors
from mirimpute.methods.gaussian import GaussianModel

LARGEST_GAUSSIAN = 256
"""Columns beyond which the base is of few factors."""
_EM_WORK = 1e9
_EM_ROWS = 5_000
_EM_ROUGHLY = 1e-2
_FIRST, _LESS, _MORE = 0.1, (0.03, 0.01, 0.003, 1e-3, 1e-4, 1e-5), (0.3, 0.6, 0.95)
_FOLDS = 5
_FEW_CELLS, _OF_FEW_CELLS = 30, 0.3
_FACTORS = (1, 2, 5, 10, 20, 40)
_MOST_ROWS_OF_FACTORS, _FACTOR_ROUNDS, _ROUGH_ROUNDS = 2_000, 20, 6


@dataclass(frozen=True)
class BaseChoice:
    """How simple the base is.

    Attributes:
        shrinkage: see :mod:`mirimpute.methods.expectation_maximisation`; of up to 256 columns.
        factors: see :mod:`mirimpute.methods.factor_model`; of more.
    """

    shrinkage: float = 0.0
    factors: int = 0


@dataclass(frozen=True)
class Bases:
    """The Gaussian of a table.

    Attributes:
        whole: fitted to every observed cell.
        without: the one that has not seen the held-out cells.
        choice: of both.
    """

    whole: GaussianModel
    without: GaussianModel
    choice: BaseChoice


def bases(
    x_incomplete: np.ndarray, held_out: np.ndarray, categorical: Sequence[np.ndarray], rng: np.random.Generator
) -> Bases:
    """Return the Gaussian fitted to every observed cell, and the one without the held-out cells.

    The shrinkage is the candidate that, fitted roughly, gives the held-out cells the largest density; where there are
    none, each fifth of the observed cells from the others. (By squared errors, columns that follow from others would
    have no say beside columns that do not.) Of fewer than 30 cells folds tell nothing: there it is .3. Both models are
    then fitted to the end: where they differ by how far EM
    went, the network corrects one and is sampled over the other. EM sees at most 5,000 rows, fewer where
    rows x columns³ passes 1e9, and takes fewer rounds then. Beyond 256 columns, where the exact conditional of every
    row costs too much, the base is of few factors, as many as give the held-out cells the largest density.
    """
    x, known, part, rounds = _what_em_sees(x_incomplete, rng)
    if x.shape[1] > LARGEST_GAUSSIAN:
        return _of_factors(x[part], known[part], torch.as_tensor(held_out)[part])
    apart = [
        torch.as_tensor(each) for each in ([held_out] if held_out.any() else _folds(known.numpy(), categorical, rng))
    ]
    shrinkage, models = _shrinkage(x, known, apart, part, rounds)
    if not held_out.any():
        only = fit_em(x[part], known[part], shrinkage, rounds=rounds)
        return Bases(only, only, BaseChoice(shrinkage))
    kept = known & ~apart[0]
    without = fit_em(x[part], kept[part], shrinkage, start=models[0], rounds=rounds)
    return Bases(fit_em(x[part], known[part], shrinkage, start=without, rounds=rounds), without, BaseChoice(shrinkage))


def base_again(x_incomplete: np.ndarray, choice: BaseChoice, rng: np.random.Generator) -> GaussianModel:
    """Return the Gaussian fitted to every observed cell, as simple as was chosen before, see :func:`bases`."""
    x, known, part, rounds = _what_em_sees(x_incomplete, rng)
    if x.shape[1] > LARGEST_GAUSSIAN:
        return fit_factors(x[part], known[part], choice.factors, _FACTOR_ROUNDS)
    return fit_em(x[part], known[part], choice.shrinkage, rounds=rounds)


def base_without(
    found: Bases, x_incomplete: np.ndarray, held_out: np.ndarray, rng: np.random.Generator
) -> GaussianModel:
    """Return the Gaussian, of the same shrinkage, that has not seen other cells, bool (n, d)."""
    x, known, part, rounds = _what_em_sees(x_incomplete, rng)
    kept = known & ~torch.as_tensor(held_out)
    if isinstance(found.whole, FactorModel):
        return fit_factors(x[part], kept[part], found.choice.factors, _FACTOR_ROUNDS)
    return fit_em(x[part], kept[part], found.choice.shrinkage, start=found.whole, rounds=rounds)


def _of_factors(x: Tensor, known: Tensor, held_out: Tensor) -> Bases:
    """Return the bases of a table of many columns; the number of factors grows while the held-out cells like that."""
    kept = known & ~held_out
    factors = 0
    if held_out.any():
        least = _surprise(fit_factors(x, kept, 0), x, held_out, kept)
        for count in _FACTORS:
            surprise = _surprise(fit_factors(x, kept, count, _ROUGH_ROUNDS), x, held_out, kept)
            if surprise >= least:
                break
            factors, least = count, surprise
    without = fit_factors(x, kept, factors, _FACTOR_ROUNDS)
    whole = fit_factors(x, known, factors, _FACTOR_ROUNDS) if held_out.any() else without
    return Bases(whole, without, BaseChoice(factors=factors))


def _what_em_sees(x_incomplete: np.ndarray, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor, int]:
    """Return the values, (n, d), which are known, the rows that EM sees, and how many rounds it may take."""
    x, d = torch.as_tensor(np.nan_to_num(x_incomplete)), x_incomplete.shape[1]
    most = max(8 * d, min(_EM_ROWS, int(_EM_WORK / d**3))) if d <= LARGEST_GAUSSIAN else _MOST_ROWS_OF_FACTORS
    part = torch.as_tensor(np.sort(rng.permutation(len(x))[:most]))
    rounds = int(np.clip(_EM_WORK / (len(part) * d**3), 5, 50))
    return x, torch.as_tensor(~np.isnan(x_incomplete)), part, rounds


def _surprise(model: GaussianModel, x: Tensor, cells: Tensor, known: Tensor) -> float:
    """Return the sum of the negative log densities of cells, bool (n, d), each given the known ones of its row."""
    rows = cells.any(dim=1)
    mean, spread = (each[cells[rows]] for each in model.condition(x[rows], known[rows]))
    return float((((mean - x[rows][cells[rows]]) / spread) ** 2 / 2 + spread.log()).sum())


def _shrinkage(
    x: Tensor, known: Tensor, apart: Sequence[Tensor], part: Tensor, rounds: int
) -> tuple[float, list[GaussianModel | None]]:
    """Return the shrinkage of largest predictive density, and for each of ``apart`` the model with it, fitted roughly.

    From .1, less and less while that helps; where less does not help at first, more and more.

    Args:
        x: (n, d).
        known: bool (n, d).
        apart: bool (n, d) each, known cells that are predicted from the others.
        part: rows that EM sees.
        rounds: of EM, at most.
    """

    def tried(
        shrinkage: float, models: Sequence[GaussianModel | None]
    ) -> tuple[float, float, list[GaussianModel | None]]:
        found: list[GaussianModel | None] = []
        surprise = 0.0
        for cells, start in zip(apart, models, strict=True):
            kept = known & ~cells
            model = fit_em(x[part], kept[part], shrinkage, start=start, rounds=rounds, tolerance=_EM_ROUGHLY)
            surprise += _surprise(model, x, cells, kept)
            found.append(model)
        return surprise, shrinkage, found

    nothing: list[GaussianModel | None] = [None] * len(apart)
    if int(known.sum()) < _FEW_CELLS:
        return tried(_OF_FEW_CELLS, nothing)[1:]
    first = best = tried(_FIRST, nothing)
    for side in (_LESS, _MORE):
        for shrinkage in side:
            now = tried(shrinkage, best[2])
            if now[0] > best[0]:
                break
            best = now
        if best is not first:
            break
    return best[1:]


def _folds(observed: np.ndarray, categorical: Sequence[np.ndarray], rng: np.random.Generator) -> list[np.ndarray]:
    """Return five disjoint parts of the observed cells, bool (n, d) each, without a part that is empty.

    The indicators of a category are in one: the others would tell each of them.
    """
    number = rng.integers(_FOLDS, size=observed.shape)
    for block in categorical:
        number[:, block] = number[:, block[:1]]
    number[~observed] = -1
    return [number == each for each in range(_FOLDS) if (number == each).any()]


def gaussian_fill(base: GaussianModel, x_incomplete: np.ndarray, chains: int, rng: np.random.Generator) -> np.ndarray:
    """Complete every chain with a draw of the Gaussian base, inside the bounds of each column."""
    missing = np.isnan(x_incomplete)
    x = torch.as_tensor(np.nan_to_num(x_incomplete))
    noise = torch.Generator().manual_seed(int(rng.integers(2**63 - 1)))
    lowest, highest = bounds(x_incomplete)
    known = torch.as_tensor(~missing)
    drawn = base.draw(x, known, chains, noise).numpy()
    return np.where(missing, np.clip(drawn, lowest, highest), x_incomplete)
