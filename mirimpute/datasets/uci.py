"""The UCI regression sets of the paper, in the form that treforevans/uci_datasets serves them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from mirimpute.datasets.base import Dataset
from mirimpute.datasets.connection import (
    CONNECT_TIMEOUT_S,
    READ_TIMEOUT_S,
    describe,
    limited_downloads,
    require_network,
    unavailable,
)
from mirimpute.datasets.location import ensure_folder
from mirimpute.errors import UserError, unknown

if TYPE_CHECKING:
    import pandas as pd

# Option `id` -> SHA-256 of data.csv.gz.
SHA256: dict[str, str] = {
    "bike": "411f76ae426c0e348a2629dcf6b3b29102c7db465eae780a3454c39db1dfac4f",
    "concrete": "542c5d9a0d301bdb47550280398dcbbe2fb8404631fc945de1ea6df9ade741c6",
    "energy": "431b6df04243db782bbcd45e408373a654334496ebe5d9c9985ab2e826a39f51",
    "forest": "36f3177c8e2e3d8773c0e34116d93ce37f9d58189d861d661bdde2f022999ee7",
    "gas": "bd82bee47199d3952bee30a59739794b26baa742e1da7f7bd42b9a34552321a1",
    "housing": "9f5b8a1cbc051465dcf10f4298aaccd8a596ea68de0db693159be6e7d07ccf12",
    "parkinsons": "d20ffd9c9e5053a03fff0b770e7b0e076bf856a34538198303c897b6cc6addde",
    "pumadyn32nm": "10d1698944e0f6e586f2781e4b62c17c05174d4c6cdb6fb824a3e5a1b3630ae4",
    "solar": "71f4aa956db1a443c4f8c2c70e213c82cd8fbfc52b2da955d22283d7b9f68fc8",
    "stock": "d196f315d7c19634f0f549edba569c6c0413e1602837344879dd4b5340470982",
    "wine": "e2ca3346651ddb43fbc6a1355e70e74b7ce68f93059e04405e9cb749c219eae2",
}


@dataclass
class Uci(Dataset):
    """One UCI set: columns x1 ... xd and target, centred but not scaled by those who serve it.

    Attributes:
        id: which set, see :data:`SHA256`.
        include_target: keep the last column, the target of the regression, as one more column.
        base_url: what serves ``<id>/data.csv.gz``.
    """

    origin: ClassVar[str] = "UCI"

    id: str = ""
    include_target: bool = False
    base_url: str = "https://raw.githubusercontent.com/treforevans/uci_datasets/master/uci_datasets"

    def file(self, data_dir: Path) -> Path:
        """Return where the set is kept."""
        return data_dir / "uci" / self.id / "data.csv.gz"

    def read(self, data_dir: Path) -> pd.DataFrame:
        """Return the verified file's columns."""
        frame = self._all_columns(data_dir)
        return frame if self.include_target else frame.drop(columns="target")

    def read_target(self, data_dir: Path) -> pd.Series | None:
        """Return the last column, unless it is part of the table."""
        return None if self.include_target else self._all_columns(data_dir)["target"]

    def _all_columns(self, data_dir: Path) -> pd.DataFrame:
        self.fetch(data_dir)
        import pandas as pd

        frame = pd.read_csv(self.file(data_dir), header=None, float_precision="round_trip")
        frame.columns = pd.Index([*(f"x{j + 1}" for j in range(frame.shape[1] - 1)), "target"])
        return frame

    def is_present(self, data_dir: Path) -> bool:
        """Return whether the file is there (its hash is checked when it is read)."""
        return self.file(data_dir).is_file()

    def fetch(self, data_dir: Path) -> None:
        """Download the file, or verify the one that is there; an existing file is never overwritten.

        Raises:
            UserError: wrong checksum, of the file that is there or of the downloaded one (which is then not kept).
            DataUnavailableError: not there, and the server cannot be reached or does not have it.
        """
        if self.id not in SHA256:
            raise unknown("UCI dataset", self.id, SHA256)
        path = self.file(data_dir)
        if path.exists():
            _verify(path, path, SHA256[self.id], f"delete it and run `mirimpute-data fetch uci/{self.id}`")
        else:
            self._download(path)

    def _download(self, path: Path) -> None:
        import pooch
        import requests

        url = f"{self.base_url.rstrip('/')}/{self.id}/data.csv.gz"
        fetch_name = f"uci/{self.id}"
        require_network(url, fetch_name, path.parent)
        ensure_folder(path.parent)
        transfer = pooch.HTTPDownloader(timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S), chunk_size=1 << 16)

        def verified_transfer(url: str, output_file: str, client: object) -> None:
            # Checked before pooch does, because the message has to say what was found and what to do.
            transfer(url, output_file, client)
            _verify(Path(output_file), url, SHA256[self.id], "nothing was kept, try again later or check base_url")

        logger = pooch.get_logger()
        level = logger.level
        logger.setLevel("WARNING")
        try:
            with limited_downloads(fetch_name, path.parent):
                pooch.retrieve(
                    url, f"sha256:{SHA256[self.id]}", fname=path.name, path=path.parent, downloader=verified_transfer
                )
        except requests.RequestException as error:
            raise unavailable(fetch_name, path.parent, describe(error)) from error
        except OSError as error:
            raise UserError(f"cannot write {path} ({error.strerror}): make room or use another folder") from error
        finally:
            logger.setLevel(level)


def _verify(path: Path, label: object, expected: str, fix: str) -> None:
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UserError(f"cannot read {label} ({error.strerror}): {fix}") from error
    if found != expected:
        raise UserError(f"checksum mismatch of {label}: expected SHA-256 {expected}, found {found}: {fix}")
