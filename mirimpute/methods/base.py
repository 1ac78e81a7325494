"""The contract of a method: it gets a `Problem`, learns from it in `fit`, and returns an `Imputation`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mirimpute.errors import CannotTransformError
from mirimpute.methods.parameters import check_parameters
from mirimpute.types import Array, Progress, no_progress

if TYPE_CHECKING:  # they load pandas, which listing methods must not
    from mirimpute.table.columns import Column
    from mirimpute.table.encoding import Encoding
    from mirimpute.table.ranges import Limits
    from mirimpute.table.scale import Scale


@dataclass(frozen=True)
class Source:
    """The table of which a problem was made.

    Attributes:
        values: float64 (n_rows, d), original units and numbers of categories, at least the observed cells.
        encoding: from its columns to those of the problem.
        scale: of the encoded columns.
    """

    values: Array
    encoding: Encoding
    scale: Scale


@dataclass(frozen=True)
class Problem:
    """An incomplete table: everything that a method may know. The truth is not in it.

    Attributes:
        x_incomplete: float64 (n_rows, n_columns), standardised scale, NaN where missing.
        columns: name and kind of each column, the schema of the source (kinds are read off the complete table).
        seed: the only source of a method's randomness.
        device: torch device for methods that use one ("cpu", "cuda", "cuda:0").
        categorical: for each categorical column of the source the numbers of the columns that are its indicators
            (:mod:`mirimpute.table.encoding`): all observed or all missing in a row, and one of them on, or of a single
            one perhaps none. A method that treats them as numbers gives probabilities, decoded to the largest.
        lowest, highest: (n_columns,), what the columns can have (:mod:`mirimpute.table.ranges`), infinite where
            nothing is known of it and for indicators; None: nothing is known of any.
        wild: bool (n_rows, n_columns), missing cells that have a value in the source, but a wild one
            (:mod:`mirimpute.table.wild`), so that their completion is not used; None: there are none.
        source: the table in its own units, for methods that hand it to a program that is not of this package; None:
            not known.
        predictors: bool (n_columns, n_columns), ``[j, k]``: may column k predict column j? For methods that go column
            by column (:attr:`Method.by_column`); None: all may.
    """

    x_incomplete: Array
    columns: tuple[Column, ...]
    seed: int
    device: str = "cpu"
    categorical: tuple[Array, ...] = ()
    lowest: Array | None = None
    highest: Array | None = None
    wild: Array | None = None
    source: Source | None = None
    predictors: Array | None = None

    @property
    def missing(self) -> Array:
        """Bool (n_rows, n_columns), True = missing."""
        return np.isnan(self.x_incomplete)

    @property
    def wanted(self) -> Array:
        """Bool (n_rows, n_columns), the missing cells whose completion is used."""
        return self.missing if self.wild is None else self.missing & ~self.wild


@dataclass(frozen=True)
class ProgramReport:
    """What a foreign program says of itself.

    Attributes:
        version: its name and version.
        seconds: wall-clock, without start-up, reading and writing.
    """

    version: str
    seconds: float


@dataclass(frozen=True)
class Imputation:
    """What a method returns.

    Attributes:
        point: float64 (n_rows, n_columns): the estimate of the conditional mean (or the method's only answer).
        draws: float64 (m, n_rows, n_columns): samples from the conditional distribution; ``point[None]`` for a
            deterministic method.
        trace: one dict of plain numbers per round (``round``, ``change``, ``loss``, ...).
        notes: what a reader of the result should know, such as a part of the method that was not used.
        history: the missing entries of the first chain after each round (n_missing,), row by row, as (round, entries);
            round 0 is the first fill. Empty where the method keeps none.
        program: what a foreign program says of itself; None where the package computed.
    """

    point: Array
    draws: Array
    trace: list[dict[str, Any]] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    history: tuple[tuple[int, Array], ...] = ()
    program: ProgramReport | None = None


class Fitted(ABC):
    """A method that has learnt from one problem.

    Attributes:
        constants: (n_columns,), of a method that gives all missing cells of a column the same value; None: others.
        trace: of such a method, see :class:`Imputation`.
    """

    constants: Array | None = None
    trace: list[dict[str, Any]]

    @abstractmethod
    def impute(self) -> Imputation:
        """Return the completed rows of the problem that it was fitted on.

        Observed cells are bit-equal to the input, and nothing is NaN.
        """

    def transform(self, x_incomplete: Array) -> Imputation:
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

    Modules of methods import torch (by :func:`mirimpute.types.lazy`), scikit-learn and other libraries when they are
    used, so that the command line can list and check parameters without loading them.

    Attributes:
        name: the label in rows, tables and folders.
        libraries: modules that :meth:`fit` needs; the harness imports them before the clock starts.
        version: raised when the same parameters begin to give another result, so that cells of the older method are
            computed again.
        completes_new_rows: whether it completes rows that it was not fitted on (:meth:`Fitted.transform`).
        returns_column_means: True only for mean imputation itself: any other method that returns the column means
            has failed in silence.
        by_column: whether it predicts one column after the other, each from columns that can be chosen.
        growth: least and most g of its seconds, which grow as n^g with the rows, for a forecast.
    """

    libraries: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[int] = 1
    completes_new_rows: ClassVar[bool] = False
    returns_column_means: ClassVar[bool] = False
    by_column: ClassVar[bool] = False
    growth: ClassVar[tuple[float, float]] = (0.8, 1.2)

    name: str

    @classmethod
    def elsewhere(cls, parameter: str, value: Any) -> str:
        """Return why a parameter is gone and what to do, "" for one that never was here.

        Args:
            parameter, value: as given; of a parameter in a parameter, ``solver.steps``.
        """
        return ""

    def check(self) -> None:
        """Raise UserError when a parameter has no meaning; needs no data, so it runs before any is read.

        By default a value that the type of its field does not allow (:mod:`mirimpute.methods.parameters`).
        """
        check_parameters(self)

    def most_draws(self, problem: Problem) -> int | None:
        """Return how many draws of ``problem`` it gives at most; None: as many as are asked for."""
        return None

    @abstractmethod
    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Learn from ``problem`` (which is not modified) and return what can impute it.

        Args:
            problem: the incomplete table.
            progress: called with a few words at each stage.

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
    new_rows: Callable[[Array], Imputation] | None = None

    def transform(self, x_incomplete: Array) -> Imputation:
        """Return other rows completed, where the method can; see :meth:`Fitted.transform` for ``x_incomplete``."""
        return super().transform(x_incomplete) if self.new_rows is None else self.new_rows(x_incomplete)

    def impute(self) -> Imputation:
        """Return the stored imputation."""
        return self.imputation


def problem_of(
    x_incomplete: Array,
    columns: tuple[Column, ...],
    seed: int,
    device: str = "cpu",
    bounds: Limits | None = None,
    predictors: Array | None = None,
) -> tuple[Problem, Encoding, Scale]:
    """Return the problem that a method gets of an incomplete table, and how its columns are encoded and scaled.

    Wild cells (:mod:`mirimpute.table.wild`) are missing in the problem; ``encoding.fences`` tells them.

    Args:
        x_incomplete: float64 (n_rows, d), original units and numbers of categories, NaN where missing.
        columns: of the table.
        seed, device: see :class:`Problem`.
        bounds: (d,) each, what the user says that the columns can have, NaN where nothing; it takes the place of what
            the observed cells tell (:func:`mirimpute.table.ranges.natural_limits`), unless they contradict it.
        predictors: bool (d, d), which column may predict which, see :class:`Problem`; None: all may.
    """
    from mirimpute.table.encoding import Encoding
    from mirimpute.table.ranges import limits, narrowed, natural_limits
    from mirimpute.table.wild import Fences

    encoding = Encoding(columns, Fences.of(x_incomplete, columns))
    are_wild = encoding.fences.wild(x_incomplete)
    encoded, wild = encoding.encode(x_incomplete, are_wild), encoding.of_encoded(are_wild)
    scale = encoding.scale_of(encoded)
    natural = natural_limits(encoded, encoding.encoded_columns)
    if bounds is not None:
        natural = narrowed(encoded, natural, np.array([place[0] for place in encoding.column_slices]), bounds)
    x, (lowest, highest) = scale.standardise(encoded), (scale.standardise(each) for each in natural)
    scale = scale.within(*limits(encoded, scale.spread, natural))
    source = Source(x_incomplete, encoding, scale)
    if predictors is not None:
        widths = [len(place) for place in encoding.column_slices]
        predictors = np.repeat(np.repeat(predictors, widths, axis=0), widths, axis=1)
    problem = Problem(
        x, encoding.encoded_columns, seed, device, encoding.categorical, lowest, highest, wild, source, predictors
    )
    return problem, encoding, scale
