"""Tables from OpenML, by number, through the openml client."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mirimpute.datasets.base import Dataset
from mirimpute.datasets.connection import describe, limited_downloads, require_network, unavailable
from mirimpute.datasets.location import ensure_folder
from mirimpute.datasets.openml_client import cache_folder, openml_client
from mirimpute.errors import DataError, UserError

if TYPE_CHECKING:
    import pandas as pd

UNKNOWN_DATASET = 111
"""OpenML's code for a number that no dataset has."""


@dataclass
class OpenML(Dataset):
    """One OpenML dataset without its target, row-id and ignored columns.

    The cache is the client's own layout below ``<data folder>/openml``. The client works on a private copy, so that a
    failure cannot delete the user's files, a read-only cache serves, and no pickle of a cache is ever opened. A Parquet
    file in the cache is read when there is one, else the ARFF file; downloads take ARFF, because OpenML publishes a
    checksum for that alone.

    Attributes:
        name: default ``openml/<id>``.
        id: OpenML's number of the dataset (names are ambiguous, and looking one up always needs the network).
        include_target: keep the default target as one more column.
        server: the address of the API.
    """

    name: str = ""
    id: int = 0
    include_target: bool = False
    server: str = "https://www.openml.org/api/v1/xml"

    def __post_init__(self) -> None:
        if not self.name:
            self.name = f"openml/{self.id}"

    def folder(self, data_dir: Path) -> Path:
        """Return where the dataset is kept."""
        return cache_folder(data_dir / "openml", self.server, self.id)

    def read(self, data_dir: Path) -> pd.DataFrame:
        """Return the columns: numbers, or categories without an order for nominal attributes.

        The client gives nominal attributes the order in which the file lists them, which means nothing.
        """
        frame, targets = self._all_columns(data_dir)
        return frame if self.include_target else frame.drop(columns=targets)

    def read_target(self, data_dir: Path) -> pd.Series | None:
        """Return the default target where it is one column, unless it is part of the table."""
        frame, targets = self._all_columns(data_dir)
        return None if self.include_target or len(targets) != 1 else frame[targets[0]].astype(object)

    def _all_columns(self, data_dir: Path) -> tuple[pd.DataFrame, list[str]]:
        """Return every column, and the names of the default targets."""
        self.fetch(data_dir)
        folder = self.folder(data_dir)
        data_file = _data_file(folder)
        description = self._description(folder, data_file)
        with tempfile.TemporaryDirectory(prefix="mirimpute-openml-") as root:
            private = cache_folder(Path(root), self.server, self.id)
            private.mkdir(parents=True)
            shutil.copy(folder / "description.xml", private)
            shutil.copy(data_file, private / data_file.name)
            with openml_client(Path(root), self.server, parquet=data_file.suffix == ".pq") as openml:
                try:
                    frame = openml.datasets.get_dataset(self.id, download_data=True).get_data()[0]
                except Exception as error:  # the client raises bare Exception for a file that it cannot parse
                    raise self._damaged(data_file, describe(error)) from error
        nominal = {name: frame[name].cat.as_unordered() for name in frame.select_dtypes("category")}
        return frame.assign(**nominal), _target_columns(description, list(frame.columns))

    def is_present(self, data_dir: Path) -> bool:
        """Return whether description and data are in the cache."""
        folder = self.folder(data_dir)
        return (folder / "description.xml").is_file() and _data_file(folder).is_file()

    @property
    def origin(self) -> str:  # type: ignore[override]
        """OpenML and the number."""
        return f"OpenML {self.id}"

    def fetch(self, data_dir: Path) -> None:
        """Download description and data, unless they are there.

        Raises:
            UserError: no such dataset, or the downloaded data do not have the published checksum.
            DataUnavailableError: not there, and the server cannot be reached or fails.
        """
        if self.id < 1:
            raise UserError(f"id={self.id} is not a number of an OpenML dataset: give one such as dataset.id=61")
        if self.is_present(data_dir):
            return
        folder = self.folder(data_dir)
        require_network(self.server, self.name, folder)
        root = ensure_folder(data_dir / "openml")
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=root) as staging:
            with limited_downloads(self.name, folder):
                self._download(Path(staging), folder)
            staged = cache_folder(Path(staging), self.server, self.id)
            ensure_folder(folder)
            # The description comes last: with it the dataset counts as present.
            for file in sorted(staged.iterdir(), key=lambda file: file.name == "description.xml"):
                os.replace(file, folder / file.name)

    def _download(self, root: Path, folder: Path) -> None:
        import requests

        with openml_client(root, self.server, parquet=False) as openml:
            errors = openml.exceptions
            try:
                openml.datasets.get_dataset(self.id, download_data=True)
            except errors.OpenMLHashException as error:
                raise UserError(
                    f"checksum mismatch of OpenML dataset {self.id}: {error}; nothing was kept, try again later"
                ) from error
            except (errors.PyOpenMLError, requests.RequestException, OSError, ValueError, KeyError) as error:
                if getattr(error, "code", None) == UNKNOWN_DATASET:
                    raise UserError(
                        f"OpenML has no dataset with id={self.id}: see openml.org for the numbers"
                    ) from error
                raise unavailable(self.name, folder, describe(error)) from error

    def _description(self, folder: Path, data_file: Path) -> dict[str, Any]:
        """Return the cached description after checking what the client would otherwise ask the network for."""
        import xmltodict

        path = folder / "description.xml"
        try:
            description = xmltodict.parse(path.read_bytes())["oml:data_set_description"]
            found = {key: description[f"oml:{key}"] for key in ("id", "name", "version", "format", "url")}
        except (OSError, ValueError, KeyError, TypeError, xmltodict.expat.ExpatError) as error:
            raise self._damaged(path, describe(error)) from error
        if found["id"] != str(self.id):
            raise self._damaged(path, f"it describes dataset {found['id']}, not {self.id}")
        if str(found["format"]).lower() != "arff":
            raise DataError(f"dataset {self.name!r} has format {found['format']}: choose one in dense ARFF format")
        if data_file.suffix == ".pq" and "oml:parquet_url" not in description:
            raise self._damaged(path, "it does not know of the Parquet file beside it")
        expected = description.get("oml:md5_checksum")
        if data_file.suffix == ".arff" and expected:
            md5 = hashlib.md5(data_file.read_bytes(), usedforsecurity=False).hexdigest()
            if md5 != expected:
                raise self._damaged(data_file, f"checksum mismatch: expected MD5 {expected}, found {md5}")
        return description

    def _damaged(self, path: Path, reason: str) -> DataError:
        return DataError(
            f"dataset {self.name!r}: {path} cannot be used ({reason}): delete {path.parent} and run "
            f"`mirimpute-data fetch {self.name}`"
        )


def _data_file(folder: Path) -> Path:
    """Return the data file to read: the client's Parquet file if it is there, else the ARFF file."""
    parquet = folder / f"dataset_{folder.name}.pq"
    return parquet if parquet.is_file() else folder / "dataset.arff"


def _target_columns(description: dict[str, Any], columns: list[str]) -> list[str]:
    """Return the columns of the default target: one name, or several with commas between them."""
    target = description.get("oml:default_target_attribute") or ""
    names = [target] if target in columns else target.split(",")
    return [name for name in names if name in columns]
