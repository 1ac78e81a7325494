"""The Gaussian base of MIRF: how far it is shrunk, fits with and without the held-out cells, and the first fill."""

from __future__ import annotations

from collections.abc import Sequence

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
_SHRINKAGES = (0.95, 0.6, 0.3, 0.1, 0.03, 0.01, 0.003, 1e-3, 1e-4, 1e-5)
_FOLDS = 5
_FEW_CELLS, _OF_FEW_CELLS = 30, 0.3


def bases(
    x_incomplete: np.ndarray, held_out: np.ndarray, categorical: Sequence[np.ndarray], rng: np.random.Generator
) -> tuple[GaussianModel, GaussianModel]:
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
    x = torch.as_tensor(np.nan_to_num(x_incomplete))
    known = torch.as_tensor(~np.isnan(x_incomplete))
    kept = known & ~torch.as_tensor(held_out)
    if d > LARGEST_GAUSSIAN:
        independent = IndependentModel(torch.zeros(d, dtype=x.dtype), torch.ones(d, dtype=x.dtype))
        return independent, independent
    most = max(8 * d, min(_EM_ROWS, int(_EM_WORK / d**3)))
    part = torch.as_tensor(np.sort(rng.permutation(len(x))[:most]))
    rounds = int(np.clip(_EM_WORK / (len(part) * d**3), 5, 50))
    apart = [
        torch.as_tensor(each) for each in ([held_out] if held_out.any() else _folds(known.numpy(), categorical, rng))
    ]
    shrinkage, models = _shrinkage(x, known, apart, part, rounds)
    if not held_out.any():
        only = fit_em(x[part], known[part], shrinkage, rounds=rounds)
        return only, only
    without = fit_em(x[part], kept[part], shrinkage, start=models[0], rounds=rounds)
    return fit_em(x[part], known[part], shrinkage, start=without, rounds=rounds), without


def _shrinkage(
    x: Tensor, known: Tensor, apart: Sequence[Tensor], part: Tensor, rounds: int
) -> tuple[float, list[GaussianModel | None]]:
    """Return the shrinkage of largest predictive density, and for each of ``apart`` the model with it, fitted roughly.

    Args:
        x: (n, d).
        known: bool (n, d).
        apart: bool (n, d) each, known cells that are predicted from the others.
        part: rows that EM sees.
        rounds: of EM, at most.
    """
    best: tuple[float, float, list[GaussianModel | None]] | None = None
    models: list[GaussianModel | None] = [None] * len(apart)
    for shrinkage in _SHRINKAGES if int(known.sum()) >= _FEW_CELLS else (_OF_FEW_CELLS,):
        models, surprise = list(models), 0.0
        for number, cells in enumerate(apart):
            kept, rows = known & ~cells, cells.any(dim=1)
            model = fit_em(x[part], kept[part], shrinkage, start=models[number], rounds=rounds, tolerance=_EM_ROUGHLY)
            mean, spread = (each[cells[rows]] for each in model.condition(x[rows], kept[rows]))
            surprise += float((((mean - x[rows][cells[rows]]) / spread) ** 2 / 2 + spread.log()).sum())
            models[number] = model
        if best is not None and surprise > best[0]:
            break
        best = (surprise, shrinkage, models)
    assert best is not None
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
