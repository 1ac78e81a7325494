"""The data folder: where downloaded tables are kept."""

from __future__ import annotations

import os
from pathlib import Path

from mirimpute.errors import UserError

DATA_DIR_VARIABLE = "MIRIMPUTE_DATA_DIR"


def data_directory() -> Path:
    """Return the data folder: ``MIRIMPUTE_DATA_DIR``, else ``mirimpute`` in the user's cache.

    It holds ``openml/`` (a root cache folder of the openml client) and ``uci/<name>/data.csv.gz``. It need not exist:
    :func:`ensure_folder` makes what a download needs.

    Raises:
        UserError: the variable names something that is not a folder.
    """
    chosen = os.environ.get(DATA_DIR_VARIABLE, "")
    if not chosen:
        import pooch

        return Path(pooch.os_cache("mirimpute"))
    folder = Path(chosen).expanduser()
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{DATA_DIR_VARIABLE}={chosen!r} is not a folder: set it to a folder for the data, or unset it")
    return folder.absolute()


def ensure_folder(folder: Path) -> Path:
    """Make ``folder`` if need be, check that files can be written into it, and return it.

    Raises:
        UserError: it cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        reason = "" if os.access(folder, os.W_OK | os.X_OK) else "permission denied"
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
    if reason:
        raise UserError(
            f"cannot write to the data folder {folder} ({reason}): set {DATA_DIR_VARIABLE} to a folder of yours"
        )
    return folder
