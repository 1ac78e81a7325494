"""`MirfImputer`: MIRF as a scikit-learn transformer, of numbers, categories and dates."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from mirimpute.errors import UserError, unknown
from mirimpute.imputers.base import BaseImputer
from mirimpute.imputers.column_choice import all_of
from mirimpute.imputers.options import Options
from mirimpute.imputers.saving import load, save
from mirimpute.imputers.table_model import TableModel

if TYPE_CHECKING:
    from mirimpute.methods.mirf.method import Mirf

PRESETS = ("mirf", "mirf_fast", "mirf_flow", "mirf_mnar")


class MirfImputer(BaseImputer):
    """Complete missing values by a rectified flow and trees; new rows too, without fitting again.

    Arrays hold numbers, with NaN where missing or a mask, and come back as float64; arrays of dates, of durations or of
    objects come back as such. DataFrames may also hold categories (strings, booleans, pandas categories), ordered
    categories, nullable integers, dates and durations, with NaN, None or NA; they come back with the same dtypes, and
    categories that occur in the column. A pandas category has the levels and the order of the fit, whatever new rows
    declare. Which column is what: :mod:`mirimpute.table.columns`. Tables of polars and of Arrow come back as such.

    ``transform`` returns an estimate of the conditional mean given the observed values of the row, or a draw from the
    conditional distribution. ``sample`` returns several draws of the one fitted model; ``impute_multiple`` fits a model
    for each, so that standard errors pooled over them (:func:`mirimpute.pool`) know what the model does not.
    Observed values come back as they are. Method: :class:`mirimpute.methods.mirf.method.Mirf`.

    Args:
        preset: "mirf" (best quality), "mirf_fast" (about half of the time), "mirf_flow" (the flow alone, without
            trees) or "mirf_mnar" (assumes that values are missing by their own size, and says so in ``notes_``).
        output: what ``transform`` returns: "point" or "draw".
        shrinkage: lambda in [0, 1]: a draw is returned as point + lambda (draw - point). 1 is the draw itself.
        parameters: fields of :class:`mirimpute.methods.mirf.settings.Settings` to set otherwise: ``{"rounds": 3}``.
        device: torch device, "cpu" or "cuda".
        unseen: what becomes of a category in new rows that the fit did not hold: "error" refuses the rows, "missing"
            leaves it out of what the row is completed from. The cell itself was observed and keeps its value (in a
            pandas category behind the levels of the fit).
        random_state: seed (int), ``RandomState`` or None. With an int, all results repeat bit by bit on one machine.

    Attributes:
        n_features_in_: columns seen in ``fit``.
        feature_names_in_: their names, where ``fit`` was given some.
        columns_: name, kind and categories of each column.
        trace_: one dict per round of the fit.
        notes_: what a reader of the result should know: what "mirf_mnar" assumed, wild cells, from which nothing is
            learnt and which are warned of too (:mod:`mirimpute.table.wild`), or estimates for the fitted rows (2,000 of
            them at most) outside of what was observed.

    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=(60, 2)) @ np.array([[1.0, 0.9], [0.0, 0.3]])
    >>> x[:20, 1] = np.nan
    >>> imputer = MirfImputer(preset="mirf_fast", parameters={"steps": 20, "final_steps": 20}, random_state=0)
    >>> completed = imputer.fit_transform(x)
    >>> completed.shape, bool(np.isnan(completed).any())
    ((60, 2), False)
    """

    def __init__(
        self,
        *,
        preset: str = "mirf",
        output: str = "point",
        shrinkage: float = 1.0,
        parameters: Mapping[str, Any] | None = None,
        device: str = "cpu",
        unseen: str = "error",
        random_state: Any = None,
    ) -> None:
        self.preset = preset
        self.output = output
        self.shrinkage = shrinkage
        self.parameters = parameters
        self.device = device
        self.unseen = unseen
        self.random_state = random_state

    def _method(self) -> Mirf:
        from mirimpute.methods.mirf.method import Mirf
        from mirimpute.methods.presets import named_method

        if self.preset not in PRESETS:
            raise unknown("preset", self.preset, PRESETS)
        if not isinstance(self.shrinkage, Real) or not 0 <= self.shrinkage <= 1:
            raise UserError(f"shrinkage={self.shrinkage!r} is outside [0, 1]: give 1 for draws, 0 for the mean")
        settings = named_method(self.preset, self.parameters)
        assert isinstance(settings, Mirf)
        return settings

    def _options(self) -> Options:
        return Options(unseen=self.unseen)

    def save(self, path: str | Path) -> None:
        """Write the fitted imputer to one safetensors file; :meth:`load` reads it. No pickle is involved.

        ``random_state`` is kept if it is an int; else the loaded imputer has None.

        Args:
            path: of the file; an existing one is replaced.

        Raises:
            NotFittedError: before ``fit``.
            UserError: ``path`` is no path, the file cannot be written, or a category is of a type that no file holds.
        """
        check_is_fitted(self)
        _check_path(path, "save")
        names = [str(name) for name in getattr(self, "feature_names_in_", [])]
        parameters = self.get_params(deep=False)
        if not isinstance(self.random_state, int):
            del parameters["random_state"]
        save(replace(self._state, notes=self.notes_), parameters, names, Path(path))

    @classmethod
    def load(cls, path: str | Path) -> MirfImputer:
        """Return the imputer that :meth:`save` wrote.

        Args:
            path: of the file.

        Raises:
            UserError: the file is absent, damaged, or not of this program or version.
        """
        _check_path(path, "load")
        state, parameters, names = load(Path(path), cls._get_param_names())
        imputer = cls(**{**parameters, "device": "cpu"})
        model = TableModel(state, None, None, len(state.columns))
        imputer._set(model, all_of(tuple(column.name for column in state.columns)), state.wholes)
        imputer.n_features_in_ = len(state.columns)
        if names:
            imputer.feature_names_in_ = np.array(names, dtype=object)
        return imputer


def _check_path(path: object, action: str) -> None:
    """Raise UserError for what is no path."""
    if not isinstance(path, (str, os.PathLike)):
        raise UserError(f"path={path!r} of {action} is no path: give the name of a file, such as 'imputer.safetensors'")
