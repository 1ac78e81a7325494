"""The openml client, kept away from the user's cache and from the global state of its own configuration."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mirimpute.errors import UserError


def cache_folder(root: Path, server: str, dataset_id: int) -> Path:
    """Return where the client keeps a dataset below its root cache folder: the host name reversed, then the id.

    >>> cache_folder(Path("root"), "https://www.openml.org/api/v1/xml", 6).as_posix()
    'root/org/openml/www/datasets/6'
    """
    host = urlsplit(server).netloc.split(".")
    return root.joinpath(*reversed(host), "datasets", str(dataset_id))


@contextmanager
def openml_client(root: Path, server: str, *, parquet: bool) -> Iterator[Any]:
    """Yield the ``openml`` module, set to cache below ``root``, and put its settings back afterwards.

    ``root`` has to be a private folder: the client (0.15.1) deletes a dataset's whole cache folder when anything in
    ``get_dataset`` fails, writes pickles beside the data and prefers an old pickle to the data.

    Args:
        root: the root cache folder.
        server: the address of the API.
        parquet: whether the client may use Parquet; if not, it takes the ARFF file, whose MD5 it checks.

    Raises:
        UserError: the home folder cannot be written.
    """
    with _quiet_root_logger():
        try:
            import openml
            import openml.config as config
        except OSError as error:  # its import makes a folder for its own settings
            raise UserError(
                f"the openml client cannot make its settings folder ({error}): set HOME to a folder that can be written"
            ) from error

        saved = config.get_config_as_dict()
        variable = config.OPENML_SKIP_PARQUET_ENV_VAR
        saved_variable = os.environ.get(variable)
        try:
            config.set_root_cache_directory(root)
            config.server = server
            config.set_retry_policy("human", n_retries=1)  # the default waits ten seconds before it gives up
            os.environ[variable] = "false" if parquet else "true"
            yield openml
        finally:
            config.set_root_cache_directory(saved["cachedir"])
            config.server = saved["server"]
            config.set_retry_policy(saved["retry_policy"], n_retries=saved["connection_n_retries"])
            if saved_variable is None:
                os.environ.pop(variable, None)
            else:
                os.environ[variable] = saved_variable


@contextmanager
def _quiet_root_logger() -> Iterator[None]:
    """Keep the client's remarks, which go to the root logger, off the terminal and from configuring that logger."""
    root = logging.getLogger()
    handler = logging.NullHandler()
    disabled = root.manager.disable
    root.addHandler(handler)
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(disabled)
        root.removeHandler(handler)
