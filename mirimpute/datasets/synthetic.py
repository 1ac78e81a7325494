"""Tables with a known distribution, drawn from the configuration alone (never from the seed of a cell)."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from mirimpute.datasets.base import Dataset
from mirimpute.errors import UserError
from mirimpute.seeding import generator

if TYPE_CHECKING:
    import pandas as pd


@dataclass
class Synthetic(Dataset):
    """A generator of a complete table with columns x1, x2, ...

    Attributes:
        n_rows: number of rows.
        data_seed: seed of the table; the seed of the benchmark does not touch it.
    """

    origin: ClassVar[str] = "synthetic"

    n_rows: int = 1000
    data_seed: int = 0

    def read(self, data_dir: Path) -> pd.DataFrame:
        """Return the rows as a table."""
        import pandas as pd

        values = self.sample()
        return pd.DataFrame(values, columns=[f"x{j + 1}" for j in range(values.shape[1])])

    def sample(self) -> np.ndarray:
        """Return float64 (n_rows, n_columns), the same at every call.

        Raises:
            UserError: an option outside its range.
        """
        self.check()
        return self.draw(generator(self.data_seed, "synthetic", type(self).__name__))

    def check(self) -> None:
        """Raise a UserError when an option is outside its range."""
        _require(self.n_rows >= 2, "n_rows", self.n_rows, "at least 2")

    @abstractmethod
    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Return float64 (n_rows, n_columns) from ``rng``."""


@dataclass
class TwoGaussians(Synthetic):
    """An equal mixture of N(-2·1, sd²I) and N(+2·1, sd²I), the two-cluster example of the MIRF paper.

    Attributes:
        n_columns: dimension d; the centres are at -2 and +2 in every coordinate.
        sd: standard deviation of each cluster.
    """

    n_columns: int = 2
    sd: float = 0.5

    def check(self) -> None:
        """Raise a UserError when an option is outside its range."""
        super().check()
        _require(self.n_columns >= 1, "n_columns", self.n_columns, "at least 1")
        _require(self.sd > 0, "sd", self.sd, "above 0")

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Return x = 2s + sd·z with s = ±1 per row and z ~ N(0, I)."""
        side = rng.choice([-1.0, 1.0], size=(self.n_rows, 1))
        return 2.0 * side + self.sd * rng.standard_normal((self.n_rows, self.n_columns))


@dataclass
class Gaussian(Synthetic):
    """N(0, Σ) with Σ_ij = correlation^|i-j|: every conditional is known in closed form.

    Attributes:
        n_columns: dimension d.
        correlation: ρ of neighbouring columns, in (-1, 1).
    """

    n_columns: int = 8
    correlation: float = 0.7

    def check(self) -> None:
        """Raise a UserError when an option is outside its range."""
        super().check()
        _check_correlated(self.n_columns, self.correlation)

    def covariance(self) -> np.ndarray:
        """Return Σ, (n_columns, n_columns)."""
        return autoregressive_covariance(self.n_columns, self.correlation)

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Return x = L z with LLᵀ = Σ and z ~ N(0, I)."""
        return _correlated_normals(rng, self.n_rows, self.covariance())


@dataclass
class Moons(Synthetic):
    """Two interleaving half circles in the plane with Gaussian noise.

    Attributes:
        noise: standard deviation of the noise in each coordinate.
    """

    noise: float = 0.05

    def check(self) -> None:
        """Raise a UserError when an option is outside its range."""
        super().check()
        _require(self.noise >= 0, "noise", self.noise, "at least 0")

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Return rows on (cos t, sin t) or (1 - cos t, 1/2 - sin t), t uniform on [0, π], plus noise."""
        angle = rng.uniform(0.0, np.pi, size=self.n_rows)
        upper = rng.random(self.n_rows) < 0.5
        first = np.where(upper, np.cos(angle), 1.0 - np.cos(angle))
        second = np.where(upper, np.sin(angle), 0.5 - np.sin(angle))
        return np.column_stack([first, second]) + self.noise * rng.standard_normal((self.n_rows, 2))


@dataclass
class HeavyTails(Synthetic):
    """A t copula with t marginals (the multivariate t distribution): heavy tails that also occur together.

    Attributes:
        n_columns: dimension d.
        correlation: ρ of neighbouring columns in the scale matrix Σ_ij = ρ^|i-j|, in (-1, 1).
        degrees_of_freedom: ν; the variance ν/(ν-2) is finite above 2, the kurtosis above 4.
    """

    n_columns: int = 8
    correlation: float = 0.7
    degrees_of_freedom: float = 3.0

    def check(self) -> None:
        """Raise a UserError when an option is outside its range."""
        super().check()
        _check_correlated(self.n_columns, self.correlation)
        _require(self.degrees_of_freedom > 0, "degrees_of_freedom", self.degrees_of_freedom, "above 0")

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Return x = L z / √(w/ν) with LLᵀ = Σ, z ~ N(0, I) and w ~ χ²(ν), one w per row."""
        normals = _correlated_normals(rng, self.n_rows, autoregressive_covariance(self.n_columns, self.correlation))
        w = rng.chisquare(self.degrees_of_freedom, size=(self.n_rows, 1))
        return normals / np.sqrt(w / self.degrees_of_freedom)


def autoregressive_covariance(n_columns: int, correlation: float) -> np.ndarray:
    """Return Σ_ij = correlation^|i-j|, (n_columns, n_columns): a Markov chain along the columns.

    >>> autoregressive_covariance(3, 0.5)
    array([[1.  , 0.5 , 0.25],
           [0.5 , 1.  , 0.5 ],
           [0.25, 0.5 , 1.  ]])
    """
    index = np.arange(n_columns)
    return np.power(correlation, np.abs(index[:, None] - index[None, :]), dtype=np.float64)


def _correlated_normals(rng: np.random.Generator, n_rows: int, covariance: np.ndarray) -> np.ndarray:
    return rng.standard_normal((n_rows, len(covariance))) @ np.linalg.cholesky(covariance).T


def _check_correlated(n_columns: int, correlation: float) -> None:
    _require(n_columns >= 1, "n_columns", n_columns, "at least 1")
    _require(-1 < correlation < 1, "correlation", correlation, "between -1 and 1")


def _require(valid: bool, option: str, value: float, rule: str) -> None:
    if not valid:
        raise UserError(f"{option}={value} of a synthetic dataset is not possible: it has to be {rule}")
