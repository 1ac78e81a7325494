"""The Gaussian base of MIRF: how far it is shrunk, fits with and without the held-out cells, and the first fill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mirimpute.methods.column_limits import bounds
from mirimpute.methods.expectation_maximisation import fit_em
from mirimpute.methods.gaussian import GaussianModel, IndependentModel

LARGEST_GAUSSIAN = 256
"""Columns beyond which the base has independent ones."""
_EM_WORK = 1e9
_EM_ROWS = 5_000
_EM_ROUGHLY = 1e-2
_FIRST, _LESS, _MORE = 0.1, (0.03, 0.01, 0.003, 1e-3, 1e-4, 1e-5), (0.3, 0.6, 0.95)
_FOLDS = 5
_FEW_CELLS, _OF_FEW_CELLS = 30, 0.3


@dataclass(frozen=True)
class Bases:
    """The Gaussian of a table.

    Attributes:
        whole: fitted to every observed cell.
        without: the one that has not seen the held-out cells.
        shrinkage: of both, see :mod:`mirimpute.methods.expectation_maximisation`.
    """

    whole: GaussianModel
    without: GaussianModel
    shrinkage: float


def bases(
    x_incomplete: np.ndarray, held_out: np.ndarray, categorical: Sequence[np.ndarray], rng: np.random.Generator
) -> Bases:
    """Return the Gaussian fitted to every observed cell, and the one without the held-out cells.

    The shrinkage is the candidate that, fitted roughly, gives the held-out cells the largest density; where there are
    none, each fifth of the observed cells from the others. (By squared errors, columns that follow from others would
    have no say beside columns that do not.) Of fewer than 30 cells folds tell nothing: there it is .3. Both models are
    then fitted to the end: where they differ by how far EM
    went, the network corrects one and is sampled over the other. Beyond 256 columns, where the exact conditional of
    every row costs too much, the base has independent columns. EM sees at most 5,000 rows, fewer where
    rows x columns³ passes 1e9, and takes fewer rounds then.
    """
    d = x_incomplete.shape[1]
    x, known, part, rounds = _what_em_sees(x_incomplete, rng)
    if d > LARGEST_GAUSSIAN:
        independent = _independent(x)
        return Bases(independent, independent, 1.0)
    apart = [
        torch.as_tensor(each) for each in ([held_out] if held_out.any() else _folds(known.numpy(), categorical, rng))
    ]
    shrinkage, models = _shrinkage(x, known, apart, part, rounds)
    if not held_out.any():
        only = fit_em(x[part], known[part], shrinkage, rounds=rounds)
        return Bases(only, only, shrinkage)
    kept = known & ~apart[0]
    without = fit_em(x[part], kept[part], shrinkage, start=models[0], rounds=rounds)
    return Bases(fit_em(x[part], known[part], shrinkage, start=without, rounds=rounds), without, shrinkage)


def base_again(x_incomplete: np.ndarray, shrinkage: float, rng: np.random.Generator) -> GaussianModel:
    """Return the Gaussian fitted to every observed cell, with a shrinkage that was chosen before, see :func:`bases`."""
    d = x_incomplete.shape[1]
    x, known, part, rounds = _what_em_sees(x_incomplete, rng)
    if d > LARGEST_GAUSSIAN:
        return _independent(x)
    return fit_em(x[part], known[part], shrinkage, rounds=rounds)


def base_without(
    found: Bases, x_incomplete: np.ndarray, held_out: np.ndarray, rng: np.random.Generator
) -> GaussianModel:
    """Return the Gaussian, of the same shrinkage, that has not seen other cells, bool (n, d)."""
    if isinstance(found.whole, IndependentModel):
        return found.whole
    x, known, part, rounds = _what_em_sees(x_incomplete, rng)
    kept = known & ~torch.as_tensor(held_out)
    return fit_em(x[part], kept[part], found.shrinkage, start=found.whole, rounds=rounds)


def _independent(x: Tensor) -> IndependentModel:
    d = x.shape[1]
    return IndependentModel(torch.zeros(d, dtype=x.dtype), torch.ones(d, dtype=x.dtype))


def _what_em_sees(x_incomplete: np.ndarray, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor, int]:
    """Return the values, (n, d), which are known, the rows that EM sees, and how many rounds it may take."""
    x, d = torch.as_tensor(np.nan_to_num(x_incomplete)), x_incomplete.shape[1]
    most = max(8 * d, min(_EM_ROWS, int(_EM_WORK / d**3)))
    part = torch.as_tensor(np.sort(rng.permutation(len(x))[:most]))
    rounds = int(np.clip(_EM_WORK / (len(part) * d**3), 5, 50))
    return x, torch.as_tensor(~np.isnan(x_incomplete)), part, rounds


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
            kept, rows = known & ~cells, cells.any(dim=1)
            model = fit_em(x[part], kept[part], shrinkage, start=start, rounds=rounds, tolerance=_EM_ROUGHLY)
            mean, spread = (each[cells[rows]] for each in model.condition(x[rows], kept[rows]))
            surprise += float((((mean - x[rows][cells[rows]]) / spread) ** 2 / 2 + spread.log()).sum())
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
