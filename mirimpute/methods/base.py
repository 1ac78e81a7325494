"""The contract of a method: a dataclass whose fields are its parameters; `fit` learns, `impute` completes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mirimpute.errors import CannotTransformError
from mirimpute.methods.problem import Imputation, Problem, Progress, no_progress

if TYPE_CHECKING:
    import numpy as np


class Fitted(ABC):
    """A method that has learnt from one problem."""

    @abstractmethod
    def impute(self) -> Imputation:
        """Return the completed rows of the problem that it was fitted on.

        Observed cells are bit-equal to the input, and nothing is NaN.
        """

    def transform(self, x_incomplete: np.ndarray) -> Imputation:
        """Return other rows completed, without learning from them.

        Args:
            x_incomplete: float64 (n_new, n_columns), in the scale of the problem, NaN where missing.

        Raises:
            CannotTransformError: the method completes only the rows that it was fitted on.
        """
        raise CannotTransformError("the method completes only the rows that it was fitted on")


@dataclass
class Method(ABC):
    """A way to impute. Subclasses add their parameters as typed fields; construction only stores.

    Modules of methods import torch, scikit-learn and other libraries inside :meth:`fit`, so that the command line
    can list and check parameters without loading them.

    Attributes:
        name: the label in rows, tables and folders.
        libraries: modules that :meth:`fit` needs; the harness imports them before the clock starts.
        version: raised when the same parameters begin to give another result, so that cells of the older method are
            computed again.
        returns_column_means: True only for mean imputation itself: any other method that returns the column means
            has failed in silence.
    """

    libraries: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[int] = 1
    returns_column_means: ClassVar[bool] = False

    name: str

    def check(self) -> None:  # noqa: B027 (most methods have nothing to check)
        """Raise UserError when a parameter has no meaning; needs no data, so it runs before any is read."""

    @abstractmethod
    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Learn from ``problem`` (which is not modified) and return what can impute it.

        Raises:
            NotInstalledError: the library is absent; names the extra.
            ImputationError: the method failed on this problem; says why.
        """


@dataclass(frozen=True)
class Completed(Fitted):
    """The result of a method that completes the table while it learns.

    Attributes:
        imputation: the completed table.
        new_rows: completes other rows, see :meth:`Fitted.transform`; None: the method cannot.
    """

    imputation: Imputation
    new_rows: Callable[[np.ndarray], Imputation] | None = None

    def transform(self, x_incomplete: np.ndarray) -> Imputation:
        """Return other rows completed, where the method can."""
        return super().transform(x_incomplete) if self.new_rows is None else self.new_rows(x_incomplete)

    def impute(self) -> Imputation:
        """Return the stored imputation."""
        return self.imputation
