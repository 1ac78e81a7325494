"""Tables that scikit-learn carries with it: no download, the embedded default."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from mirimpute.datasets.base import Dataset
from mirimpute.errors import unknown

if TYPE_CHECKING:
    import pandas as pd

# Option `id` -> loader in sklearn.datasets and its arguments.
LOADERS: dict[str, tuple[str, dict[str, bool]]] = {
    "breast_cancer": ("load_breast_cancer", {}),
    "diabetes": ("load_diabetes", {"scaled": False}),  # natural units: years, mmHg, ...
    "digits": ("load_digits", {}),
    "iris": ("load_iris", {}),
    "wine_recognition": ("load_wine", {}),
}


@dataclass
class Bundled(Dataset):
    """The features of a table bundled with scikit-learn, column names kept.

    Attributes:
        id: which table, see :data:`LOADERS`.
    """

    origin: ClassVar[str] = "scikit-learn"

    id: str = ""

    def read(self, data_dir: Path) -> pd.DataFrame:
        """Return the features."""
        return self._bunch().data

    def read_target(self, data_dir: Path) -> pd.Series:
        """Return the class or number that comes with the features."""
        return self._bunch().target

    def _bunch(self) -> Any:
        if self.id not in LOADERS:
            raise unknown("bundled dataset", self.id, LOADERS)
        import sklearn.datasets

        loader, options = LOADERS[self.id]
        return getattr(sklearn.datasets, loader)(as_frame=True, **options)
